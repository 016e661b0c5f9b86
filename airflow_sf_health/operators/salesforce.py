"""Examine a Salesforce connection as a task of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_sf_health.compat import BaseOperator
from airflow_sf_health.edges.links import ArticleLink, SetupPageLink
from airflow_sf_health.edges.literals import held_lock, refuse_wrong_literals
from airflow_sf_health.edges.preflight import (
    ChecksArgument,
    OptionsArgument,
    Preflight,
    RequirementsArgument,
    SchemaLockArgument,
)

if TYPE_CHECKING:
    from airflow_sf_health.compat import Context

__all__ = ["ArticleLink", "SalesforcePreflightOperator", "SetupPageLink"]


class SalesforcePreflightOperator(BaseOperator):
    """Prove that a Salesforce connection will work for the tasks behind this one, or say why not and what to do.

    What no retry can heal fails the task at once, without spending its retries; what time may heal is retried as the task
    says; :class:`~airflow_sf_health.options.Options` decides about what could not be asked. The advice stands in the task's
    log, the report in XCom (``return_value``) whether the task succeeds or fails.

    :param salesforce_conn_id: a connection of type ``salesforce`` or ``sf_health``.
    :param requirements: what the tasks behind it need of the org: a :class:`~airflow_sf_health.requirements.Requirements`, a dict
        of its fields, whose texts may be templates at any depth, or a file of them in JSON or YAML: its path (a relative one is
        looked up beside the DAG file, then in the working directory) or its text.
    :param checks: ids and families to run, with ``-`` before one to leave out: ``["user", "-user.license"]``. Default: all.
    :param options: choices of the examination: an ``Options`` or a dict of its fields.
    :param schema_lock: the lock file that the tasks' mapping was made for: its path, text or dict. What it holds is compared with
        the org, without any store; where the requirements name no objects, its objects are the ones required.
    """

    template_fields: Sequence[str] = ("salesforce_conn_id", "requirements", "checks", "options", "schema_lock")
    operator_extra_links = (ArticleLink(), SetupPageLink())
    ui_color = "#d6eaf8"

    def __init__(
        self,
        *,
        salesforce_conn_id: str = "salesforce_default",
        requirements: RequirementsArgument = None,
        checks: ChecksArgument = None,
        options: OptionsArgument = None,
        schema_lock: SchemaLockArgument = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        refuse_wrong_literals(requirements, checks, options)
        self.salesforce_conn_id = salesforce_conn_id
        self.requirements = requirements
        self.checks = checks
        self.options = options
        self.schema_lock = held_lock(schema_lock)

    def execute(self, context: Context) -> dict[str, Any]:
        """Give the report as :func:`airflow_sf_health.present.payload.dump` writes it."""
        from airflow_sf_health.edges.outcome import conclude, failing_at_once

        with failing_at_once():
            preflight = Preflight.of_task(self)
            return conclude(preflight.look_twice(), preflight.options, context, self.log)
