"""One connection: what Airflow gives, what an examination says of it now, and what its user may not be asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.doctor_airflow import FOREIGN_KEY, unreadable
from airflow_sf_health.commands.doctor_lines import Line, note, ok, problem
from airflow_sf_health.commands.doctor_network import PROXY
from airflow_sf_health.commands.doctor_verdict import not_asked, verdict
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.server_clock import NO_ADDRESS, has_misread_proxy
from airflow_sf_health.report import Report
from airflow_sf_health.settings import settings

_FOREIGN = "it was stored with another [core] fernet_key than this host's"


@dataclass(slots=True)
class Asked:
    """The connection in question, as far as it became known."""

    conn_id: str
    connection: OrgConnection | None = None
    report: Report | None = field(default=None, repr=False)

    def fields(self) -> Iterator[Line]:
        """Whether Airflow gives it, which flow its fields make, and what of them is not read."""
        part = "connection.fields"
        try:
            self.connection = connection = resolved(self.conn_id)
        except CommandError as error:
            yield _not_given(part, self.conn_id, error)
            return
        except OrgConnectionError as error:
            said, _, fix = str(error).partition(". ")
            yield problem(part, said, fix or "Correct that field of the connection.")
            return
        who = f" as {connection.login}" if connection.login else ""
        said = f"'{self.conn_id}' logs in by {connection.flow.label}{who}, first at {connection.first_host}"
        yield _with_ignored(part, said, connection)
        yield from _of_refresh_token(connection)
        yield _second_user(connection)

    def examined(self) -> Iterator[Line]:
        """An examination now, by a login of its own, and what could not be asked in it."""
        if self.connection is None:
            return
        if any(each is not None and has_misread_proxy(each) for each in (self.connection, self.connection.diagnostic)):
            yield problem("connection.examined", f"not examined, since {NO_ADDRESS}", PROXY)
            return
        look = Preflight.of(self.conn_id, None, None, None, by="sf-health doctor", afresh=True)
        self.report = report = look.look_twice()
        yield verdict(report)
        yield from not_asked(report)


def _not_given(part: str, conn_id: str, error: CommandError) -> Line:
    if conn_id in unreadable()[0]:
        return problem(part, f"connection '{conn_id}' cannot be read: {_FOREIGN}", FOREIGN_KEY)
    said, _, fix = str(error).partition(". ")
    return replace(problem(part, said.rstrip("."), fix or "Look at `airflow connections list`."), ends=error.exit_code)


def _with_ignored(part: str, said: str, connection: OrgConnection) -> Line:
    if not connection.ignored:
        return ok(part, said)
    fix = "Remove them, or name the flow that is meant by the extra 'login_flow'."
    return note(part, f"{said}; not read by that flow: {', '.join(connection.ignored)}", fix)


def _of_refresh_token(connection: OrgConnection) -> Iterator[Line]:
    part, which = "connection.refresh_token", connection.renewal or connection.withheld_renewal or connection
    if which.withheld is not None:
        fix = "Give tasks a flow of their own, such as JWT bearer, or say by [sf_health] installation and store that it is ours."
        yield note(part, f"not spent, since {which.withheld}", fix)
    elif which.rotates or which.may_rotate:
        chosen = settings()
        yield ok(part, f"is spent by installation '{chosen.installation}', and its next one is kept in the store")


def _second_user(connection: OrgConnection) -> Line:
    part = "connection.second_user"
    if connection.diagnostic_problem is not None and connection.diagnostic_conn_id in unreadable()[0]:
        return problem(part, f"connection '{connection.diagnostic_conn_id}' cannot be read: {_FOREIGN}", FOREIGN_KEY)
    if connection.diagnostic_problem is not None:
        return problem(
            part, connection.diagnostic_problem, "Correct the connection that the extra 'diagnostic_conn_id' names."
        )
    if connection.diagnostic is None:
        fix = "Name a second user by the extra 'diagnostic_conn_id': it tells why Salesforce refused the first one."
        return note(part, "none is named, so that a refused login may have several causes", fix)
    second = connection.diagnostic
    return ok(part, f"connection '{second.conn_id}', by {second.flow.label}, is asked after a failure")
