"""What stands in a lock file comes from the org: none of it is a template."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.exceptions import ConfigurationError, LockError
from airflow_sf_health.operators.metadata import SalesforceRefreshMetadataOperator
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.schema import lock as locks
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor
from airflow_sf_health.testing import FakeOrg

RunTask = Callable[..., Any]
KINDS = [SalesforcePreflightOperator, SalesforceHealthSensor, SalesforceRefreshMetadataOperator]
LABEL = "100 {{ 7 * 7 }}"
RIGHTS = {"queryable": True, "createable": True, "updateable": True, "deletable": True}
CONTENT: dict[str, Any] = {
    "format": 1,
    "objects": {
        "Account": {
            "use": {"read": ["Name"]},
            "object": {"label": LABEL, **RIGHTS},
            "record_types": {},
            "fields": {"Name": {"type": "string", "label": "{% what {{ is }} {# this"}},
        }
    },
}


def forms() -> list[Any]:
    """The content, in each form that an argument takes."""
    text = json.dumps(CONTENT)
    return [CONTENT, text, json.dumps(CONTENT, indent=2), f"\n{text}\n", locks.loads(text)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", forms(), ids=["dict", "text", "lines", "padded", "lock"])
def test_no_text_of_a_lock_is_rendered(kind: type, given: Any) -> None:
    """Whoever may edit a label in the org would else reach Airflow's variables."""
    task = kind(task_id="t", schema_lock=given)
    task.render_template_fields({})
    lock = Preflight.of("crm", None, None, None, schema_lock=task.schema_lock).lock
    assert lock is not None
    assert lock.objects["Account"].shape.label == LABEL


@pytest.mark.parametrize("native", [False, True])
def test_what_a_template_renders_to_is_not_rendered_again(native: bool) -> None:
    """A variable may hold the lock file."""
    text = json.dumps(CONTENT)
    with DAG("held", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), render_template_as_native_obj=native):
        task = SalesforcePreflightOperator(task_id="t", schema_lock="{{ params.lock }}")
    task.render_template_fields({"params": {"lock": text}})
    lock = Preflight.of("crm", None, None, None, schema_lock=task.schema_lock).lock
    assert lock is not None
    assert lock.objects["Account"].shape.label == LABEL


def test_a_path_stays_a_template() -> None:
    """One file for each org, say."""
    task = SalesforcePreflightOperator(task_id="t", schema_lock="locks/{{ params.org }}.json")
    task.render_template_fields({"params": {"org": "acme"}})
    assert task.schema_lock == "locks/acme.json"


def test_a_lock_is_shown_and_stored_short() -> None:
    """Among the rendered fields and in the serialized DAG, the same in each process; copies share it."""
    task = SalesforcePreflightOperator(task_id="t", schema_lock=CONTENT)
    assert str(task.schema_lock) == "schema lock of Account"
    assert copy.deepcopy(task.schema_lock) is task.schema_lock
    with DAG("held", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        SalesforcePreflightOperator(task_id="t", schema_lock=CONTENT)
    text = json.dumps(_serialized(dag))
    assert "schema lock of Account" in text
    assert "7 * 7" not in text


def _serialized(dag: Any) -> Any:
    from airflow.serialization import serialized_objects

    kind: Any = getattr(serialized_objects, "DagSerialization", None) or vars(serialized_objects)["SerializedDAG"]
    return kind.to_dict(dag)


@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_task_of_a_mapped_operator_holds_it_too(kind: Any) -> None:
    """Given once for all of them, or one for each."""
    with DAG("held", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        kind.partial(task_id="same", schema_lock=CONTENT).expand(requirements=[{"sandbox": True}, {"sandbox": False}])
        kind.partial(task_id="each").expand(schema_lock=[CONTENT, "other.json"])
    assert _serialized(dag)
    given: list[tuple[str, dict[str, Any]]] = [("same", {"requirements": {}}), ("each", {"schema_lock": CONTENT})]
    for task_id, resolved in given:
        task: Any = dag.get_task(task_id).unmap(resolved)
        task.render_template_fields({})
        assert str(task.schema_lock) == "schema lock of Account"


def test_a_task_with_a_lock_as_dict_runs(org: FakeOrg, run_task: RunTask) -> None:
    """As if it stood in a file; deferred as well."""
    assert run_task(schema_lock=CONTENT, retries=3).state == "success"
    waiting = {"poke_interval": 0.1, "timeout": 60, "deferrable": True}
    with org.fault(status=503, body="maintenance", times=2):
        assert run_task("sensor", schema_lock=json.dumps(CONTENT), **waiting).state == "success"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "must be the path of a lock file or its content, and is of type int"),
        (["crm.lock.json"], "of type list"),
        ("{}", "it has no number under 'format'"),
        ('{"format": 1', "it is no JSON"),
        ("format: 1\nobjects: {}\n", "it is no JSON"),
        ({"format": 1, "objects": {datetime(2026, 1, 1, tzinfo=UTC): {}}}, "is no content of a lock file"),
    ],
)
def test_what_is_no_lock_is_refused_while_the_file_is_read(kind: type, given: Any, said: str) -> None:
    """The output of another task is not known by then, and waits."""
    with pytest.raises(ConfigurationError, match=said):
        kind(task_id="t", schema_lock=given)
    with DAG("held", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        kind(task_id="u", schema_lock=BaseOperator(task_id="before").output)


@pytest.mark.parametrize("text", ["", "format: 1\nobjects: {}\n", "[" * 100_000, '{"a": ' * 100_000, "a: &a [*a]"])
def test_a_lock_file_is_json(tmp_path: Path, text: str) -> None:
    """Nothing else writes one; the message names the file."""
    (tmp_path / "crm.lock.json").write_text(text)
    with pytest.raises(LockError, match=r"crm\.lock\.json: The lock file is damaged"):
        Preflight.of("crm", None, None, None, schema_lock="crm.lock.json", beside=tmp_path)
