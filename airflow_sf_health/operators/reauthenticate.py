"""Log in to Salesforce anew as a task of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.operators.salesforce import ArticleLink, SalesforcePreflightOperator, SetupPageLink

if TYPE_CHECKING:
    from airflow_sf_health.compat import Context

__all__ = ["ArticleLink", "SalesforceReauthenticateOperator", "SetupPageLink"]


class SalesforceReauthenticateOperator(SalesforcePreflightOperator):
    """Ask Salesforce for a token now, whatever is remembered, share it with other tasks, and prove the connection with it.

    For whoever has mended a user, an app or a credential, and for the start of a night with many tasks on one connection. It is
    :class:`~airflow_sf_health.operators.salesforce.SalesforcePreflightOperator` in its parameters, links and outcome, but that neither a
    shared token nor a verdict or refused login that is remembered counts.

    The log says by which flow the login was made, and whether its token is another than the one shared before: Salesforce gives the
    same one again while its session is alive. XCom (``return_value``) is the report, with ``reauthenticated`` beside it; no token is in
    either. It may run as often as one likes: nobody's session is ended, and no token revoked. A refresh token that is not ours to
    spend (``refresh_token_owner``, ``refresh_token_rotation``) is not spent.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Give the report with ``reauthenticated``, as :meth:`airflow_sf_health.report.reauthenticated.Reauthenticated.as_dict` writes it."""
        from airflow_sf_health.edges.outcome import conclude, failing_at_once
        from airflow_sf_health.edges.reauthenticating import reauthenticated
        from airflow_sf_health.present.reauthenticated import login_said

        with failing_at_once():
            preflight = Preflight.of_task(self)
            done = reauthenticated(preflight)
        self.log.info("Salesforce connection '%s': %s", preflight.conn_id, login_said(done))
        beside = {"reauthenticated": done.as_dict()}
        return conclude(done.report, preflight.options, context, self.log, beside=beside)
