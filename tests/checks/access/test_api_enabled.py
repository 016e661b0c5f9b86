"""Check access.api_enabled."""

from __future__ import annotations

import pytest
from known import INACTIVE, NO_API, NOT_FOUND, SILENCE, finding, refused_login

from airflow_sf_health.evidence.facts import ApiFacts
from airflow_sf_health.evidence.needs import API, OWN_PERMISSIONS
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report import Level


@pytest.mark.parametrize(
    ("rows", "summary"),
    [
        (({"PermissionsApiEnabled": True},), "the API answers, and the user has 'API Enabled'"),
        ((), "the API answers this user"),
        (NOT_FOUND, "the API answers this user"),
    ],
)
def test_api_answers(rows: object, summary: str) -> None:
    """An API that answers is enough, also where the permission may not be read."""
    found = finding("access.api_enabled", {OWN_PERMISSIONS: rows})
    assert (found.level, found.summary, found.essential) == (Level.OK, summary, True)


def test_permission_lost() -> None:
    """A user without 'API Enabled' fails, even while the API still answers."""
    found = finding("access.api_enabled", {OWN_PERMISSIONS: ({"PermissionsApiEnabled": False},)})
    assert (found.level, found.cause) == (Level.FAILED, "api_disabled_for_user")
    assert found.saw == "UserPermissionAccess.PermissionsApiEnabled = false"


def test_api_refused() -> None:
    """A refusal with the words for both, org and user, is a failure that names the other candidate."""
    found = finding("access.api_enabled", {API: ApiFacts(refusal=NO_API), OWN_PERMISSIONS: NO_API})
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "api_disabled_for_user", False)
    assert "api_disabled_for_org" in {each.cause for each in found.candidates}


@pytest.mark.parametrize("answers", [{API: ApiFacts(refusal=SILENCE)}, refused_login(INACTIVE)])
def test_api_not_asked(answers: dict[object, Refusal]) -> None:
    """Silence is not known, and so is the API of a login that was refused; either way it is essential."""
    found = finding("access.api_enabled", answers)  # type: ignore[arg-type]
    assert (found.level, found.essential) == (Level.UNKNOWN, True)
