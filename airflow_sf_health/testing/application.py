"""The web application of the fake org: all its endpoints, and the replies of Salesforce where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from airflow_sf_health.testing import dataplane
from airflow_sf_health.testing.auth import OAuth
from airflow_sf_health.testing.errors import ApiError, OAuthError, render_api_error, render_oauth_error
from airflow_sf_health.testing.soap import SoapLogin
from airflow_sf_health.testing.trust import StatusPage

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.context import OrgContext


def application(context: OrgContext) -> Starlette:
    """The application behind the edge."""
    app = Starlette(
        routes=[
            *StatusPage(context).routes(),
            *OAuth(context).routes(),
            *SoapLogin(context).routes(),
            *dataplane.routes(context),
        ],
        exception_handlers={
            ApiError: render_api_error,
            OAuthError: render_oauth_error,
            HTTPException: render_http_error,
            Exception: render_crash,
        },
    )
    app.router.redirect_slashes = False
    return app


async def render_http_error(request: Request, error: Exception) -> Response:
    """No such path, or no such method there."""
    assert isinstance(error, HTTPException)
    if not request.url.path.startswith("/services/"):
        return HTMLResponse("<html><head><title>File not found</title></head><body></body></html>", error.status_code)
    if error.status_code == 405:
        # code documented, text inferred
        return ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed.").response()
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist").response()  # captured


async def render_crash(request: Request, error: Exception) -> Response:
    """A mistake of the fake org itself; its traceback is logged by the server."""
    text = f"An unexpected error occurred. The fake org failed: {type(error).__name__}: {error}"
    return ApiError(500, "UNKNOWN_EXCEPTION", text).response()
