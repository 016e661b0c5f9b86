"""What Salesforce's public status page says of an org's instance: them or us?

It is asked without a token, through the connection's own proxies, and for a moment only. Whatever it does not answer is nothing to tell:
no examination changes for it (facts, section 6).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from urllib3.exceptions import HTTPError

from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.org.deadline import DeadlineReached, within
from airflow_sf_health.org.guarded_session import GuardedSession
from airflow_sf_health.org.transport import Traffic

HOST = "api.status.salesforce.com"
LONGEST_WAIT = 2.0
"""Seconds for a connection, and for the reply to begin."""
_INSTANCE = re.compile(r"[A-Za-z0-9]{2,20}")
_STATUS = re.compile(r"[A-Z_]{2,40}")
OK = "OK"


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """``status`` is ``OK``, or kind and part, such as ``MAJOR_INCIDENT_CORE``; ``since`` where the page tells it."""

    instance: str
    status: str
    since: datetime | None = None

    @property
    def words(self) -> str:
        """What it says, as a sentence."""
        if self.status == OK:
            return f"Salesforce Status reports no incident of instance {self.instance}."
        since = f" since {self.since:%Y-%m-%d %H:%M} UTC" if self.since is not None else ""
        return f"Salesforce Status: instance {self.instance} has {self.status}{since}."


def instance_status(
    connection: OrgConnection, instance: str, traffic: Traffic, *, seconds: float
) -> InstanceStatus | None:
    """Ask; None where nobody answers within ``seconds``, or says anything else. Never raises."""
    if not _INSTANCE.fullmatch(instance) or seconds <= 0:
        return None
    limits = TimeLimits(connect=LONGEST_WAIT, read=LONGEST_WAIT, examination=seconds)
    try:
        with GuardedSession(replace(connection, time_limits=limits), traffic) as session:
            body = within(seconds, lambda: _ask(session, instance), stop=session.transport.abort)
        return _read(instance, json.loads(body))
    except (OSError, HTTPError, ValueError, TypeError, DeadlineReached) as error:
        logging.getLogger(__name__).debug("%s was asked and said nothing of use: %s", HOST, type(error).__name__)
        return None


def _ask(session: GuardedSession, instance: str) -> bytes:
    url = f"https://{HOST}/v1/instances/{instance}/status"
    reply = session.get(url, headers={"Accept": "application/json"}, allow_redirects=False)
    reply.raise_for_status()
    return reply.content


def _read(instance: str, said: Any) -> InstanceStatus | None:
    status = said.get("status") if isinstance(said, dict) and said.get("key") == instance else None
    if not isinstance(status, str) or not _STATUS.fullmatch(status):
        return None
    now = datetime.now(UTC)
    begun = [begin for begin, end in _spans(status, said) if begin <= now and (end is None or end > now)]
    return InstanceStatus(instance, status, min(begun, default=None))


def _spans(status: str, said: Mapping[str, Any]) -> Iterator[tuple[datetime, datetime | None]]:
    """Begin and end of what the status may be for: maintenances by their plan, incidents by their impacts."""
    names = ("startTime", "endTime")
    found = [impact for each in _dicts(said.get("Incidents")) for impact in _dicts(each.get("IncidentImpacts"))]
    if status.startswith("MAINTENANCE"):
        names, found = ("plannedStartTime", "plannedEndTime"), _dicts(said.get("Maintenances"))
    for each in found if status != OK else ():
        begin, end = (_instant(each.get(name)) for name in names)
        if begin is not None:
            yield begin, end


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _instant(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
