"""The schema changes while tasks run on it: what the change means for the task, from a store and from a lock file alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from drifting import BENIGN, BREAKING, USES, field, take

from airflow_sf_health.testing import FakeOrg

RunTask = Callable[..., Any]


@pytest.fixture(autouse=True)
def _only_these_values(org: FakeOrg) -> None:
    """A picklist that is not restricted goes on taking values that it does not show any more."""
    field(org, "Account.Rating").restricted_picklist = True


@pytest.fixture(params=["store", "lock"])
def guarded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, run_task: RunTask) -> RunTask:
    """Run the task with what tells it of the schema before: a store that has seen one healthy run, or a lock file and no store."""
    if request.param == "store":
        arguments: dict[str, Any] = {"requirements": USES}
        assert run_task(**arguments).state == "success"
    else:
        monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", "none")
        arguments = {"schema_lock": request.getfixturevalue("lock_file")}
    return lambda **more: run_task(**{**arguments, "retries": 3, **more})


def test_an_unchanged_schema_passes(guarded: RunTask) -> None:
    """With either memory, the second run is healthy and says nothing of drift."""
    ran = guarded()
    assert ran.state == "success", ran.log
    assert not [each for each in ran.report["findings"] if each["level"] in ("failed", "warning")]


@pytest.mark.parametrize("kind", BREAKING)
def test_what_breaks_the_task_fails_it_at_once(org: FakeOrg, guarded: RunTask, kind: str) -> None:
    """The first of four tries, with the field and what to do about the mapping."""
    change, named = BREAKING[kind]
    change(org)
    ran = guarded()
    assert (ran.state, ran.tries) == ("failed", 1), ran.log
    assert "Failed at once; 3 retries were not spent." in ran.log
    assert "SalesforceUnhealthy: " in ran.log
    assert ran.report["cause"] in ("schema_changed", "object_or_field_access")
    failed = [each for each in ran.report["findings"] if each["level"] == "failed"]
    assert any(named in each["summary"] + each["hint"] for each in failed), failed


@pytest.mark.parametrize("kind", BENIGN)
def test_what_breaks_nothing_passes(org: FakeOrg, guarded: RunTask, kind: str) -> None:
    """New fields, labels, longer lengths and whatever the task does not use fail nothing."""
    BENIGN[kind](org)
    assert guarded().state == "success"


@pytest.mark.parametrize(
    ("choice", "kind", "state"),
    [
        ("warn", "shortened", "success"),
        ("warn", "picklist", "success"),
        ("fail", "lengthened", "failed"),
        ("fail", "added", "success"),
        ("fail", "unused_removed", "success"),
    ],
)
def test_what_a_change_does_is_the_users_choice(
    org: FakeOrg, guarded: RunTask, choice: str, kind: str, state: str
) -> None:
    """`warn` lets even what breaks pass, with a warning; `fail` fails on whatever of what the task uses has changed."""
    change = BENIGN[kind] if kind in BENIGN else BREAKING[kind][0]
    change(org)
    ran = guarded(options={"on_drift": choice})
    assert ran.state == state, ran.log
    levels = {each["level"] for each in ran.report["findings"] if each["check"] == "metadata.drift"}
    assert ("warning" in levels) is (choice == "warn")


def test_no_retry_turns_a_change_green(org: FakeOrg, run_task: RunTask) -> None:
    """A task that is cleared fails again for the same reason, until somebody accepts the new schema."""
    assert run_task(requirements=USES).state == "success"
    BREAKING["shortened"][0](org)
    for _ in range(2):
        ran = run_task(requirements=USES, retries=3)
        assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "schema_changed")
    refreshed = run_task("refresh", requirements=USES)
    assert refreshed.state == "success", refreshed.log
    assert "AccountNumber" in refreshed.log
    assert run_task(requirements=USES).state == "success"


def test_a_warning_accepts_the_new_schema(org: FakeOrg, run_task: RunTask) -> None:
    """Whoever chose to be warned is warned once."""
    assert run_task(requirements=USES).state == "success"
    BREAKING["shortened"][0](org)
    levels = []
    for _ in range(2):
        ran = run_task(requirements=USES, options={"on_drift": "warn"})
        levels += [each["level"] for each in ran.report["findings"] if each["check"] == "metadata.drift"]
    assert levels == ["warning", "ok"]


@pytest.mark.parametrize("kind", ["hidden", "object_gone", "right_gone", "not_writeable"])
def test_rights_that_went_while_the_stamp_stood_still_are_found(org: FakeOrg, guarded: RunTask, kind: str) -> None:
    """An answer of "not modified" and an unmoved permission stamp are hints; the user's own queries and describes are proof."""
    org.state.permission_stamp_frozen = True
    BREAKING[kind][0](org)
    ran = guarded()
    assert (ran.state, ran.tries) == ("failed", 1), ran.log


def test_a_hidden_field_that_is_only_read_is_found_behind_a_304(org: FakeOrg, run_task: RunTask) -> None:
    """Of an object that nobody writes the describe is asked conditionally; the query that reads no row proves the rights."""
    reads = {"objects": {"Account": ["Name", "Phone"]}}
    assert run_task(requirements=reads).state == "success"
    org.state.permission_stamp_frozen = True
    take(org, "Account", "hidden_fields", "Phone")
    ran = run_task(requirements=reads, retries=3)
    assert (ran.state, ran.tries) == ("failed", 1), ran.log
    assert "Phone" in ran.log


@pytest.mark.parametrize(
    ("choice", "state", "level"),
    [("refresh", "success", "ok"), ("warn", "success", "warning"), ("fail", "failed", "failed")],
)
def test_what_a_stale_schema_does_is_the_users_choice(run_task: RunTask, choice: str, state: str, level: str) -> None:
    """Refreshed and told, a warning, or a failure at once."""
    options = {"max_age": 0.001, "on_stale": choice}
    assert run_task(requirements=USES).state == "success"
    ran = run_task(requirements=USES, options=options, retries=3)
    assert (ran.state, ran.tries) == (state, 1), ran.log
    assert {each["level"] for each in ran.report["findings"] if each["check"] == "metadata.freshness"} >= {level}


@pytest.mark.parametrize(
    "url",
    ["sqlite:////proc/no/store.db", "no_such_connection", "postgresql://sf_health:canary-of-the-store@127.0.0.1:9/x"],
)
def test_a_store_that_cannot_be_used_fails_no_task(
    run_task: RunTask, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """The examination is as good as without one, and says that nothing is remembered."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", url)
    ran = run_task(requirements=USES)
    assert ran.state == "success", ran.log
    assert "no memory" in ran.report["memory"]


def test_a_lock_file_names_the_requirements(org: FakeOrg, run_task: RunTask, lock_file: str) -> None:
    """Beside requirements without objects, its objects are required; the rest of the requirements holds as well."""
    ran = run_task(requirements={"sandbox": True}, schema_lock=lock_file, retries=3)
    assert (ran.state, ran.report["cause"]) == ("failed", "wrong_org")
    asked = {each["check"]: each for each in run_task(schema_lock=lock_file).report["findings"]}
    assert asked["access.objects"]["level"] == "ok"


def test_what_the_lock_file_lacks_is_told_with_the_command(org: FakeOrg, run_task: RunTask, lock_file: str) -> None:
    """The task fails at once and asks Salesforce nothing."""
    before = org.counts().http_requests
    ran = run_task(requirements={"objects": {"Account": ["Fax"]}}, schema_lock=lock_file, retries=3)
    assert (ran.state, ran.tries, org.counts().http_requests) == ("failed", 1, before)
    assert "Account.Fax" in ran.log
    assert "sf-health metadata lock crm_prod --requirements FILE --update" in ran.log


def test_requirements_and_lock_by_template(run_task: RunTask, lock_file: str) -> None:
    """Both may be templates: of a path, or of a value within."""
    wanted = {
        "objects": {"Account": {"read": ["{{ 'Name' }}"], "update": "{{ ['Rating'] }}"}},
        "records": "{{ 10 * 10 }}",
    }
    assert run_task(requirements=wanted, schema_lock="{{ 'crm' }}.lock.json").state == "success"
    wrong = {"objects": {"Account": {"read": ["{{ 'Nmae' }}"]}}}
    ran = run_task(requirements=wrong, retries=3)
    assert (ran.state, ran.tries) == ("failed", 1)
    assert "'Name'" in ran.log or "Name" in ran.log
