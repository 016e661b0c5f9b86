"""Who the user is at a look, in the form that is kept for the next one."""

from __future__ import annotations

from dataclasses import replace

from known import AT, HEALTHY, INACTIVE, NO_API, login, refused_login

from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import MemoryFacts, RememberedUser
from airflow_sf_health.evidence.needs import (
    ALL_PERMISSIONS,
    LOGIN,
    MEMORY,
    ORGANIZATION,
    OWN_LICENSE,
    OWN_PERMISSION_SETS,
)
from airflow_sf_health.evidence.remembered_user import remembered_user

SETS = (
    {"PermissionSetId": "0PS1", "PermissionSet": {"Label": "Of the profile", "IsOwnedByProfile": True}},
    {"PermissionSetId": "0PS2", "PermissionSet": {"Label": "Nightly Import", "IsOwnedByProfile": False}},
)


def test_all_that_is_known() -> None:
    """Identity, org, profile, licence, permissions by their short names, and permission sets but for the profile's own."""
    assert remembered_user(Evidence({**HEALTHY, OWN_PERMISSION_SETS: SETS})) == RememberedUser(
        at=AT.add(seconds=1),
        org_id="00DHs0000000001MAA",
        user_id="005Hs0000000001MAA",
        username="integration@acme.com",
        org_name="Acme",
        host="acme.my.salesforce.com",
        is_sandbox=False,
        instance_name="USA123S",
        profile_id="00e1",
        profile_name="Minimum Access",
        license="Salesforce Integration",
        user_type="Standard",
        permissions={"ApiEnabled": True, "ApiUserOnly": True, "PasswordNeverExpires": False},
        permission_sets={"0PS2": "Nightly Import"},
    )


def test_what_could_not_be_read_stays() -> None:
    """What this look could not read is taken over from the last one, if it is of the same profile."""
    before = remembered_user(Evidence({**HEALTHY, OWN_PERMISSION_SETS: SETS}))
    assert before is not None
    unread = dict.fromkeys((OWN_LICENSE, ORGANIZATION, OWN_PERMISSION_SETS, ALL_PERMISSIONS), NO_API)
    known = Evidence({**HEALTHY, **unread, MEMORY: MemoryFacts(reach="here", user=before)})
    assert remembered_user(known) == before
    other = MemoryFacts(reach="here", user=replace(before, profile_id="00e2"))
    user = remembered_user(known.plus({MEMORY: other}))
    assert user is not None
    assert (user.license, user.org_name) == (None, "Acme")


def test_nobody() -> None:
    """Where the user's own row was refused, or the login does not tell whose it is, there is nobody to remember."""
    assert remembered_user(Evidence({**HEALTHY, **refused_login(INACTIVE)})) is None
    assert remembered_user(Evidence({**HEALTHY, LOGIN: login(user_id=None)})) is None


def test_what_nobody_asked() -> None:
    """What no chosen check asked for is not remembered, and breaks nothing."""
    user = remembered_user(
        Evidence({need: each for need, each in HEALTHY.items() if need not in (ALL_PERMISSIONS, OWN_LICENSE)})
    )
    assert user is not None
    assert (user.license, user.profile_name) == (None, "Minimum Access")
    assert user.permissions["ApiEnabled"]
