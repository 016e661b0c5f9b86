"""The owners of Salesforce-to-Salesforce connections are active.

The receiving org makes its Connection Owner the owner of each record that it accepts by itself; is that user inactive, each forwarded
record is refused (Salesforce 000205862). Only this org's side can be seen; the other org's owner may be the inactive one. It is
looked at where the requirements say ``s2s``, and fails no task: the load itself does not go that way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from airflow_sf_health.checks._check import Check, seen
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import REQUIREMENTS, Need, Query, Row
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

CAUSE = "s2s_connection_owner_inactive"
CONNECTIONS = Query(
    "s2s_connections",
    "SELECT ConnectionName, ConnectionStatus, PrimaryContactId FROM PartnerNetworkConnection",
    late=True,
)
"""The field "Connection Owner" of the Connections tab is ``PrimaryContactId``; the object has no OwnerId."""
OWNERS = Query(
    "s2s_owners",
    "SELECT Id, Username, IsActive FROM User WHERE Id IN (SELECT PrimaryContactId FROM PartnerNetworkConnection)",
    late=True,
)
IN_FORCE = "Accepted"
OTHER_SIDE = "the other org's connection owner cannot be seen from here"


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding on each connection with an inactive owner, one on owners that cannot be seen, else one on all."""
    if not evidence[REQUIREMENTS].s2s:
        yield Finding(level=Level.NOT_APPLICABLE, summary="not asked: the requirements do not say s2s")
        return
    refusal = evidence.refusal(CONNECTIONS)
    if refusal is not None and refusal.code == "INVALID_TYPE":
        yield _off_or_hidden(refusal)
        return
    rows = [row for row in evidence[CONNECTIONS] if row.get("ConnectionStatus") == IN_FORCE]
    owners = {str(owner["Id"])[:15]: owner for owner in evidence[OWNERS]} if rows else {}
    owned = [(row, owners.get(str(row.get("PrimaryContactId"))[:15])) for row in rows]
    hidden = [str(row.get("ConnectionName")) for row, owner in owned if owner is None]
    inactive = [(row, owner) for row, owner in owned if owner is not None and not owner.get("IsActive")]
    yield from (_inactive(row, owner) for row, owner in inactive)
    if hidden:
        yield Finding(level=Level.UNKNOWN, summary=f"this user does not see who owns the connection {_names(hidden)}")
    if not hidden and not inactive:
        yield _right(len(rows))


def _right(number: int) -> Finding:
    if not number:
        return Finding(level=Level.OK, summary="no Salesforce-to-Salesforce connection is in force")
    all_ = "the one connection has an active owner" if number == 1 else f"all {number} connections have active owners"
    return Finding(level=Level.OK, summary=f"{all_} in this org; {OTHER_SIDE}")


def _inactive(row: Row, owner: Row) -> Finding:
    name, who = row.get("ConnectionName"), owner.get("Username")
    return Finding(
        level=Level.WARNING,
        summary=f"the owner of the Salesforce-to-Salesforce connection '{name}' is inactive: {who}",
        cause=CAUSE,
        saw=f"User.IsActive = false · {who} ({owner.get('Id')}) · PartnerNetworkConnection.PrimaryContactId of '{name}'",
        hint=(
            "For records that this org receives, act here: on the Connections tab choose the connection, click Edit and set an "
            "active Connection Owner; or click Subscribe/Unsubscribe in its list Subscribed Objects, clear Auto-Accept, and assign "
            "incoming records by hand. Records that this org sends are owned by the other org's connection owner, who cannot be "
            "seen from here: where those are refused, that org's administrator has the same two ways."
        ),
    )


def _off_or_hidden(refusal: Refusal) -> Finding:
    """Both answer the same, so neither may be claimed; whoever asks for this check believes that it is on."""
    summary = "Salesforce to Salesforce is off in this org, or its connections are hidden from this user: both answer INVALID_TYPE"
    return Finding(level=Level.UNKNOWN, summary=summary, saw=seen(refusal))


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return (CONNECTIONS, OWNERS) if requirements.s2s else ()


CHECK = Check(
    id="records.s2s_owner",
    title="Owners of Salesforce-to-Salesforce connections",
    needs=(REQUIREMENTS,),
    needs_for=_needs_for,
    evaluate=evaluate,
)
