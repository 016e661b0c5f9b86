"""Owners, schemas and the user from one examination to the next, against the fake org and with a real store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from connecting import connect

from airflow_sf_health import Options, Requirements, examine
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.store import open_store
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.schema_changes import remove_field, rename_field
from airflow_sf_health.testing.state import Profile

USES: dict[str, Any] = {"objects": {"Account": {"read": ["Name"], "update": ["ERP_Id__c"]}}}
ASSIGNS: dict[str, Any] = {"objects": {"Lead": {"insert": ["LastName", "Company", "OwnerId"]}}}

Look = Callable[..., Report]


@pytest.fixture
def look(org: FakeOrg, tmp_path: Path) -> Look:
    """Examine with this memory: ``look(requirements, **options)``."""
    memory = open_store(f"sqlite:///{tmp_path / 'memory.db'}")

    def examined(required: dict[str, Any] | None = None, **options: Any) -> Report:
        return examine(connect(org, "jwt"), Requirements.of(required), Options(**options), memory=memory)

    return examined


def of(report: Report, check_id: str) -> tuple[Finding, ...]:
    return tuple(each for each in report.findings if each.check == check_id)


def levels(report: Report, check_id: str) -> list[Level]:
    return [each.level for each in of(report, check_id)]


def test_first_and_second_look(look: Look) -> None:
    """The first look knows nothing and stops nothing; the second has a baseline, and says since when the user is as it is."""
    first, second = look(USES), look(USES)
    assert (first.verdict, second.verdict) == (Verdict.HEALTHY, Verdict.HEALTHY)
    assert levels(first, "metadata.freshness") == levels(first, "metadata.drift") == [Level.UNKNOWN]
    assert levels(first, "user.changed") == [Level.INFO]
    for check_id in ("metadata.freshness", "metadata.drift", "user.changed"):
        assert levels(second, check_id) == [Level.OK]


def test_breaking_change_stays_breaking(org: FakeOrg, look: Look) -> None:
    """A field that was shortened fails the task with what to change, and a retry as well; one that only warns accepts it for itself."""
    look(USES)
    org.state.schema["Account"].fields["ERP_Id__c"].length = 5
    for _ in range(2):
        report = look(USES)
        assert report.main is not None
        assert (report.main.check, report.main.cause) == ("metadata.drift", "schema_changed")
        assert report.no_retry_heals
        assert "Account.ERP_Id__c" in report.main.hint
        assert "sf-health metadata refresh crm Account" in " ".join(message(report).split())
    assert look(USES, on_drift="warn").verdict is Verdict.DEGRADED
    assert look(USES, on_drift="warn").verdict is Verdict.HEALTHY
    assert look(USES).verdict is Verdict.UNHEALTHY


@pytest.mark.parametrize("used", [False, True])
def test_removed_field(org: FakeOrg, look: Look, used: bool) -> None:
    """A field that went matters to the task that uses it, and to no other."""
    required = USES if used else {"objects": {"Account": ["Name"]}}
    look(required)
    remove_field(org.state, "Account", "ERP_Id__c")
    report = look(required)
    assert report.verdict is (Verdict.UNHEALTHY if used else Verdict.HEALTHY)
    assert levels(report, "metadata.drift") == [Level.FAILED if used else Level.OK]


def test_renamed_field(org: FakeOrg, look: Look) -> None:
    """The new name of a renamed field is told as a guess."""
    look(USES)
    rename_field(org.state, "Account", "ERP_Id__c", "ERP_Ident__c", "ERP Id")
    (found,) = of(look(USES), "metadata.drift")
    assert found.level is Level.FAILED
    assert "ERP_Ident__c" in found.summary
    assert "ERP_Ident__c" in found.hint


def test_object_that_was_hidden(org: FakeOrg, look: Look) -> None:
    """An object that this user may not see any more is gone for the task."""
    look(USES)
    del org.state.permission_sets[0].objects["Account"]
    report = look(USES)
    assert report.verdict is Verdict.UNHEALTHY
    (found,) = of(report, "metadata.drift")
    assert (found.level, found.certain) == (Level.FAILED, False)


def test_changed_user(org: FakeOrg, look: Look) -> None:
    """A changed profile is a warning once: with it the task could go on, so it is the one that is remembered."""
    look()
    old = org.state.profiles[0]
    org.state.profiles.append(Profile("00eHs0000000009AAA", "Other", set(old.permissions), license_id=old.license_id))
    org.state.users[0].profile_id = "00eHs0000000009AAA"
    report = look()
    assert (report.verdict, report.main and report.main.cause) == (Verdict.DEGRADED, "permissions_changed")
    assert "the profile is 'Other', and was 'Minimum Access - API Only Integrations'" in message(report).replace(
        "\n", " "
    )
    assert look().verdict is Verdict.HEALTHY


def test_changed_user_that_another_task_met_first(org: FakeOrg, look: Look) -> None:
    """The task that needs what was taken away says that the user was changed, though a task that does not need it was warned before."""
    look(USES)
    old = org.state.profiles[0]
    org.state.profiles.append(Profile("00eHs0000000009AAA", "Other", set(old.permissions), license_id=old.license_id))
    org.state.users[0].profile_id = "00eHs0000000009AAA"
    del org.state.permission_sets[0].objects["Account"]
    assert look().verdict is Verdict.DEGRADED
    assert look().verdict is Verdict.HEALTHY
    report = look(USES)
    assert report.verdict is Verdict.UNHEALTHY
    said = " ".join(message(report).split())
    assert "user.changed: the user was changed between" in said
    assert "the profile is 'Other', and was 'Minimum Access - API Only Integrations'" in said


def test_changed_user_of_a_task_that_was_stopped(org: FakeOrg, look: Look) -> None:
    """As long as the task cannot go on, each retry tells what had changed."""
    look(USES)
    org.state.profiles[0].permissions.discard("ApiUserOnly")
    del org.state.permission_sets[0].objects["Account"]
    for _ in range(2):
        report = look({**USES, "api_only": True})
        assert report.verdict is Verdict.UNHEALTHY
        assert levels(report, "user.changed") == [Level.WARNING]


def test_permission_set_taken_away(org: FakeOrg, look: Look) -> None:
    """Where the user may see its permission sets, one that was taken away is named beside what it gave."""
    org.state.profiles[0].permissions.add("ViewSetup")
    look(USES)
    org.state.users[0].permission_set_ids.clear()
    (found,) = of(look(USES), "user.changed")
    assert found.level is Level.WARNING
    assert "taken away: permission set 'Nightly Import'" in found.summary


def test_owners(org: FakeOrg, look: Look) -> None:
    """Users and queues are found; a hidden user is not known, and an inactive one fails a task that inserts."""
    org.state.org.user_sharing_private = False
    required = {**ASSIGNS, "owners": ["admin@acme.com", "New_Leads"]}
    report = look(required)
    assert report.verdict is Verdict.HEALTHY
    assert of(report, "records.owners")[0].summary == "2 of 2 owners exist and are active"
    org.state.users[1].active = False
    report = look(required)
    assert (report.main and report.main.cause, report.no_retry_heals) == ("owner_inactive", True)
    org.state.users[1].hidden = True
    report = look(required)
    assert report.verdict is Verdict.HEALTHY
    assert levels(report, "records.owners") == [Level.UNKNOWN, Level.OK]


def test_queue_and_its_objects(org: FakeOrg, look: Look) -> None:
    """A queue is judged by the objects that the task assigns, found by its name or its id."""
    for queue in ("New_Leads", org.state.queues[0].id):
        assert look({**ASSIGNS, "owners": [queue]}).verdict is Verdict.HEALTHY
        assert look({"objects": {"Contact": {"insert": ["OwnerId"]}}, "owners": [queue]}).verdict is Verdict.UNHEALTHY


def test_inactive_owner_of_updates(org: FakeOrg, look: Look) -> None:
    """The permission makes an inactive owner legal for updates, as in the org itself."""
    org.state.org.user_sharing_private = False
    org.state.users[1].active = False
    required = {"objects": {"Lead": {"update": ["OwnerId"]}}, "owners": ["admin@acme.com"]}
    assert levels(look(required), "records.owners") == [Level.FAILED]
    org.state.org.audit_fields_enabled = True
    org.state.profiles[0].permissions.add("UpdateWithInactiveOwner")
    assert levels(look(required), "records.owners") == [Level.WARNING]
    assert levels(look({**required, "inactive_owners": True}), "records.owners") == [Level.OK]


def test_owner_of_a_connection_to_another_org(org: FakeOrg, look: Look) -> None:
    """Off or hidden is not known; an active owner is right, an inactive one a warning that stops no task."""
    required = {"s2s": True}
    assert levels(look(required), "records.s2s_owner") == [Level.UNKNOWN]
    org.state.org.s2s_enabled, org.state.org.user_sharing_private = True, False
    assert levels(look(required), "records.s2s_owner") == [Level.OK]
    org.state.users[1].active = False
    report = look(required)
    assert report.verdict is Verdict.DEGRADED
    assert (report.main and report.main.cause) == "s2s_connection_owner_inactive"
