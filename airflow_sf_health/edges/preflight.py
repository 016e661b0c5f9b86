"""What a task wants examined, as one value, and the examination of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Literal

from airflow_sf_health.edges.rendered import rendered, rendered_list
from airflow_sf_health.edges.site import site
from airflow_sf_health.errors import ConfigurationError, OrgConnectionError
from airflow_sf_health.options import Options
from airflow_sf_health.requirements import Requirements

if TYPE_CHECKING:
    from airflow_sf_health.edges.connections import LookupFailed
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.report import Report

RequirementsArgument = Requirements | Mapping[str, Any] | None
OptionsArgument = Options | Mapping[str, Any] | None
ChecksArgument = Sequence[str] | None
WaitFor = Literal["time", "anything"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What is to be examined for a task. Built by :meth:`of`, which fills the options from the site's settings."""

    conn_id: str
    requirements: Requirements
    options: Options
    checks: tuple[str, ...] | None

    @classmethod
    def of(
        cls, conn_id: str, requirements: RequirementsArgument, checks: ChecksArgument, options: OptionsArgument
    ) -> Preflight:
        """Read the arguments as they are once their templates are rendered.

        :raises ConfigurationError: an argument or a site setting that cannot be meant; names it.
        """
        chosen = site()
        return cls(
            conn_id=conn_id,
            requirements=Requirements.of(rendered(requirements, Requirements)),
            options=Options.of(rendered(options, Options)).filled(chosen.options),
            checks=_selection(rendered_list(checks)),
        )

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Preflight:
        """Read what :meth:`as_dict` wrote. Asks no settings, which were filled in by then."""
        return cls(
            conn_id=plain["conn_id"],
            requirements=Requirements.of(plain["requirements"]),
            options=Options.of(plain["options"]),
            checks=None if plain["checks"] is None else tuple(plain["checks"]),
        )

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON values, for a trigger; it holds no secret."""
        return {
            "conn_id": self.conn_id,
            "requirements": self.requirements.as_dict(),
            "options": self.options.as_dict(),
            "checks": None if self.checks is None else list(self.checks),
        }

    def look(self, session_id: str | None = None) -> Report:
        """Examine once, and count it in Airflow's metrics; whatever goes wrong on the way is a report too."""
        from airflow_sf_health.edges.connections import LookupFailed, resolve
        from airflow_sf_health.edges.metrics import count

        try:
            connection = resolve(self.conn_id, session_id)
        except (LookupFailed, OrgConnectionError) as error:
            report = report_unresolved(self.conn_id, error)
        else:
            report = self.look_at(connection)
        count(report)
        return report

    def look_at(self, connection: OrgConnection) -> Report:
        """Examine a connection that is resolved already; talks to Salesforce only, so any thread may do it."""
        from airflow_sf_health.examination import examine

        return examine(connection, self.requirements, self.options, self.checks)

    def look_twice(self) -> Report:
        """Examine, and once more where the first look is a failure that is not certain: twice the same is worth failing for."""
        report = self.look()
        return self.look() if _deserves_a_second_look(report) else report


def report_unresolved(conn_id: str, error: LookupFailed | OrgConnectionError) -> Report:
    """The report where there is no connection to examine: could not ask, or incomplete."""
    from airflow_sf_health.examination import report_incomplete, report_unasked

    if isinstance(error, OrgConnectionError):
        return report_incomplete(conn_id, error)
    return report_unasked(conn_id, str(error), cause_id="connection_not_found")


def report_own_failure(conn_id: str, error: Exception) -> Report:
    """The report where not Salesforce but something on this side failed: nothing is known of the org, and nothing is
    said of it. Without a cause, since the causes are those of a connection.
    """
    from pendulum import now

    from airflow_sf_health.report import Finding, Level, Report

    summary = " ".join(str(error).split()) if isinstance(error, ConfigurationError) else _own_words(error)
    finding = Finding(check="session.login", level=Level.UNKNOWN, summary=summary, saw=summary, essential=True)
    return Report(conn_id=conn_id, examined_at=now("UTC"), findings=(finding,))


def _own_words(error: Exception) -> str:
    """Kind and place, and not the error's text: nobody knows what a text that should not be holds."""
    place = extract_tb(error.__traceback__)[-1]
    where = f"{PurePath(place.filename).name}, line {place.lineno}"
    return f"airflow-sf-health itself failed here, not Salesforce: {type(error).__name__} in {where}"


def refuse_wrong_literals(requirements: RequirementsArgument, checks: ChecksArgument, options: OptionsArgument) -> None:
    """Say while the DAG file is read what is wrong already. What holds a template waits until it is rendered; what is no
    literal (the output of another task) waits too.

    :raises ConfigurationError: as :meth:`Preflight.of`.
    """
    if isinstance(requirements, Requirements | Mapping):
        Requirements.of(_without_templates(requirements))
    if isinstance(options, Options | Mapping):
        Options.of(_without_templates(options))
    if isinstance(checks, str) and not _is_template(checks):
        _selection(checks)
    if isinstance(checks, list | tuple):
        _selection([each for each in checks if isinstance(each, str) and not _is_template(each)])


def _selection(checks: ChecksArgument) -> tuple[str, ...] | None:
    """None and an empty list both mean all; a mistake is found here and not after the login."""
    if not checks:
        return None
    from airflow_sf_health.checks import refuse_unknown

    refuse_unknown(checks)
    return tuple(checks)


def _without_templates(value: Any) -> Any:
    """Templates become None, which asks nothing, so that the names beside them are still looked at."""
    if not isinstance(value, Mapping):
        return value
    return {name: None if _is_template(each) or _is_late(each) else each for name, each in value.items()}


def _is_template(value: object) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _is_late(value: object) -> bool:
    """Whether Airflow puts the value in when the task runs: the output of another task, inside a dict."""
    return hasattr(value, "resolve")


def _deserves_a_second_look(report: Report) -> bool:
    """Not where a login was refused, which another look would only make again."""
    from airflow_sf_health.edges.outcome import LOGIN_CHECKS
    from airflow_sf_health.report import Verdict

    main = report.main
    return (
        report.verdict is Verdict.UNHEALTHY
        and not report.no_retry_heals
        and main is not None
        and not main.certain
        and main.check not in LOGIN_CHECKS
    )
