"""OAuth of the fake org: the token endpoint with three grants, revocation, userinfo and the identity URL."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from airflow_sf_health.testing.errors import JSON, OAuthError
from airflow_sf_health.testing.identity import identity, identity_url, userinfo
from airflow_sf_health.testing.jwt_bearer import AUDIENCE, INACTIVE_USER, UNKNOWN_CLIENT, user_of_assertion
from airflow_sf_health.testing.sessions import token_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from airflow_sf_health.testing.context import OrgContext
    from airflow_sf_health.testing.state import App, OrgState, User

Form = Mapping[str, str]
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

TOKEN_HEADERS = {"Expires": "Thu, 01 Jan 1970 00:00:00 GMT", "X-ReadOnlyMode": "false"}  # recorded

AUTHENTICATION_FAILURE = ("invalid_grant", "authentication failure")  # captured
WRONG_SECRET = ("invalid_client", "invalid client credentials")  # reported
WRONG_DOMAIN = ("invalid_grant", "request not supported on this domain")  # reported
NO_RUN_AS_USER = ("invalid_grant", "no client credentials user enabled")  # captured
UNKNOWN_GRANT = ("unsupported_grant_type", "grant type not supported")  # constructed


class OAuth:
    """The endpoints, over what the org's parts share."""

    def __init__(self, context: OrgContext) -> None:
        self.context = context
        self.grants: dict[str, Callable[[Request, Form], JSONResponse]] = {
            JWT_BEARER: self.jwt_bearer,
            "client_credentials": self.client_credentials,
            "password": self.password,
        }

    @property
    def state(self) -> OrgState:
        return self.context.state

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/services/oauth2/token", self.token, methods=["POST"]),
            Route("/services/oauth2/revoke", self.revoke, methods=["POST"]),
            Route("/services/oauth2/userinfo", self.userinfo, methods=["GET", "POST"]),
            Route("/id/{org_id}/{user_id}", self.identity, methods=["GET", "POST"]),
        ]

    async def token(self, request: Request) -> Response:
        request.scope["exchange"].login = True
        form = await _form(request)
        grant = self.grants.get(form.get("grant_type", ""))
        if grant is None:
            raise OAuthError(*UNKNOWN_GRANT)
        return grant(request, form)

    def jwt_bearer(self, request: Request, form: Form) -> JSONResponse:
        app, user = user_of_assertion(form.get("assertion", ""), self.state)
        if not self._is_own_login_host(request):
            raise OAuthError(*AUDIENCE)
        token = self._login(user)
        return self._reply(user, ("access_token", "scope", "instance_url", "id", "token_type"), token, app)

    def client_credentials(self, request: Request, form: Form) -> JSONResponse:
        if request.url.hostname != self.state.org.host:
            raise OAuthError(*WRONG_DOMAIN)
        app = self._app(request, form)
        user = self.state.user_by_id(app.run_as_user_id)
        if user is None:
            raise OAuthError(*NO_RUN_AS_USER)
        token = self._login(user)
        names = ("access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at")
        return self._reply(user, names, token, app)

    def password(self, request: Request, form: Form) -> JSONResponse:
        app = self._app(request, form)
        user = self.state.user_named(form.get("username", ""))
        right = user is not None and form.get("password") in (user.password, user.password + user.security_token)
        allowed = self.state.org.password_flow_enabled and self._is_own_login_host(request)
        if user is None or not right or not allowed:
            raise OAuthError(*AUTHENTICATION_FAILURE)
        token = self._login(user)
        return self._reply(
            user, ("access_token", "instance_url", "id", "token_type", "issued_at", "signature"), token, app
        )

    async def revoke(self, request: Request) -> Response:
        """End a session for everyone who shares it."""
        user = self.context.sessions.find((await _form(request)).get("token", ""), self.state)
        if user is not None:
            self.context.sessions.expire(user)
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

    def _is_own_login_host(self, request: Request) -> bool:
        return request.url.hostname in (self.state.org.host, self.state.org.login_host)

    def _app(self, request: Request, form: Form) -> App:
        key, secret = _client(request, form)
        app = self.state.app_by_key(key)
        if app is None:
            raise OAuthError(*UNKNOWN_CLIENT)
        if not hmac.compare_digest(app.consumer_secret, secret):
            raise OAuthError(*WRONG_SECRET)
        return app

    def _login(self, user: User) -> str:
        if not user.active:
            raise OAuthError(*INACTIVE_USER)
        return self.context.open_session(user)

    def _reply(self, user: User, names: tuple[str, ...], token: str, app: App) -> JSONResponse:
        """The fields of this grant, in the order of its replies; no grant ever tells ``expires_in``."""
        url, issued_at = identity_url(self.state, user), str(int(time.time() * 1000))
        signature = hmac.digest(app.consumer_secret.encode(), (url + issued_at).encode(), hashlib.sha256)
        fields: dict[str, Any] = {
            "access_token": token,
            "scope": " ".join(app.scopes),
            "instance_url": f"https://{self.state.org.host}",
            "id": url,
            "token_type": "Bearer",
            "issued_at": issued_at,
            "signature": base64.b64encode(signature).decode(),
        }
        return JSONResponse({name: fields[name] for name in names}, 200, TOKEN_HEADERS, media_type=JSON)


async def _form(request: Request) -> Form:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _client(request: Request, form: Form) -> tuple[str, str]:
    """Consumer key and secret from the body, or by HTTP Basic."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            key, _, secret = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthError(*UNKNOWN_CLIENT) from None
        return key, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _bad_token() -> Response:
    # captured: plain text, though it says HTML
    response = PlainTextResponse("Bad_OAuth_Token", 403)
    response.headers["Content-Type"] = "text/html;charset=UTF-8"
    return response
