"""Check user.changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from known import AT, HEALTHY, INACTIVE, NO_API, finding, refused_login

from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import MemoryFacts, RememberedUser
from airflow_sf_health.evidence.needs import (
    ALL_PERMISSIONS,
    MEMORY,
    NOW,
    OWN_LICENSE,
    OWN_PERMISSION_SETS,
    OWN_PERMISSIONS,
    OWN_PROFILE,
    REQUIREMENTS,
    RUNNING_USER,
    Need,
)
from airflow_sf_health.evidence.remembered_user import remembered_user
from airflow_sf_health.report import Level
from airflow_sf_health.requirements import Requirements

USER = {**HEALTHY[RUNNING_USER], "ProfileId": "00e1", "UserType": "Standard"}
PERMISSIONS = {
    **HEALTHY[ALL_PERMISSIONS][0],
    "PermissionsViewSetup": True,
    "PermissionsBulkApiHardDelete": True,
    "PermissionsChatterForAll": True,
}
SETS = (
    {"PermissionSetId": "0PS1", "PermissionSet": {"Label": "Of the profile", "IsOwnedByProfile": True}},
    {"PermissionSetId": "0PS2", "PermissionSet": {"Label": "Nightly Import", "IsOwnedByProfile": False}},
)
NOW_HAS: dict[Need[Any], Any] = {RUNNING_USER: USER, ALL_PERMISSIONS: (PERMISSIONS,), OWN_PERMISSION_SETS: SETS}


def seen(answers: dict[Need[Any], Any] | None = None) -> RememberedUser:
    """The user as a look with these answers otherwise remembers it."""
    user = remembered_user(Evidence({**HEALTHY, **NOW_HAS, **(answers or {})}))
    assert user is not None
    return user


BEFORE = replace(seen(), at=AT.subtract(days=1))


def after(
    answers: dict[Need[Any], Any] | None = None, before: RememberedUser | None = BEFORE, **required: Any
) -> dict[Need[Any], Any]:
    """The evidence of a look that remembers the user, with these answers now."""
    memory = MemoryFacts(reach="this host only", user=before)
    return {**NOW_HAS, MEMORY: memory, REQUIREMENTS: Requirements.of(required), **(answers or {})}


def permissions(**given: bool | None) -> dict[Need[Any], Any]:
    """The permissions now, with these otherwise; None is one that the org does not know any more."""
    row = {**PERMISSIONS, **{f"Permissions{name}": value for name, value in given.items()}}
    return {ALL_PERMISSIONS: ({name: value for name, value in row.items() if value is not None},)}


def test_without_memory() -> None:
    """Where nothing is remembered there is nothing to judge, whether the login went well or not."""
    for answers in ({}, refused_login(INACTIVE)):
        assert finding("user.changed", answers).level is Level.NOT_APPLICABLE


def test_memory_that_cannot_be_used() -> None:
    """A memory that should be there and is not makes it unknown, and says why."""
    found = finding("user.changed", {MEMORY: MemoryFacts(problem="The store is locked.")})
    assert (found.level, found.summary) == (Level.UNKNOWN, "what the user was cannot be recalled: The store is locked")


def test_first_time() -> None:
    """The first look has nothing to compare with, and says so."""
    found = finding("user.changed", after(before=None))
    assert (found.level, found.cause) == (Level.INFO, None)


def test_refused_login() -> None:
    """Where the user's own row was refused, that is told."""
    found = finding(
        "user.changed", {**after(), **refused_login(INACTIVE), MEMORY: MemoryFacts(reach="here", user=BEFORE)}
    )
    assert found.level is Level.UNKNOWN
    assert "inactive user" in found.summary


def test_unchanged() -> None:
    """A user that is as it was is fine, and since when is told."""
    found = finding("user.changed", after())
    assert found.level is Level.OK
    assert found.summary == (
        "profile, licence, permission sets and the permissions that this task depends on are unchanged since 2026-11-21 02:00 UTC"
    )


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (OWN_PERMISSION_SETS, "; permission sets could not be compared"),
        (OWN_LICENSE, "; licence could not be compared"),
        (ALL_PERMISSIONS, "; the permissions that this task depends on could not be compared"),
    ],
)
def test_only_what_was_compared(refused: Need[Any], told: str) -> None:
    """What could not be read is not said to be unchanged."""
    found = finding("user.changed", after({refused: NO_API}))
    assert found.level is Level.OK
    assert found.summary.endswith(f"unchanged since 2026-11-21 02:00 UTC{told}")
    assert told[2:30] not in found.summary.removesuffix(told)


@pytest.mark.parametrize("sets", [SETS, ()])
def test_moved_stamp(sets: Any) -> None:
    """That some right changed is told where nothing says which: it may be one on a single field."""
    stamp = {**PERMISSIONS, "LastCacheUpdate": "2026-11-22T01:30:00.000+0000"}
    found = finding("user.changed", after({ALL_PERMISSIONS: (stamp,), OWN_PERMISSION_SETS: sets}))
    assert found.level is Level.INFO
    assert "; other rights of the user changed at 2026-11-22 01:30 UTC (LastCacheUpdate)" in found.summary


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (
            {RUNNING_USER: {**USER, "ProfileId": "00e2"}, OWN_PROFILE: {"Id": "00e2", "Name": "Guest"}},
            "the profile is 'Guest', and was 'Minimum Access'",
        ),
        (
            {OWN_LICENSE: {**HEALTHY[OWN_LICENSE], "Name": "Identity"}},
            "the licence is 'Identity', and was 'Salesforce Integration'",
        ),
        ({RUNNING_USER: {**USER, "UserType": "Guest"}}, "the user type is Guest, and was Standard"),
        (permissions(ViewSetup=False), "lost: permission 'View Setup and Configuration'"),
    ],
)
def test_changed_user(answers: dict[Need[Any], Any], told: str) -> None:
    """Another profile, licence or user type, or a permission less, is a warning that names it and since when."""
    found = finding("user.changed", after(answers))
    assert (found.level, found.cause) == (Level.WARNING, "permissions_changed")
    assert told in found.summary
    assert "since 2026-11-21 02:00 UTC" in found.summary


def test_another_profile_whose_licence_cannot_be_read() -> None:
    """A licence that cannot be read with the new profile is not taken for the former one, nor for another."""
    answers: dict[Need[Any], Any] = {
        RUNNING_USER: {**USER, "ProfileId": "00e2"},
        OWN_PROFILE: {"Name": "Guest"},
        OWN_LICENSE: NO_API,
    }
    assert "licence" not in finding("user.changed", after(answers)).summary


@pytest.mark.parametrize(
    ("required", "level"),
    [
        ({}, Level.OK),
        ({"objects": {"Account": {"delete": True}}}, Level.OK),
        ({"objects": {"Account": {"hard_delete": True}}}, Level.WARNING),
    ],
)
def test_permission_that_only_some_tasks_need(required: dict[str, Any], level: Level) -> None:
    """A lost permission is told where the task depends on it, and only there."""
    assert finding("user.changed", after(permissions(BulkApiHardDelete=False), **required)).level is level


def test_permissions_that_nothing_depends_on() -> None:
    """What a release takes away or brings among the other permissions is not told."""
    assert finding("user.changed", after(permissions(ChatterForAll=False, NewInSpring=True))).level is Level.OK


def test_permission_whose_preference_was_switched_off() -> None:
    """A permission that the org does not know any more is lost."""
    before = replace(BEFORE, permissions={**BEFORE.permissions, "CreateAuditFields": True})
    found = finding("user.changed", after(before=before, audit_fields=True))
    assert found.level is Level.WARNING
    assert "'Set Audit Fields upon Record Creation'" in found.summary


def test_permission_gained() -> None:
    """A permission more stops nothing, so it is only told."""
    found = finding("user.changed", after(permissions(ManageUsers=True)))
    assert found.level is Level.INFO
    assert "gained: permission 'Manage Users'" in found.summary


@pytest.mark.parametrize(
    ("had", "has", "api_only", "level"),
    [
        (False, True, None, Level.INFO),
        (False, True, False, Level.WARNING),
        (True, False, None, Level.INFO),
        (True, False, True, Level.WARNING),
    ],
)
def test_api_only(had: bool, has: bool, api_only: bool | None, level: Level) -> None:
    """Whether "API Only User" was gained or lost matters as the requirements say."""
    before = replace(BEFORE, permissions={**BEFORE.permissions, "ApiUserOnly": had})
    found = finding("user.changed", after(permissions(ApiUserOnly=has), before=before, api_only=api_only))
    assert found.level is level


@pytest.mark.parametrize(
    ("required", "level"),
    [
        ({}, Level.INFO),
        ({"objects": {"Account": ["Id"]}}, Level.WARNING),
        ({"queries": ["SELECT Id FROM Lead"]}, Level.WARNING),
    ],
)
def test_permission_set_taken_away(required: dict[str, Any], level: Level) -> None:
    """A permission set less is a warning where objects or queries of the task may hang on it."""
    found = finding("user.changed", after({OWN_PERMISSION_SETS: SETS[:1]}, **required))
    assert found.level is level
    assert "taken away: permission set 'Nightly Import'" in found.summary


def test_permission_set_assigned() -> None:
    """A permission set more is only told."""
    more = (*SETS, {"PermissionSetId": "0PS3", "PermissionSet": {"Label": "More", "IsOwnedByProfile": False}})
    found = finding("user.changed", after({OWN_PERMISSION_SETS: more}, objects={"Account": ["Id"]}))
    assert found.level is Level.INFO
    assert "assigned: permission set 'More'" in found.summary


def test_permission_sets_go_with_a_lost_permission() -> None:
    """With a lost permission the sets that went and came are told in the same warning: one of them is the reason."""
    found = finding("user.changed", after({**permissions(ViewSetup=False), OWN_PERMISSION_SETS: SETS[:1]}))
    assert found.level is Level.WARNING
    assert "View Setup" in found.summary
    assert "Nightly Import" in found.summary


@pytest.mark.parametrize("refused", [ALL_PERMISSIONS, OWN_PERMISSION_SETS, OWN_PROFILE, OWN_LICENSE])
def test_what_cannot_be_read_has_not_changed(refused: Need[Any]) -> None:
    """One look that sees less makes no change, and the next one compares with what was known before it."""
    answers = after({refused: NO_API})
    assert finding("user.changed", answers).level is Level.OK
    kept = remembered_user(Evidence({**HEALTHY, **answers}))
    assert kept is not None
    assert replace(kept, at=BEFORE.at) == BEFORE


def test_empty_list_of_permission_sets() -> None:
    """An empty list comes of a lack of the right to read it, so it takes nothing away."""
    assert seen({OWN_PERMISSION_SETS: ()}).permission_sets is None
    assert finding("user.changed", after({OWN_PERMISSION_SETS: ()}, objects={"Account": ["Id"]})).level is Level.OK


def test_few_permissions_remembered() -> None:
    """Where only the few of each look are remembered, nothing is said of the others."""
    before = seen({ALL_PERMISSIONS: NO_API})
    assert {*before.permissions} == {name.removeprefix("Permissions") for name in HEALTHY[OWN_PERMISSIONS][0]}
    assert finding("user.changed", after(before=before)).level is Level.OK


def looked_again(before: RememberedUser, days: float, answers: dict[Need[Any], Any]) -> RememberedUser:
    """What another look remembers, so many days after the one before."""
    user = remembered_user(Evidence({**HEALTHY, **after(answers, before), NOW: before.at.add(hours=round(24 * days))}))
    assert user is not None
    return user


def test_change_that_another_task_met_is_told_beside_a_failure() -> None:
    """Whoever looks first is warned; for three days it is told to the others, with what the user was before, and warns nobody."""
    lost = permissions(ViewSetup=False)
    once = looked_again(BEFORE, 1, lost)
    assert once.former == BEFORE
    told = finding("user.changed", after(lost, once))
    assert (told.level, told.cause) == (Level.INFO, "permissions_changed")
    assert "lost: permission 'View Setup and Configuration'" in told.summary
    assert "between 2026-11-21 02:00 UTC and 2026-11-22 02:00 UTC" in told.summary
    twice = looked_again(once, 2, lost)
    assert (twice.former, twice.changed_at) == (BEFORE, once.changed_at)
    thrice = looked_again(twice, 1, lost)
    assert thrice.former is None
    assert finding("user.changed", after(lost, thrice)).cause is None


def test_former_user_has_no_former() -> None:
    """What is kept does not grow from change to change."""
    once = looked_again(BEFORE, 1, permissions(ViewSetup=False))
    later = looked_again(once, 4, permissions(ManageUsers=True))
    assert later.former is not None
    assert later.former.former is None
