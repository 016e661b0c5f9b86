"""What is known of a token: introspection and revocation, userinfo and the identity URL. None of them spends one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from airflow_sf_health.testing import refresh_tokens
from airflow_sf_health.testing.errors import JSON, OAuthError
from airflow_sf_health.testing.identity import identity, identity_url, userinfo
from airflow_sf_health.testing.oauth_client import Form, app_of, form_of
from airflow_sf_health.testing.sessions import SESSION_SECONDS, token_of

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request

    from airflow_sf_health.testing.context import OrgContext
    from airflow_sf_health.testing.state import App, OrgState, User

INACTIVE = {"active": False}  # captured
UNAUTHENTICATED = 401  # captured, its body constructed


class Tokens:
    """The endpoints, over what the org's parts share."""

    def __init__(self, context: OrgContext) -> None:
        self.context = context

    @property
    def state(self) -> OrgState:
        return self.context.state

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/services/oauth2/introspect", self.introspect, methods=["POST"]),
            Route("/services/oauth2/revoke", self.revoke, methods=["POST"]),
            Route("/services/oauth2/userinfo", self.userinfo, methods=["GET", "POST"]),
            Route("/id/{org_id}/{user_id}", self.identity, methods=["GET", "POST"]),
        ]

    async def introspect(self, request: Request) -> Response:
        """Whether a token lives; an app learns nothing of another app's refresh tokens (documented)."""
        form = await form_of(request)
        try:
            app = self._asker(request, form)
        except OAuthError as error:
            response = error.response()
            response.status_code = UNAUTHENTICATED
            return response
        value = form.get("token", "")
        told = self._session(value, app) or self._refresh_token(value, app) or INACTIVE
        return JSONResponse(told, media_type=JSON)

    async def revoke(self, request: Request) -> Response:
        """End a session for everyone who shares it, or a refresh token with its family and its sessions."""
        value = (await form_of(request)).get("token", "")
        user = self.context.sessions.find(value, self.state)
        if user is not None:
            self.context.sessions.expire(user)
        token = refresh_tokens.find(self.state, value)
        if token is not None:
            refresh_tokens.revoke_family(self.state, token.family)
            self.context.sessions.expire_family(token.family)
        return Response(status_code=200)

    async def userinfo(self, request: Request) -> Response:
        user = self.context.sessions.find(token_of(request), self.state)
        return _bad_token() if user is None else JSONResponse(userinfo(self.state, user), media_type=JSON)

    async def identity(self, request: Request) -> Response:
        user = self.context.sessions.find(token_of(request), self.state)
        asked = (request.path_params["org_id"][:15], request.path_params["user_id"][:15])
        if user is None or asked != (self.state.org.id[:15], user.id[:15]):
            return _bad_token()
        return JSONResponse(identity(self.state, user), media_type=JSON)

    def _asker(self, request: Request, form: Form) -> App | None:
        """The app that asks, or ``None`` for a user who asks by a live session.

        :raises OAuthError: for anybody else.
        """
        if self.context.sessions.find(token_of(request), self.state) is not None:
            return None
        return app_of(request, form, self.state)

    def _session(self, value: str, app: App | None) -> dict[str, Any] | None:
        user, opened = self.context.sessions.find(value, self.state), self.context.sessions.opened(value)
        if user is None or opened is None:
            return None
        ends = self.context.now() + timedelta(seconds=SESSION_SECONDS)  # counted from its last use, as this one is
        return self._told("access_token", app or self.state.apps[0], user, opened, ends)

    def _refresh_token(self, value: str, app: App | None) -> dict[str, Any] | None:
        """Of a live refresh token; those of a deactivated user died with the deactivation (documented)."""
        token = refresh_tokens.find(self.state, value)
        if token is None or not refresh_tokens.is_alive(token, self.context.now()):
            return None
        user, owner = self.state.user_by_id(token.user_id), self.state.app_by_key(token.consumer_key)
        if user is None or owner is None or not user.active or (app is not None and app is not owner):
            return None
        return self._told("refresh_token", owner, user, token.issued, token.expires)

    def _told(self, kind: str, app: App, user: User, issued: datetime, expires: datetime | None) -> dict[str, Any]:
        """Only ``active``, ``exp`` and ``iat`` are captured, the rest is constructed."""
        began = int(issued.timestamp())
        end = {} if expires is None else {"exp": int(expires.timestamp())}
        return {
            "active": True,
            "scope": " ".join(app.scopes),
            "client_id": app.consumer_key,
            "username": user.username,
            "sub": identity_url(self.state, user),
            "token_type": kind,
            **end,
            "iat": began,
            "nbf": began,
        }


def _bad_token() -> Response:
    # captured: plain text, though it says HTML
    response = PlainTextResponse("Bad_OAuth_Token", 403)
    response.headers["Content-Type"] = "text/html;charset=UTF-8"
    return response
