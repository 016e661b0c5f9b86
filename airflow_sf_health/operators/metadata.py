"""Accept an org's schema as it is now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_sf_health.compat import BaseOperator
from airflow_sf_health.edges.literals import held_lock, refuse_wrong_literals
from airflow_sf_health.edges.preflight import (
    OptionsArgument,
    Preflight,
    RequirementsArgument,
    SchemaLockArgument,
    folder_of,
)
from airflow_sf_health.edges.rendered import rendered_list
from airflow_sf_health.errors import RequirementsError, SettingsError
from airflow_sf_health.exceptions import SalesforceMetadataNotRefreshed

if TYPE_CHECKING:
    from airflow_sf_health.compat import Context
    from airflow_sf_health.edges.caches import ResetCache
    from airflow_sf_health.metadata_refresh import Refreshed
    from airflow_sf_health.options import OnUndetermined, Options
    from airflow_sf_health.requirements import ObjectUse, Requirements

__all__ = ["SalesforceRefreshMetadataOperator"]

NO_STORE = (
    "Airflow's option [sf_health] store is 'none', so there is nothing to refresh. Set it to empty (a file of this host) or to a "
    "database; a lock file is updated with: sf-health metadata lock CONN --requirements FILE --update"
)
NOTHING_NAMED = (
    "Name what is to be described: objects=['Account'], or requirements (or a schema_lock) that name objects."
)


class SalesforceRefreshMetadataOperator(BaseOperator):
    """Describe objects afresh and remember them as what later examinations compare with: after a deliberate change of the schema,
    when the mapping was updated for it.

    What changed since the former baseline stands in the task's log and in XCom (``return_value``). Caches elsewhere are reset by
    the site's entry points (:mod:`airflow_sf_health.edges.caches`); one that fails is a warning. The task fails where an object could
    not be described, or nothing could be remembered.

    :param salesforce_conn_id: a connection of type ``salesforce`` or ``sf_health``.
    :param objects: API names of objects.
    :param requirements: as of :class:`~airflow_sf_health.operators.salesforce.SalesforcePreflightOperator`; its objects are described,
        and what their changes mean for the task is told.
    :param options: choices of the examination: an ``Options`` or a dict of its fields.
    :param schema_lock: a lock file, whose objects are described where neither of the others names any.
    """

    template_fields: Sequence[str] = ("salesforce_conn_id", "objects", "requirements", "options", "schema_lock")
    ui_color = "#d6eaf8"

    def __init__(
        self,
        *,
        salesforce_conn_id: str = "salesforce_default",
        objects: Sequence[str] | str | None = None,
        requirements: RequirementsArgument = None,
        options: OptionsArgument = None,
        schema_lock: SchemaLockArgument = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        refuse_wrong_literals(requirements, None, options)
        if not any((objects, requirements, schema_lock)):
            raise RequirementsError(NOTHING_NAMED)
        self.salesforce_conn_id = salesforce_conn_id
        self.objects = objects
        self.requirements = requirements
        self.options = options
        self.schema_lock = held_lock(schema_lock)

    def execute(self, context: Context) -> dict[str, Any]:
        """Give what changed, as :meth:`airflow_sf_health.metadata_refresh.Refreshed.as_dict` writes it, with the caches that were reset."""
        from airflow_sf_health.edges.caches import reset_caches
        from airflow_sf_health.edges.outcome import failing_at_once, push

        with failing_at_once():
            preflight = self._preflight()
            found = self._refreshed(preflight)
        if found.refusal:
            self._fail_unasked(found, preflight.options, context)
        caches = reset_caches(found)
        self._tell(found, caches)
        result = {**found.as_dict(), "caches": [{"name": each.name, "problem": each.problem} for each in caches]}
        if missing := _missing(found):
            push(result, context, self.log)
            raise SalesforceMetadataNotRefreshed(f"Salesforce connection '{found.conn_id}': {missing}")
        return result

    def _preflight(self) -> Preflight:
        return Preflight.of(
            self.salesforce_conn_id,
            self.requirements,
            None,
            self.options,
            schema_lock=self.schema_lock,
            beside=folder_of(self.get_dag()),
        )

    def _refreshed(self, preflight: Preflight) -> Refreshed:
        from airflow_sf_health.edges.connections import resolve
        from airflow_sf_health.edges.looking import shared_by
        from airflow_sf_health.edges.memory import memory
        from airflow_sf_health.edges.passes import forget_passes_of
        from airflow_sf_health.edges.site import site
        from airflow_sf_health.metadata_refresh import refresh

        chosen = site()
        kept_in = memory(chosen)
        if kept_in is None:
            raise SettingsError(NO_STORE)
        connection, uses = resolve(self.salesforce_conn_id), _uses(preflight.requirements, self.objects)
        shared = shared_by(preflight, chosen, kept_in)
        found = refresh(connection, uses, kept_in, preflight.options, sharing=shared)
        if found.kept:
            forget_passes_of(connection, kept_in, chosen)
        return found

    def _fail_unasked(self, found: Refreshed, options: Options, context: Context) -> None:
        """Fail with the advice of an examination; whatever on_undetermined says, there is nothing to go on with."""
        from airflow_sf_health.edges.outcome import conclude

        conclude(found.report, replace(options, on_undetermined=_harder(options)), context, self.log)
        raise SalesforceMetadataNotRefreshed(f"Salesforce connection '{found.conn_id}': {found.refusal}")

    def _tell(self, found: Refreshed, caches: Sequence[ResetCache]) -> None:
        for line in _lines(found):
            self.log.info("%s", line)
        for each in caches:
            if each.problem:
                self.log.warning("The cache '%s' was not reset: %s. The refresh stands.", each.name, each.problem)
            else:
                self.log.info("The cache '%s' was reset.", each.name)


def _uses(requirements: Requirements, objects: Any) -> list[ObjectUse | str]:
    """The objects that the requirements use, then the others that are named."""
    from airflow_sf_health.schema.uses import uses as uses_of

    listed = rendered_list(objects) or []
    names = listed.split(",") if isinstance(listed, str) else listed
    if not all(isinstance(each, str) for each in names):
        raise RequirementsError(f"'objects' must be a list of API names, and is {objects!r}.")
    uses: list[ObjectUse | str] = list(uses_of(requirements))
    known = {each.name.casefold() for each in uses_of(requirements)}
    uses += [name for each in dict.fromkeys(names) if (name := each.strip()) and name.casefold() not in known]
    if not uses:
        raise RequirementsError(NOTHING_NAMED)
    return uses


def _lines(found: Refreshed) -> Iterator[str]:
    """What is told of a refresh: of each object what changed, and what that means for the task."""
    for each in found.objects:
        if each.shape is None:
            continue
        if each.before is None:
            yield f"{each.name}: described for the first time ({len(each.shape.fields)} fields)."
            continue
        since = f"since {each.before.format('YYYY-MM-DD HH:mm')} UTC"
        yield f"{each.name}: {'changed' if each.changes else 'nothing has changed'} {since}{':' if each.changes else '.'}"
        for change in each.changes:
            advice = f" {change.advice}" if change.advice else ""
            yield f"  {'! ' if change.breaking else '- '}{change.said}.{advice}"
    if found.kept:
        yield f"Accepted and remembered ({found.reach}): {', '.join(found.kept)}."


def _missing(found: Refreshed) -> str:
    """What the refresh did not come to, in one sentence; empty where all is well."""
    refused = [f"{each.name} could not be described ({each.refusal})" for each in found.objects if each.shape is None]
    if found.problem:
        refused.append(f"nothing was remembered: {found.problem.rstrip('.')}")
    return f"{'; '.join(refused)}." if refused else ""


def _harder(options: Options) -> OnUndetermined | None:
    return "retry" if options.on_undetermined == "proceed" else options.on_undetermined
