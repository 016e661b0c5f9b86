"""The control endpoint: changes a running fake org over plain HTTP on loopback, never on a Salesforce host name."""

from __future__ import annotations

import difflib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from airflow_sf_health.testing.faults import PARAMETERS
from airflow_sf_health.testing.settable import Settable, SettingError

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.fake_org import FakeOrg
    from airflow_sf_health.testing.people import User


class Control:
    """The endpoints. Each answers JSON; what cannot be done is HTTP 400 with ``{"error": "…"}``."""

    def __init__(self, org: FakeOrg) -> None:
        self.org = org

    def routes(self) -> list[Route]:
        return [
            Route("/state", self.state, methods=["GET"]),
            Route("/set", self.set, methods=["POST"]),
            Route("/faults", self.add_fault, methods=["POST"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/counts", self.counts, methods=["GET"]),
            Route("/requests", self.requests, methods=["GET"]),
            Route("/environ", self.environ, methods=["GET"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/expire-sessions", self.expire_sessions, methods=["POST"]),
            Route("/contain", self.contain, methods=["POST"]),
        ]

    async def state(self, request: Request) -> Response:
        """What may be set, as it is."""
        return JSONResponse(self._settable().plain())

    async def set(self, request: Request) -> Response:
        """``{"user.active": false, …}``: all of it or, where one key or value is wrong, nothing."""
        self._settable().assign(await _body(request))
        return _done()

    async def add_fault(self, request: Request) -> Response:
        """The parameters of a fault as one JSON object."""
        rule = await _body(request)
        for name in rule:
            _check_parameter(name)
        try:
            self.org.fault(**rule)
        except TypeError as error:
            raise SettingError(f"No such fault: {error}") from None
        return _done()

    async def clear_faults(self, request: Request) -> Response:
        self.org.clear_faults()
        return _done()

    async def counts(self, request: Request) -> Response:
        return JSONResponse(asdict(self.org.counts(request.query_params.get("client"))))

    async def requests(self, request: Request) -> Response:
        records = self.org.requests(request.query_params.get("client"))
        return JSONResponse([record._asdict() for record in records])

    async def environ(self, request: Request) -> Response:
        return JSONResponse(self.org.environ(request.query_params.get("client", "anonymous")))

    async def reset(self, request: Request) -> Response:
        self.org.reset()
        return _done()

    async def expire_sessions(self, request: Request) -> Response:
        """Of all users, or of the one in ``{"user": "name"}``."""
        self.org.expire_sessions(await self._user(request))
        return _done()

    async def contain(self, request: Request) -> Response:
        """The integration user, or the one in ``{"user": "name"}``."""
        self.org.contain(await self._user(request))
        return _done()

    async def _user(self, request: Request) -> User | None:
        username = (await _body(request)).get("user")
        try:
            return self.org.user(username) if username else None
        except KeyError as error:
            raise SettingError(error.args[0]) from None

    def _settable(self) -> Settable:
        return Settable(self.org.state, self.org.context.timing)


def control_application(org: FakeOrg) -> Starlette:
    return Starlette(routes=Control(org).routes(), exception_handlers={SettingError: _refuse})


def _check_parameter(name: str) -> None:
    if name not in PARAMETERS:
        near = difflib.get_close_matches(name, PARAMETERS, n=1)
        hint = f"Nearest: {near[0]}." if near else f"There is: {', '.join(PARAMETERS)}."
        raise SettingError(f"No such fault: {name!r} is no parameter. {hint}")


async def _body(request: Request) -> dict[str, Any]:
    text = await request.body() or b"{}"
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise SettingError("The body must be one JSON object.")
    return body


def _done() -> Response:
    return JSONResponse({"ok": True})


async def _refuse(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)
