"""The stock bulk operator with an examination before it, a client that renews a dead session, and a verdict on its rows.

In a module of its own, since the stock operator brings in simple-salesforce, which takes half a second to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator as StockBulkOperator

from airflow_sf_health import compat
from airflow_sf_health.bulk import check_bulk_results
from airflow_sf_health.edges.links import ArticleLink, SetupPageLink
from airflow_sf_health.edges.literals import refuse_wrong_literals
from airflow_sf_health.edges.preflight import (
    ChecksArgument,
    OptionsArgument,
    Preflight,
    RequirementsArgument,
    folder_of,
)
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook

if TYPE_CHECKING:
    from airflow_sf_health.compat import Context

__all__ = ["ArticleLink", "SalesforceBulkOperator", "SetupPageLink"]


class SalesforceBulkOperator(StockBulkOperator):
    """Load rows by Bulk API 1.0, as the stock operator does, and fail where the connection will not work or rows are refused.

    It takes what the stock operator takes, gives what it gives, and before it sends anything it examines the connection inside
    its own task. Examination and load take the login that other tasks made, or make one for all. When its session ends on the way,
    it is replaced once. It fails at once, whatever retries are left, where a retry could not help or would write rows twice.

    :param requirements: what the load needs of the org, as
        :class:`~airflow_sf_health.operators.salesforce.SalesforcePreflightOperator` takes it.
    :param checks: ids and families of checks to run. Default: all.
    :param options: choices of the examination.
    :param max_failed: refused rows up to which the task succeeds, as :func:`~airflow_sf_health.bulk.check_bulk_results` takes it.
    :param failed_rows_to: the folder that gets a file of the refused rows, as the same function takes it.
    """

    template_fields: Sequence[str] = (
        *StockBulkOperator.template_fields,
        "requirements",
        "checks",
        "options",
        "failed_rows_to",
    )
    operator_extra_links = (ArticleLink(), SetupPageLink())
    ui_color = "#d6eaf8"

    def __init__(
        self,
        *,
        requirements: RequirementsArgument = None,
        checks: ChecksArgument = None,
        options: OptionsArgument = None,
        max_failed: int | str = 0,
        failed_rows_to: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        refuse_wrong_literals(requirements, checks, options)
        check_bulk_results(max_failed, failed_rows_to)
        self.requirements = requirements
        self.checks = checks
        self.options = options
        self.max_failed = max_failed
        self.failed_rows_to = failed_rows_to

    def execute(self, context: Context) -> list[dict[str, Any]] | None:
        """Give the results of the rows as the stock operator does.

        :raises VerdictError: the connection will not work for this load; nothing was sent.
        :raises BulkLoadError: too many rows were refused, or the load broke off.
        """
        from airflow_sf_health.bulk._load import Load
        from airflow_sf_health.bulk._verdict import broken_off, judge
        from airflow_sf_health.edges.outcome import conclude, failing_at_once

        with failing_at_once():
            beside = folder_of(self.get_dag())
            preflight = Preflight.of(
                self.salesforce_conn_id, self.requirements, self.checks, self.options, beside=beside
            )
            check = check_bulk_results(self.max_failed, self.failed_rows_to)
            report = preflight.look_twice()
            conclude(report, preflight.options, context, self.log)
        jobs: list[str] = []
        try:
            results = self._load(jobs)
        except (Exception, compat.AirflowTaskTimeout) as error:  # the time limit is no Exception
            broken_off(Load.of(context, jobs), error, context, report)
            raise
        judge(Load.of(context, jobs), results, check, context, report)
        return results if self.do_xcom_push and results else None

    def _load(self, jobs: list[str]) -> list[dict[str, Any]]:
        """Send the rows by the guarded client; notes the ids of the jobs that Salesforce opened for them."""
        client = SalesforceHealthHook(self.salesforce_conn_id).get_conn()
        client.session.hooks["response"].append(lambda response, **_: _note_job(response, jobs))
        bulk: Any = client.bulk
        results = self._run_operation(bulk, self.payload)
        if getattr(self, "max_retries", 0) > 0:
            results = self._retry_transient_failures(bulk, self.payload, results)
        return results

    def _run_operation(self, bulk: Any, payload: list[Any]) -> list[dict[str, Any]]:
        """As the stock operator, whose older versions have no such part."""
        arguments: dict[str, Any] = {"batch_size": self.batch_size, "use_serial": self.use_serial}
        if self.operation == "upsert":
            arguments["external_id_field"] = self.external_id_field
        act = getattr(getattr(bulk, self.object_name), self.operation)
        return list(act(data=payload, **arguments))


def _note_job(response: Any, jobs: list[str]) -> None:
    """Salesforce answers 201 to a new job."""
    path = response.request.path_url
    if response.status_code == 201 and path.startswith("/services/async/") and path.endswith("/job"):
        jobs.append(str(response.json().get("id")))
