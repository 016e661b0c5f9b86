"""The data plane on the web: versions, REST below ``/services/data/vNN.0``, Bulk API 1.0 below ``/services/async``."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from airflow_sf_health.testing import bulk, bulk2, bulk_xml, collection, composite, describe, limits, rest, ui_api
from airflow_sf_health.testing.call import Call, Handler, Reply, not_found
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.soql import warm_up
from airflow_sf_health.testing.versions import is_retired, is_served, versions

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.context import OrgContext

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
NAME = r"(\w+)"

RESOURCES: list[tuple[str, str, Handler]] = [
    ("GET", r"", rest.resources),
    ("GET", r"query|queryAll", rest.query),
    ("GET", r"query(?:All)?/([\w-]+)", rest.query_more),
    ("GET", r"tooling/query", rest.tooling_query),
    ("GET", rf"ui-api/object-info/{NAME}", ui_api.object_info),
    ("GET", r"limits", limits.limits),
    ("GET", r"limits/recordCount", limits.record_count),
    ("GET", r"sobjects", describe.describe_global),
    ("GET", rf"sobjects/{NAME}", describe.basic),
    ("POST", rf"sobjects/{NAME}", rest.create),
    ("GET", rf"sobjects/{NAME}/describe", describe.describe),
    ("GET", rf"sobjects/{NAME}/{NAME}", rest.retrieve),
    ("PATCH", rf"sobjects/{NAME}/{NAME}", rest.update),
    ("DELETE", rf"sobjects/{NAME}/{NAME}", rest.delete),
    ("GET", rf"sobjects/{NAME}/{NAME}/(.+)", rest.retrieve_by_key),
    ("PATCH", rf"sobjects/{NAME}/{NAME}/(.*)", rest.upsert),
    ("POST", r"composite", lambda call: composite.composite(call, dispatch)),
    ("POST", r"composite/sobjects", collection.create),
    ("PATCH", r"composite/sobjects", collection.update),
    ("DELETE", r"composite/sobjects", collection.delete),
    ("GET", rf"composite/sobjects/{NAME}", collection.retrieve),
    ("POST", rf"composite/sobjects/{NAME}", collection.retrieve),
    ("PATCH", rf"composite/sobjects/{NAME}/{NAME}", collection.upsert),
    *((method, f"jobs/{path}", handler) for method, path, handler in bulk2.RESOURCES),
]


def routes(context: OrgContext) -> list[BaseRoute]:
    """The routes of the data plane, ready to answer."""
    warm_up()

    async def rest_endpoint(request: Request) -> Response:
        return await _rest(context, request)

    async def bulk_endpoint(request: Request) -> Response:
        return await _bulk(context, request)

    return [
        Route("/services/data", _versions),
        Route("/services/data/", _versions),
        Route("/services/data/v{version}", rest_endpoint, methods=METHODS),
        Route("/services/data/v{version}/{path:path}", rest_endpoint, methods=METHODS),
        Route("/services/async/{version}/{path:path}", bulk_endpoint, methods=METHODS),
    ]


def dispatch(call: Call, resources: list[tuple[str, str, Handler]] = RESOURCES) -> Reply:
    """Answer a call; a composite part comes this way too.

    :raises ApiError: 404 for an unknown path, 405 for a method that the path does not know.
    """
    allowed = []
    for method, pattern, handler in resources:
        found = re.fullmatch(pattern, call.path)
        if found is None:
            continue
        if method == ("GET" if call.method == "HEAD" else call.method):
            return handler(call, *found.groups())
        allowed.append(method)
    if allowed:
        message = f"HTTP Method '{call.method}' not allowed. Allowed are {','.join(allowed)}"
        raise ApiError(405, "METHOD_NOT_ALLOWED", message)  # documented code, text reported
    raise not_found()


async def _versions(request: Request) -> Response:
    """Needs no login and is not counted (recorded)."""
    return _response(Reply(body=versions()))


async def _rest(context: OrgContext, request: Request) -> Response:
    version = request.path_params["version"]
    if is_retired(version):
        return Response(status_code=410)  # the body is not known
    if not is_served(version):
        raise not_found()
    call = await _call(context, request, version)
    await asyncio.sleep(context.timing.of(call))
    return _response(dispatch(call))


async def _bulk(context: OrgContext, request: Request) -> Response:
    """Errors of a job are in the language of the client; those of the session are XML (captured)."""
    version = request.path_params["version"]
    if not is_served(version):
        raise ApiError(400, "InvalidVersion", "Api version is not supported.")  # code documented, text inferred
    call = await _call(context, request, version)
    in_xml = bulk_xml.is_wanted(call.headers)
    try:
        reply = dispatch(call, bulk.RESOURCES)
    except ApiError as error:
        if in_xml:
            raise
        reply = Reply(error.status, {"exceptionCode": error.code, "exceptionMessage": error.message})
    return _response(bulk_xml.rendered(reply) if in_xml else reply)


async def _call(context: OrgContext, request: Request, version: str) -> Call:
    user = context.authenticate(request)
    if context.state.api_usage >= context.state.api_limit:
        raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")  # captured
    body = await request.body()
    path = request.path_params.get("path", "").rstrip("/")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(context.state, user, version, request.method, path, dict(request.query_params), headers, body)


def _response(reply: Reply) -> Response:
    if reply.empty:
        return Response(status_code=reply.status, headers=reply.headers)
    if isinstance(reply.body, str):
        return Response(reply.body, reply.status, reply.headers, media_type=reply.media_type)
    return JSONResponse(reply.body, reply.status, reply.headers, media_type=reply.media_type)
