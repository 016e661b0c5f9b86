"""One connection: what Airflow gives, what an examination says of it now, and what its user may not be asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.doctor_lines import Line, note, ok, problem
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.text import headline
from airflow_sf_health.report import Level, Report, Verdict
from airflow_sf_health.settings import settings

if TYPE_CHECKING:
    from airflow_sf_health.report import Finding

_PERMISSIONS = {
    "user.frozen": ("Manage Users (ManageUsers)", "Diagnostics"),
    "user.license": ("View Setup and Configuration (ViewSetup)", "Integration_User"),
    "user.changed": ("View Setup and Configuration (ViewSetup)", "Integration_User"),
    "quota.bulk": ("View Setup and Configuration (ViewSetup)", "Integration_User"),
    "records.owners": ("View All Users (ViewAllUsers)", "Diagnostics"),
}
"""What a check needs beside API Enabled, and the permission set of ours that gives it; the page on permissions says the same."""


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
            said, _, fix = str(error).partition(". ")
            ask = "Look at `airflow connections list`."
            yield replace(problem(part, said.rstrip("."), fix or ask), ends=error.exit_code)
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
        look = Preflight.of(self.conn_id, None, None, None, by="sf-health doctor", afresh=True)
        self.report = report = look.look_twice()
        yield _verdict(report)
        yield from _coverage(report)


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
    if connection.diagnostic_problem is not None:
        return problem(
            part, connection.diagnostic_problem, "Correct the connection that the extra 'diagnostic_conn_id' names."
        )
    if connection.diagnostic is None:
        fix = "Name a second user by the extra 'diagnostic_conn_id': it tells why Salesforce refused the first one."
        return note(part, "none is named, so that a refused login may have several causes", fix)
    second = connection.diagnostic
    return ok(part, f"connection '{second.conn_id}', by {second.flow.label}, is asked after a failure")


def _verdict(report: Report) -> Line:
    part, main = "connection.examined", report.main
    said = headline(report).rstrip(".") + (f"; asked {coverage(report)}" if main is None else "")
    fix = f"`sf-health check {report.conn_id}` tells what to do."
    if report.verdict is Verdict.HEALTHY:
        return ok(part, said)
    if report.verdict is Verdict.DEGRADED:
        return note(part, said, fix)
    ends = ExitCode.NOT_ASKED if report.verdict is Verdict.UNDETERMINED else None
    return replace(problem(part, said, fix), ends=ends)


def _coverage(report: Report) -> Iterator[Line]:
    """A line for each check that nobody could answer, with the permission that it needs where it is known to be one."""
    part, (asked, applying) = "connection.coverage", report.asked
    left = [each for each in report.findings if each.level is Level.UNKNOWN]
    if not left:
        yield ok(part, f"{asked} of {applying} checks were asked")
    for finding in left:
        yield note(part, f"{finding.check}: {finding.summary.rstrip('.')}", _give(finding))


def _give(finding: Finding) -> str:
    permission, file = _PERMISSIONS.get(finding.check, ("", ""))
    if not permission:
        return f"{settings().docs_url}/checks/{finding.check.replace('.', '/')} tells what it needs."
    return f"Give the integration user {permission}, by the permission set Airflow_SF_Health_{file}: {settings().docs_url}/permissions."
