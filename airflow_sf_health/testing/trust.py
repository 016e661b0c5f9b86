"""Salesforce's public status page, at a host of its own: what it says of the org's instance."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Host, Route, Router

from airflow_sf_health.testing.state import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from airflow_sf_health.testing.context import OrgContext

HOST = "api.status.salesforce.com"


class StatusPage:
    """``GET /v1/instances/<InstanceName>/status``, without authentication. The instance is the org's own."""

    def __init__(self, context: OrgContext) -> None:
        self._context = context

    def routes(self) -> Sequence[BaseRoute]:
        return [Host(HOST, Router([Route("/v1/instances/{key}/status", self.status, methods=["GET"])]))]

    async def status(self, request: Request) -> Response:
        org = self._context.state.org
        if request.path_params["key"] != org.instance_name:
            return JSONResponse({"message": "Not Found"}, 404)  # inferred
        return JSONResponse(self._body())

    def _body(self) -> dict[str, Any]:
        """The keys as captured; what an incident holds is not known, so there is only its number."""
        org = self._context.state.org
        return {
            "key": org.instance_name,
            "location": "NA",
            "environment": "sandbox" if org.is_sandbox else "production",
            "releaseVersion": "Summer '26 Patch 13.7",
            "releaseNumber": "262.13.7",
            "status": org.trust_status,
            "isActive": True,
            "Products": [],
            "Incidents": [{"id": 1}] if "INCIDENT" in org.trust_status else [],
            "Maintenances": [self._maintenance()] if org.trust_status.startswith("MAINTENANCE") else [],
        }

    def _maintenance(self) -> dict[str, str]:
        now, hour = self._context.now(), timedelta(hours=1)
        return {
            "type": "scheduledMaintenance",
            "name": "example",
            "plannedStartTime": timestamp(now - hour).replace("+0000", "Z"),
            "plannedEndTime": timestamp(now + hour).replace("+0000", "Z"),
        }
