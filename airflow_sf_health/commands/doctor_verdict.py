"""What an examination says of a connection, in a line, and what its user could not be asked in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from textwrap import shorten

from airflow_sf_health.causes import cause
from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.doctor_lines import Line, note, ok, problem
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.links import fill, values
from airflow_sf_health.present.text import headline
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.settings import docs_url

_PERMISSIONS = {
    "user.frozen": ("Manage Users (ManageUsers)", "Diagnostics"),
    "user.license": ("View Setup and Configuration (ViewSetup)", "Integration_User"),
    "user.changed": ("View Setup and Configuration (ViewSetup)", "Integration_User"),
    "quota.bulk": ("View Setup and Configuration (ViewSetup)", "Integration_User"),
    "records.owners": ("View All Users (ViewAllUsers)", "Diagnostics"),
}
"""What a check needs beside API Enabled, and the permission set of ours that gives it; the page on permissions says the same."""
LONGEST = 200
"""Characters of what Salesforce said; of a query it repeats a good part."""
_WITHHELD = re.compile(
    r"\bINSUFFICIENT_\w+|\bINVALID_(?:FIELD|TYPE)\b|\bNOT_FOUND\b|\bFUNCTIONALITY_NOT_ENABLED\b|gave no row|does not see"
)
"""How Salesforce says that it withholds something from this user. Of what one may not see it says that there is no such thing."""


def verdict(report: Report) -> Line:
    """The headline, with the first thing to do."""
    part, main = "connection.examined", report.main
    said = headline(report).rstrip(".") + (f"; asked {coverage(report)}" if main is None else "")
    fix = f"{_first_step(report)}`sf-health check {report.conn_id}` tells all of it."
    if report.verdict is Verdict.HEALTHY:
        return ok(part, said)
    if report.verdict is Verdict.DEGRADED:
        return note(part, said, fix)
    if report.verdict is not Verdict.UNDETERMINED:
        return problem(part, said, fix)
    seen = f" ({main.saw})" if main is not None and main.saw else ""
    return replace(problem(part, f"{said}{seen}", fix), ends=ExitCode.NOT_ASKED)


def _first_step(report: Report) -> str:
    known = cause(report.main.cause) if report.main is not None and report.main.cause else None
    if known is None or not known.steps:
        return ""
    step = known.steps[0]
    return f"{step.role}: {fill(step.text, values(report))} "


def not_asked(report: Report) -> Iterator[Line]:
    """A line for each check that nobody could answer, with the permission that it needs where Salesforce withheld the answer; one for
    all that a common reason kept from being asked.
    """
    part, (asked, applying) = "connection.coverage", report.asked
    left = [each for each in report.findings if each.level is Level.UNKNOWN]
    if not left:
        yield ok(part, f"{asked} of {applying} checks were asked")
    common = report.main.saw.partition(" · ")[0] if report.main is not None else ""
    others: dict[str, list[Finding]] = {}
    for finding in left:
        if _WITHHELD.search(f"{finding.summary} {finding.saw}"):
            # No colon behind "user.password", or what follows is taken for one.
            why = shorten(finding.summary.rstrip("."), LONGEST, placeholder=" …")
            yield note(part, f"{finding.check} is not known, as {why}", _give(finding))
        else:
            others.setdefault(_reason(finding, common), []).append(finding)
    for reason, findings in others.items():
        names = ", ".join(each.check for each in findings)
        are = "is" if len(findings) == 1 else "are"
        yield note(part, f"{names} {are} not known: {reason}", _ask_again(report, findings))


def _reason(finding: Finding, common: str) -> str:
    """Without what was asked for, which differs where the reason does not."""
    if common and finding.summary.rstrip(".").endswith(common):
        return common
    return finding.summary.rpartition("could not be asked: ")[2].rstrip(".")


def _ask_again(report: Report, findings: list[Finding]) -> str:
    if report.main is not None:
        return "See the line connection.examined: once that is mended, they are asked again."
    return _about(findings[0])


def _give(finding: Finding) -> str:
    permission, file = _PERMISSIONS.get(finding.check, ("", ""))
    if not permission:
        return _about(finding)
    return (
        f"Salesforce says so of what a user may not see. Give the integration user {permission}, by the permission set "
        f"Airflow_SF_Health_{file}: {docs_url()}/permissions."
    )


def _about(finding: Finding) -> str:
    return f"{docs_url()}/checks/{finding.check.replace('.', '/')} tells what it needs."
