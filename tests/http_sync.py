"""An operator of a site's own, for DAG files of tests."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator


class HttpSync(BaseOperator):
    """It reaches Salesforce by connections of other types."""

    template_fields = ("salesforce_conn_id",)

    def __init__(
        self,
        *,
        http_conn_id: str = "",
        soap_conn_id: str = "",
        salesforce_conn_id: str | None = None,
        path: str = "",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.http_conn_id = http_conn_id
        self.soap_conn_id = soap_conn_id
        self.salesforce_conn_id = salesforce_conn_id
        self.path = path
