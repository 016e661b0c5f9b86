"""The API version that the connection pins is served, and will be.

A pinned version is what the tasks speak, and Salesforce retires old ones: a connection that nobody touched for years then fails
with its next call. Too new a version fails as well, in orgs that have not got the release yet, and a slip of the pen (95.0) makes
each call a 404. The examination itself speaks a version of its own, so it would not notice otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import CONNECTION, LOGIN, SERVED_EVERYWHERE, SERVED_VERSIONS
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level

CAUSE = "api_version_retired"
LAST_RETIRED = 30
"""Versions 21 to 30 were retired in Summer '25, those before them earlier (Salesforce's list of end-of-life versions)."""
LAST_WITH_AN_END = 40
"""Versions 31 to 40: unsupported from Summer '27, retired in Summer '28 (announced)."""
SEASONS = ("Spring", "Summer", "Winter")
CURE = "Set the extra 'version' of the connection to"
RECENT = f"{CURE} 62.0, 63.0 or 64.0, which any login flow can use, after a try in a sandbox."


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: served, with its release; ending; gone; or not there yet."""
    version = evidence[CONNECTION].version
    number = int(float(version))
    if number <= LAST_RETIRED:
        yield _old(Level.FAILED, version, f"is retired, like all up to {LAST_RETIRED}: each call is refused")
    elif (finding := _told(evidence[LOGIN].refusal, version)) is not None:
        yield finding
    elif number <= LAST_WITH_AN_END:
        yield _old(Level.WARNING, version, "still works, is unsupported from Summer '27 on and retired in Summer '28")
    elif number <= SERVED_EVERYWHERE:
        yield Finding(level=Level.OK, summary=f"API version {version} ({release(number)}) is served")
    else:
        yield _newest(evidence, version)


def _old(level: Level, version: str, state: str) -> Finding:
    return Finding(
        level=level,
        summary=f"API version {version} {state}",
        cause=CAUSE,
        saw=f"version {version} in the connection, which {state}",
        hint=RECENT,
    )


def _told(refusal: Refusal | None, version: str) -> Finding | None:
    """A login that was refused for its version, whatever the number."""
    finding = refused(refusal, f"the login with API version {version} was refused") if refusal is not None else None
    return replace(finding, hint=finding.hint or RECENT) if finding is not None and finding.cause == CAUSE else None


def _newest(evidence: Evidence, version: str) -> Finding:
    """Newer than what each org serves: the org's own list decides, where it could be had."""
    served = evidence.get(SERVED_VERSIONS)
    if not served:
        return Finding(
            level=Level.INFO,
            summary=f"API version {version} is newer than this plugin knows, and the org could not be asked for its list",
        )
    if version in served:
        return Finding(level=Level.OK, summary=f"API version {version} is served by this org")
    newest = max(served, key=float)
    return Finding(
        level=Level.FAILED,
        summary=f"API version {version} is newer than this org, which serves none above {newest}: each call is a 404",
        cause=CAUSE,
        saw=f"version {version} in the connection · the newest that this org serves is {newest}",
        hint=f"The version is not retired but newer than this org. {CURE} {newest} or lower.",
    )


def release(number: int) -> str:
    """The release of an API version, three a year: 62 is Winter '25, named after the year that follows."""
    return f"{SEASONS[number % 3]} '{25 + (number - 62) // 3}"


CHECK = Check(
    id="session.api_version",
    title="API version",
    needs=(CONNECTION, LOGIN, SERVED_VERSIONS),
    evaluate=evaluate,
)
