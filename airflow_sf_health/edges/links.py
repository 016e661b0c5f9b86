"""The buttons beside a task of ours in Airflow's UI, read from the report that the task left in XCom.

Airflow 3 asks for them in the worker when the task ends, failed or not; 2.11 in its webserver when the page is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_sf_health.compat import XCOM_RETURN_KEY, BaseOperatorLink, XCom

if TYPE_CHECKING:
    from airflow_sf_health.report import Report


class ArticleLink(BaseOperatorLink):
    """The vendor's article about the cause; no link where nothing is wrong."""

    name = "Salesforce article"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        from airflow_sf_health.causes import cause

        report = _report(ti_key)
        if report is None or report.main is None or report.main.cause is None:
            return ""
        return next((article.url for article in cause(report.main.cause).articles), "")


class SetupPageLink(BaseOperatorLink):
    """The integration user's page in the org's Setup; the list of users where the login told no user."""

    name = "Salesforce setup page"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        from airflow_sf_health.present.links import setup_pages

        report = _report(ti_key)
        pages = setup_pages(report) if report is not None else {}
        return pages.get("user_url") or pages.get("users_url") or ""


def _report(ti_key: Any) -> Report | None:
    from airflow_sf_health.present.payload import PayloadError, load

    payload = XCom.get_value(key=XCOM_RETURN_KEY, ti_key=ti_key)
    try:
        return load(payload) if isinstance(payload, dict) else None
    except PayloadError:
        return None  # written by a newer version, or by another operator of the same task id: a page without a button
