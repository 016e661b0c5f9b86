"""What a task wants examined, as one value, and the examination of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from airflow_sf_health import compat
from airflow_sf_health.edges.afresh import afresh_try, asker, max_age_of_run
from airflow_sf_health.edges.locked import required_and_locked
from airflow_sf_health.edges.rendered import rendered, rendered_list
from airflow_sf_health.edges.selection import selection
from airflow_sf_health.edges.site import site
from airflow_sf_health.errors import ConfigurationError, OrgConnectionError
from airflow_sf_health.options import Options
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema import lock as locks
from airflow_sf_health.schema.lock import Lock

if TYPE_CHECKING:
    from os import PathLike

    from airflow_sf_health.edges.connections import LookupFailed
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.report import Report
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store

RequirementsArgument: TypeAlias = "Requirements | Mapping[str, Any] | str | PathLike[str] | None"
SchemaLockArgument: TypeAlias = "Lock | Mapping[str, Any] | str | PathLike[str] | None"
OptionsArgument = Options | Mapping[str, Any] | None
ChecksArgument = Sequence[str] | None
WaitFor = Literal["time", "anything"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What is to be examined for a task. Built by :meth:`of`, which fills the options from the site's settings.

    ``by`` says who asks, to other tasks and in the history: ``dag.task``. ``cleared`` is the name of a task's try, where what
    was remembered before it does not count.
    ``afresh``: nothing that is remembered counts, at none of its looks; so it is where a task or a run says ``max_age`` 0, and not where the site
    does, whose ``max_age`` is about schemas.
    """

    conn_id: str
    requirements: Requirements
    options: Options
    checks: tuple[str, ...] | None
    lock: Lock | None = None
    by: str = field(default="", compare=False)
    cleared: str = field(default="", compare=False)
    afresh: bool = field(default=False, compare=False)

    @classmethod
    def of(
        cls,
        conn_id: str,
        requirements: RequirementsArgument,
        checks: ChecksArgument,
        options: OptionsArgument,
        *,
        schema_lock: SchemaLockArgument = None,
        beside: Path | None = None,
        by: str = "",
        afresh: bool = False,
    ) -> Preflight:
        """Read the arguments as they are once their templates are rendered, and the files that they name.

        :param beside: the folder in which a relative path is looked up before the working directory: that of the DAG file.
        :param by: who asks, where it is no task.
        :param afresh: nothing that is remembered counts; what is found is remembered all the same.
        :raises ConfigurationError: an argument, a file, a parameter of the run or a site setting that cannot be meant; names it.
        """
        chosen, context = site(), compat.running_context() or {}
        required, lock = required_and_locked(conn_id, requirements, schema_lock, beside)
        own, of_run = Options.of(rendered(options, Options)), max_age_of_run(context)
        own = own if of_run is None else replace(own, max_age=of_run)
        return cls(
            conn_id=conn_id,
            requirements=required,
            options=own.filled(chosen.options),
            checks=selection(rendered_list(checks)),
            lock=lock,
            by=by or asker(context),
            cleared=afresh_try(context),
            afresh=afresh or own.max_age == 0,
        )

    @classmethod
    def of_task(cls, task: Any) -> Preflight:
        """Read the arguments of an operator or sensor of ours that runs; relative paths begin beside its DAG file.

        :raises ConfigurationError: as :meth:`of`.
        """
        return cls.of(
            task.salesforce_conn_id,
            task.requirements,
            task.checks,
            task.options,
            schema_lock=task.schema_lock,
            beside=folder_of(task.get_dag()),
        )

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], defaults: Options | None = None) -> Preflight:
        """Read what :meth:`as_dict` wrote. Asks no settings and reads no file, which was done by then.

        :param defaults: the site's options, for those that there were none of in the version that wrote it.
        """
        return cls(
            conn_id=plain["conn_id"],
            requirements=Requirements.of(plain["requirements"]),
            options=Options.of(plain["options"]).filled(defaults),
            checks=None if plain["checks"] is None else tuple(plain["checks"]),
            lock=locks.loads(plain["lock"]) if plain.get("lock") else None,
            by=str(plain.get("by", "")),
            afresh=bool(plain.get("afresh", plain["options"].get("max_age") == 0)),
        )

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON values, for a trigger; it holds no secret."""
        return {
            "conn_id": self.conn_id,
            "requirements": self.requirements.as_dict(),
            "options": self.options.as_dict(),
            "checks": None if self.checks is None else list(self.checks),
            "lock": None if self.lock is None else locks.dumps(self.lock),
            "by": self.by,
            "afresh": self.afresh,
        }

    def look(self, session_id: str | None = None, *, twice: bool = False) -> Report:
        """Examine, or take what another task has just found, and count it in Airflow's metrics; whatever goes wrong on the way is a
        report too.

        :param twice: as :meth:`look_at` has it.
        """
        return self.look_on(self.connected(session_id), twice=twice)

    def connected(self, session_id: str | None = None) -> tuple[OrgConnection, Store | None] | Report:
        """The connection and the site's memory, or the report where there is none to examine: all of a look that asks Airflow anything."""
        from airflow_sf_health.edges.connections import LookupFailed, resolve
        from airflow_sf_health.edges.memory import memory

        chosen = site()
        try:
            return resolve(self.conn_id, session_id, chosen=chosen), memory(chosen)
        except (LookupFailed, OrgConnectionError) as error:
            return report_unresolved(self.conn_id, error)

    def look_on(self, found: tuple[OrgConnection, Store | None] | Report, *, twice: bool = False) -> Report:
        """The rest of a look, after :meth:`connected`."""
        from airflow_sf_health.edges.metrics import count
        from airflow_sf_health.report import Report

        report = found if isinstance(found, Report) else self.look_at(*found, site(), twice=twice)
        count(report)
        return report

    def look_twice(self) -> Report:
        """The same, with a second look where the first one is a failure that is not certain: twice the same is worth failing for."""
        return self.look(twice=True)

    def look_at(
        self,
        connection: OrgConnection,
        store: Store | None = None,
        chosen: Settings | None = None,
        *,
        twice: bool = False,
    ) -> Report:
        """Look at a connection that is resolved already; calls nothing of Airflow's, so any thread may do it.

        :param store: what schemas, logins and verdicts are remembered in; None remembers and shares nothing.
        :param chosen: the site's settings; None shares nothing.
        :param twice: whether a failure that is not certain is looked at once more.
        """
        from airflow_sf_health.edges.looking import looked_at

        return looked_at(self, connection, store, chosen, twice=twice)


def folder_of(dag: Any) -> Path | None:
    """The folder of the file of a DAG; None where there is no DAG."""
    place = getattr(dag, "fileloc", None)
    return Path(place).parent if place else None


def report_unresolved(conn_id: str, error: LookupFailed | OrgConnectionError) -> Report:
    """The report where there is no connection to examine: could not ask, there is none, or incomplete."""
    from airflow_sf_health.examination import report_absent, report_incomplete, report_unasked

    if isinstance(error, OrgConnectionError):
        return report_incomplete(conn_id, error)
    if error.absence is None:
        return report_unasked(conn_id, str(error), cause_id="connection_not_found")
    if error.is_absent:
        return report_absent(conn_id, error.absence.said)
    return report_unasked(conn_id, error.absence.said, cause_id="airflow_unavailable", certain=True)


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
