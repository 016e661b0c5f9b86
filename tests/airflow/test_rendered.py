"""Arguments as templates leave them: as text by default, as values with Airflow's native rendering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_sf_health import Requirements
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.exceptions import (
    ConfigurationError,
    RequirementsError,
    SalesforceHealthError,
    SalesforceMisconfigured,
    SettingsError,
    UnknownCheckError,
)
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor
from airflow_sf_health.testing import FakeOrg

RunTask = Callable[..., Any]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *((text, True) for text in ("True", "true", " TRUE ", True)),
        *((text, False) for text in ("False", "false", False)),
        *((text, None) for text in ("", "None", "null", None)),
    ],
)
def test_a_rendered_flag_is_a_flag(text: object, meaning: bool | None) -> None:
    """Whatever a template writes for a bool, and for one that is not set, is read as such, natively rendered or not."""
    preflight = Preflight.of("crm", {"sandbox": text, "api_only": text}, None, {"reauthenticate": text})
    assert (preflight.requirements.sandbox, preflight.requirements.api_only) == (meaning, meaning)
    assert preflight.options.reauthenticate is (True if meaning is None else meaning)


@pytest.mark.parametrize("text", ["", "None", " "])
def test_a_rendered_nothing_asks_nothing(text: str) -> None:
    """A variable that is not set leaves texts, lists and whole arguments out, too."""
    preflight = Preflight.of("crm", {"org_id": text, "user_license": text}, [text, "user"], {"on_undetermined": text})
    assert preflight.requirements.as_dict() == {}
    assert (preflight.checks, preflight.options.on_undetermined) == (("user",), "retry")
    nothing = Preflight.of("crm", None, None, None)
    assert Preflight.of("crm", text, text, text, schema_lock=text) == nothing  # type: ignore[arg-type]


def test_a_text_that_says_true_stays_a_text() -> None:
    """Only where a flag stands is the word one."""
    assert Preflight.of("crm", {"user_license": "True"}, None, None).requirements.user_license == "True"


@pytest.mark.parametrize("written", ["{'sandbox': True}", '{"sandbox": true}', "{'sandbox': 'true'}"])
def test_one_template_for_a_whole_argument_is_read(written: str) -> None:
    """It renders to the text of a dict or list, in Python's words or in JSON's."""
    preflight = Preflight.of("crm", written, "['user']", None)
    assert (preflight.requirements.sandbox, preflight.checks) == (True, ("user",))


@pytest.mark.parametrize(
    "use",
    [
        {"read": ["Name", "Phone"], "delete": True, "insert": True},
        {"read": "['Name', 'Phone']", "delete": "True", "insert": "true"},
        {"read": '["Name", "Phone"]', "delete": "true", "insert": "True", "record_types": ""},
        {"read": ("Name", "", "Phone", "None"), "delete": " TRUE ", "insert": True, "update": "None"},
        "{'read': ['Name', 'Phone'], 'delete': 'True', 'insert': True}",
    ],
)
def test_what_is_nested_is_read_as_it_is_meant(use: object) -> None:
    """Flags, lists and whole dicts below an object, whatever a template makes of them, and numbers as text."""
    rendered = {"objects": {"Account": use}, "records": "100", "owners": "['Queue']", "s2s": "false"}
    preflight = Preflight.of("crm", rendered, None, {"max_age": "3600", "compare_every": "0"})
    assert preflight.requirements == Requirements(
        objects=(ObjectUse(name="Account", read=("Name", "Phone"), delete=True, insert=()),),
        records=100,
        owners=("Queue",),
        s2s=False,
    )
    assert (preflight.options.max_age, preflight.options.compare_every) == (3600, 0)
    assert Preflight.of("crm", {**rendered, "objects": str({"Account": use})}, None, None).requirements.objects


def test_what_is_nested_and_cannot_be_meant_is_named() -> None:
    """The path to it stands in the message."""
    with pytest.raises(RequirementsError, match=r"'objects\.Account\.delete' must be true or false, and is 'perhaps'"):
        Preflight.of("crm", {"objects": {"Account": {"delete": "perhaps"}}}, None, None)
    with pytest.raises(RequirementsError, match="'records' must be a whole number, and is 'many'"):
        Preflight.of("crm", {"records": "many"}, None, None)


@pytest.mark.parametrize(
    ("written", "said"), [("maybe", "there is no file 'maybe'"), ("1", "there is no file '1'"), ("[1]", "or a dict")]
)
def test_what_cannot_be_meant_is_named(written: str, said: str) -> None:
    """Neither a flag nor a dict is guessed; a text that is no dict is the name of a file."""
    with pytest.raises(RequirementsError, match="'sandbox' must be true or false"):
        Preflight.of("crm", {"sandbox": written}, None, None)
    with pytest.raises(ConfigurationError, match=said):
        Preflight.of("crm", written, None, None)


@pytest.mark.parametrize("native", [False, True])
def test_a_task_takes_rendered_flags(org: FakeOrg, run_task: RunTask, native: bool) -> None:
    """By text and natively: the production org is not the sandbox that the rendered flag asks for."""
    wanted = {"sandbox": "{{ 1 == 1 }}", "api_only": "{{ none }}"}
    ran = run_task(requirements=wanted, options={"reauthenticate": "{{ false }}"}, native=native)
    assert (ran.state, ran.report["cause"]) == ("failed", "wrong_org")
    assert run_task(requirements={"sandbox": "{{ 1 == 2 }}"}, native=native).state == "success"


@pytest.mark.parametrize("kind", ["operator", "sensor"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"requirements": {"org_id": "{{ 'acme' }}"}}, "'org_id' is 'acme', which is no org id"),
        ({"checks": ["{{ 'user.activ' }}"]}, "Did you mean 'user.active'?"),
        ({"options": {"on_undetermined": "{{ 'explode' }}"}}, "retry, fail, proceed"),
    ],
)
def test_what_is_set_wrong_costs_no_retries(
    org: FakeOrg, run_task: RunTask, kind: str, arguments: dict[str, Any], said: str
) -> None:
    """No retry mends a template: the first of four tries fails the task, in clear words, and Salesforce hears nothing."""
    ran = run_task(kind, **arguments, retries=3)
    assert (ran.state, ran.tries, org.counts().http_requests) == ("failed", 1, 0)
    assert "SalesforceMisconfigured" in ran.log
    assert said in ran.log


def test_a_wrong_setting_costs_no_retries(run_task: RunTask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it mend an option of [sf_health]."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__READ_TIMEOUT", "soon")
    ran = run_task(retries=3)
    assert (ran.state, ran.tries) == ("failed", 1)
    assert "[sf_health] read_timeout" in ran.log


def test_the_errors_are_of_one_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a task raises and what is its cause are both met by the documented classes."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__READ_TIMEOUT", "soon")
    with pytest.raises(SalesforceMisconfigured) as met:
        SalesforceHealthSensor(task_id="s").poke({})
    assert isinstance(met.value, ConfigurationError)
    assert isinstance(met.value.__cause__, SettingsError)
    assert issubclass(UnknownCheckError, ConfigurationError)
    assert issubclass(UnknownCheckError, SalesforceHealthError)
