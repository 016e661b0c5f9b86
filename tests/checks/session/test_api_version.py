"""Check session.api_version."""

from __future__ import annotations

from typing import Any

import pytest
from known import INACTIVE, NOT_FOUND, connection, finding, refused_login

from airflow_sf_health.checks.session.api_version import release
from airflow_sf_health.evidence.needs import CONNECTION, SERVED_VERSIONS
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.report import Level

SERVED = tuple(f"{number}.0" for number in range(31, 68))


def pinned(version: str, served: object = ()) -> dict[Any, Any]:
    return {CONNECTION: connection(version=version), SERVED_VERSIONS: served}


@pytest.mark.parametrize("version", ["7.0", "20.0", "21.0", "30.0"])
def test_retired(version: str) -> None:
    """A retired version is a failure with its cause, by the connection alone."""
    found = finding("session.api_version", pinned(version))
    assert (found.level, found.cause) == (Level.FAILED, "api_version_retired")
    assert found.summary == f"API version {version} is retired, like all up to 30: each call is refused"
    assert (
        found.saw == f"version {version} in the connection, which is retired, like all up to 30: each call is refused"
    )
    assert "62.0, 63.0 or 64.0" in found.hint


@pytest.mark.parametrize("version", ["31.0", "40.0"])
def test_announced_end(version: str) -> None:
    """A version with an announced end is a warning with both dates and what to write."""
    found = finding("session.api_version", pinned(version))
    assert (found.level, found.cause) == (Level.WARNING, "api_version_retired")
    assert "still works, is unsupported from Summer '27 on and retired in Summer '28" in found.summary
    assert "62.0" in found.hint


@pytest.mark.parametrize(
    ("version", "name"),
    [("41.0", "Winter '18"), ("59.0", "Winter '24"), ("64.0", "Summer '25"), ("67.0", "Summer '26")],
)
def test_served(version: str, name: str) -> None:
    """A version with a future is told with its release."""
    found = finding("session.api_version", pinned(version))
    assert (found.level, found.summary) == (Level.OK, f"API version {version} ({name}) is served")


@pytest.mark.parametrize(
    ("number", "name"),
    [(31, "Summer '14"), (62, "Winter '25"), (63, "Spring '25"), (65, "Winter '26"), (68, "Winter '27")],
)
def test_release(number: int, name: str) -> None:
    """Three releases a year, the winter's named after the year that follows."""
    assert release(number) == name


@pytest.mark.parametrize("version", ["68.0", "95.0"])
def test_newer_than_the_org(version: str) -> None:
    """A version that the org does not serve fails each call: a failure that names the newest."""
    found = finding("session.api_version", pinned(version, SERVED))
    assert (found.level, found.cause) == (Level.FAILED, "api_version_retired")
    assert "is newer than this org, which serves none above 67.0: each call is a 404" in found.summary
    assert "retired" not in found.saw
    assert found.hint.startswith("The version is not retired but newer than this org. Set the extra 'version'")
    assert found.hint.endswith("to 67.0 or lower.")


def test_newer_and_served() -> None:
    """A version that this org has already is right, however new."""
    assert finding("session.api_version", pinned("68.0", (*SERVED, "68.0"))).level is Level.OK


@pytest.mark.parametrize("served", [NOT_FOUND, ()])
def test_newer_and_not_told(served: object) -> None:
    """Where the org's list could not be had, a new version is told and not punished."""
    assert finding("session.api_version", pinned("68.0", served)).level is Level.INFO


@pytest.mark.parametrize(("version", "level"), [("59.0", Level.OK), ("35.0", Level.WARNING), ("29.0", Level.FAILED)])
def test_refused_login(version: str, level: Level) -> None:
    """The pinned version is judged without a login too."""
    assert finding("session.api_version", {**refused_login(INACTIVE), **pinned(version)}).level is level


def test_refused_for_its_version() -> None:
    """A door that is gone (HTTP 410) is the failure, whatever the number seems."""
    gone = Refusal(shape=Shape.EMPTY, status=410, where="SOAP login")
    found = finding("session.api_version", {**refused_login(gone), **pinned("45.0")})
    assert found.cause == "api_version_retired"
    assert found.summary == "the login with API version 45.0 was refused"
    assert "Set the extra 'version'" in found.hint
