"""Ask Salesforce for a token on demand, whatever is remembered, and examine the connection with it.

No Airflow here: the operator and the command ``sf-health reauthenticate`` hand in what they have resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.examination import examine, report_incomplete
from airflow_sf_health.org.credentials import credential_of
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.kept_tokens import opened_login
from airflow_sf_health.org.vault import VaultError
from airflow_sf_health.report.reauthenticated import LoginMade, Reauthenticated

if TYPE_CHECKING:
    from airflow_sf_health.evidence.memory import Memory
    from airflow_sf_health.options import Options
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.login import Login
    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.report import Report
    from airflow_sf_health.requirements import Requirements
    from airflow_sf_health.schema.lock import Lock

__all__ = ["LoginMade", "Reauthenticated", "reauthenticate"]

NOTHING_TO_LOG_IN_WITH = (
    "holds a ready session and nothing that makes a new one. Add the fields of a login flow beside it, such as login, consumer_key "
    "and private_key for JWT bearer, or put a new session_id there"
)


def reauthenticate(
    connection: OrgConnection,
    requirements: Requirements | None = None,
    options: Options | None = None,
    selected: Sequence[str] | None = None,
    *,
    lock: Lock | None = None,
    memory: Memory | None = None,
    sharing: Sharing | None = None,
) -> Reauthenticated:
    """Make a login now, share its token with other tasks, and examine the connection with it. Nobody's session is ended.

    Of a connection with a ready session the flow beside it logs in. A refresh token that is not ours to spend is not spent. The
    examination is that of :func:`~airflow_sf_health.examination.examine`, whose parameters these are.

    :param sharing: through which the token is shared; a refusal or token that is remembered does not count. None shares nothing.
    :return: always a report, as an examination does.
    :raises UnknownCheckError: a selection that means nothing; before any request.
    """
    by = _who_logs_in(connection)
    if by is None:
        return _impossible(connection)
    before = _shared(by, sharing)
    afresh = replace(sharing, afresh=True) if sharing is not None else None
    report = examine(by, requirements, options, selected, lock=lock, memory=memory, sharing=afresh)
    withheld = by.withheld or (by.withheld_renewal.withheld if by.withheld_renewal else None)
    if withheld:
        return Reauthenticated(login=LoginMade.WITHHELD, report=report, why=withheld)
    return _told(connection, by, report, before, _shared(by, sharing))


def _who_logs_in(connection: OrgConnection) -> OrgConnection | None:
    """The connection without its ready session, where it has one; with it, where the login beside it is not ours to make: then only the session is left to look at."""
    if connection.flow is not LoginFlow.SESSION or connection.withheld_renewal is not None:
        return connection
    if connection.renewal is None:
        return None
    # The second user is known to the outer one alone.
    return replace(
        connection.renewal, diagnostic=connection.diagnostic, diagnostic_problem=connection.diagnostic_problem
    )


def _impossible(connection: OrgConnection) -> Reauthenticated:
    why = connection.renewal_problem or f"Connection '{connection.conn_id}' {NOTHING_TO_LOG_IN_WITH}."
    error = OrgConnectionError(why, conn_id=connection.conn_id, field="session_id", flow=connection.flow)
    return Reauthenticated(
        login=LoginMade.IMPOSSIBLE, report=report_incomplete(connection.conn_id, error), why=why, beside_session=True
    )


def _shared(connection: OrgConnection, sharing: Sharing | None) -> Login | None:
    """The login whose token is shared at the moment, be it alive or not."""
    if sharing is None:
        return None
    with suppress(OrgConnectionError, VaultError):  # which the login itself will tell, or which stops nothing
        credential = credential_of(connection, sharing.egress)
        token = sharing.vault.recall(credential.fingerprint).token
        return opened_login(credential, token, connection.flow) if token is not None else None
    return None


def _told(
    connection: OrgConnection, by: OrgConnection, report: Report, before: Login | None, now: Login | None
) -> Reauthenticated:
    proof, beside = report.proof, connection is not by
    if proof is None or not proof.fresh:
        return Reauthenticated(login=LoginMade.FAILED, report=report, flow=by.flow, beside_session=beside)
    was_kept = now is not None and (before is None or now.at > before.at)
    is_new = before.token != now.token if was_kept and before is not None and now is not None else None
    return Reauthenticated(
        login=LoginMade.MADE,
        report=report,
        flow=by.flow,
        at=proof.at,
        is_new=is_new,
        shared=was_kept,
        beside_session=beside,
    )
