"""An examination inside the task that it guards, before the task does anything."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_sf_health import compat
from airflow_sf_health.edges.literals import held_lock, refuse_wrong_literals
from airflow_sf_health.edges.preflight import (
    ChecksArgument,
    OptionsArgument,
    Preflight,
    RequirementsArgument,
    SchemaLockArgument,
    folder_of,
)
from airflow_sf_health.errors import ConfigurationError, OptionsError
from airflow_sf_health.guards._time_limit import OutOfTime, limited
from airflow_sf_health.inference import Mark, Uses, is_late, late_connections, names, uses_of
from airflow_sf_health.plain import TEMPLATE_MARKS

if TYPE_CHECKING:
    from airflow_sf_health.compat import Context
    from airflow_sf_health.edges.outcome import Log
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.report import Report
    from airflow_sf_health.requirements import Requirements
    from airflow_sf_health.store import Store

LOG = logging.getLogger(__name__)
LOOKS = 2
"""An examination that is not certain is made twice."""
XCOM_KEY = "sf_health"
"""Where a task that its hook fails leaves the report: ``return_value`` is the result of the task's own work."""
BESIDE = 30.0
"""Seconds for what lies around the examinations: Airflow's connection, and the store."""
NOTHING_FOUND = (
    "The cluster policy of airflow-sf-health has examined nothing: no argument of task '%s' names its connection to Salesforce. "
    "Give the task pre_execute=preflight_hook() with the connection's id."
)


@dataclass(frozen=True, slots=True)
class PreflightHook(Mark):
    """What :func:`preflight_hook` gives. It can be copied and pickled; two that ask for the same are equal.

    :param then: the ``pre_execute`` that the task had before, which runs when the connection is healthy, and on each resume.
    :param also: connections beside the first or the task's own, of which nothing is known but that the task uses them.
    :param known: connections of the task's own that the DAG file names, for a task that shows none when it runs: each instance of a
        mapped operator may keep its connection under a name of its own.
    :param injected: whether a cluster policy has put it there, and no author.
    """

    conn_id: str | None = None
    requirements: RequirementsArgument = None
    checks: ChecksArgument = None
    options: OptionsArgument = None
    schema_lock: SchemaLockArgument = None
    # Not shown: where a function lies in memory would make each serialized DAG another one.
    then: Callable[[Any], Any] | None = field(default=None, repr=False)
    also: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    injected: bool = False

    @property
    def __sf_health_preflight__(self) -> PreflightHook:
        """The mark by which a guarded task is known."""
        return self

    def __call__(self, context: Context) -> None:
        """Examine, then do what the task's own ``pre_execute`` does.

        :raises VerdictError: as ``SalesforcePreflightOperator`` does; the task has done nothing then.
        """
        self.examine(context)
        if self.then is not None:
            compat.run_hook(self.then, context)

    def examine(self, context: Mapping[str, Any]) -> None:
        """The examination alone; none where the task goes on after it was deferred or rescheduled, since it had one then.

        :raises VerdictError: as above.
        """
        if not ("ti" in context and (compat.resumes(context) or compat.times_rescheduled(context))):
            self.look(context)

    def look(self, context: Mapping[str, Any]) -> None:
        """The same, whether the task begins or goes on."""
        from airflow_sf_health.edges.outcome import failing_at_once

        with failing_at_once(), compat.running_in(context):  # type: ignore[arg-type] # Airflow's is a dict of known keys
            task = context["task"]
            uses = uses_of(task, rendered=True) or Uses()
            first = self._conn_ids(uses, task, context)
            for conn_id in dict.fromkeys((*first, *self.also)):
                self._look(conn_id, inferred(conn_id, task, uses) if conn_id in first else None, context)

    def _conn_ids(self, uses: Uses, task: Any, context: Mapping[str, Any]) -> tuple[str, ...]:
        if self.conn_id is not None:
            return (_rendered(self.conn_id, context),)
        found = uses.conn_ids or self.known or _late(task, context)
        if not found and self.injected:  # nobody has asked for it there
            _log(task).warning(NOTHING_FOUND, getattr(task, "task_id", ""))
        elif not found:
            raise ConfigurationError(
                f"Task '{getattr(task, 'task_id', '')}' has no argument 'salesforce_conn_id' that names a connection. "
                "Give preflight_hook, or guard, the connection's id."
            )
        return found

    def _look(self, conn_id: str, found: Requirements | None, context: Mapping[str, Any]) -> None:
        from airflow_sf_health.edges.outcome import conclude

        task = context["task"]
        needs = found if self.requirements is None else _rendered(self.requirements, context)
        given = (_rendered(each, context) for each in (self.checks, self.options))
        lock = _rendered(self.schema_lock, context)
        dag = task.get_dag() if hasattr(task, "get_dag") else None
        preflight = Preflight.of(conn_id, needs, *given, schema_lock=lock, beside=folder_of(dag))
        if (report := _in_time(preflight, _log(task))) is not None:
            conclude(report, preflight.options, context, _log(task), key=XCOM_KEY)  # type: ignore[arg-type] # a stand-in where no task runs


def preflight_hook(
    conn_id: str | None = None,
    requirements: RequirementsArgument = None,
    *,
    checks: ChecksArgument = None,
    options: OptionsArgument = None,
    schema_lock: SchemaLockArgument = None,
) -> PreflightHook:
    """Give a function for ``pre_execute`` of a task, which fails where the connection will not work, before the task does anything::

        SalesforceBulkOperator(..., pre_execute=preflight_hook())

    It is not run again when the task resumes after it was deferred. It has a time limit of its own, since it lies outside
    ``execution_timeout``: twice ``[sf_health] examination_timeout`` and half a minute.

    :param conn_id: default: the task's own ``salesforce_conn_id``, as rendered.
    :param requirements: as ``SalesforcePreflightOperator`` takes them; default: what can be inferred from the task's rendered
        arguments.
    :param checks: ids and families of checks to run. Default: all.
    :param options: choices of the examination.
    :param schema_lock: as ``SalesforcePreflightOperator`` takes it.
    :raises ConfigurationError: an argument that cannot be meant, while the DAG file is read.
    """
    if conn_id is not None and not isinstance(conn_id, str):
        raise OptionsError(
            "preflight_hook has to be called: pre_execute=preflight_hook()."
            if isinstance(conn_id, Mapping)
            else f"'conn_id' must be the id of a connection, and is of type {type(conn_id).__name__}."
        )
    given = {"requirements": requirements, "checks": checks, "options": options, "schema_lock": schema_lock}
    if name := holding_output(given):
        raise OptionsError(
            f"preflight_hook: '{name}' holds the output of another task, which a hook does not wait for and is not given. Put a "
            "SalesforcePreflightOperator before the task, which takes it."
        )
    refuse_wrong_literals(requirements, checks, options)
    return PreflightHook(conn_id, requirements, checks, options, held_lock(schema_lock))


def holding_output(given: Mapping[str, object]) -> str:
    """The first argument in which the output of a task stands; empty where none does."""
    return next((name for name, value in given.items() if _holds_output(value)), "")


def _holds_output(value: object) -> bool:
    """Whether the output of a task stands there, at any depth."""
    if isinstance(value, Mapping):
        return any(map(_holds_output, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_holds_output, value))
    return not isinstance(value, str) and is_late(value)


def _in_time(preflight: Preflight, log: Log) -> Report | None:
    """None: the time is over, and the task shall go on all the same.

    :raises VerdictError: the time is over. Nothing more of Airflow's is called then: the call that hung may answer yet. It would be taken
        for the answer to the task's own next call, so the task does not go on either where that call is Airflow's.
    """
    from airflow_sf_health.edges.site import site
    from airflow_sf_health.exceptions import SalesforceUndetermined, SalesforceUndeterminedFinal

    seconds = LOOKS * site().examination_timeout + BESIDE
    found: tuple[OrgConnection, Store | None] | Report | None = None
    try:
        with limited(seconds):
            found = preflight.connected()
            return preflight.look_on(found, twice=True)
    except OutOfTime:
        pass
    on_undetermined = preflight.options.on_undetermined
    if found is None:
        said = f"Airflow did not give connection '{preflight.conn_id}', or that of the store, within {seconds:g} s."
    else:
        said = f"Connection '{preflight.conn_id}' could not be examined within {seconds:g} s."
        if on_undetermined == "proceed":
            log.warning("%s The task goes on all the same, as on_undetermined says.", said)
            return None
    kind = SalesforceUndeterminedFinal if on_undetermined == "fail" else SalesforceUndetermined
    raise kind(said)


def inferred(conn_id: str, task: Any, uses: Uses) -> Requirements | None:
    """What a task's arguments tell that it needs of this connection: nothing where they, or what a site has taught, name another one."""
    if uses.required_of is not None:
        return uses.requirements if conn_id == uses.required_of else None
    names_another = any(names(task, each) for each in uses.conn_ids if each != conn_id)
    return None if names_another and not uses.late and not names(task, conn_id) else uses.requirements


def _late(task: Any, context: Mapping[str, Any]) -> tuple[str, ...]:
    """The connections of a task whose class keeps the argument under another name, where only what the constructor was given is known."""
    found = (task.render_template(each, context) for each in late_connections(task))
    return tuple(each for each in found if isinstance(each, str) and each)


def _log(task: Any) -> Log:
    return getattr(task, "log", None) or LOG


def _rendered(value: Any, context: Mapping[str, Any]) -> Any:
    """An argument with its templates rendered as the task's own are."""
    kind: tuple[type, ...] = (str, list, tuple, dict)
    task = context["task"]
    if not isinstance(value, kind) or not any(each in repr(value) for each in TEMPLATE_MARKS):
        return value
    return task.render_template(value, context) if hasattr(task, "render_template") else value
