"""OAuth of the fake org: the token endpoint with its four grants. Each looks at its credential, then goes to the gate."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from airflow_sf_health.testing import gate, refresh_tokens
from airflow_sf_health.testing.errors import JSON, OAuthError
from airflow_sf_health.testing.gate import Attempt, Gate
from airflow_sf_health.testing.identity import identity_url
from airflow_sf_health.testing.introspection import Tokens
from airflow_sf_health.testing.jwt_bearer import asserted
from airflow_sf_health.testing.oauth_client import Form, app_of, form_of
from airflow_sf_health.testing.refusals import (
    AUDIENCE,
    AUTHENTICATION_FAILURE,
    BUSY,
    DEAD_TOKEN,
    FLOW_OFF,
    INVALID_TOKEN,
    NO_RUN_AS_USER,
    NOT_APPROVED,
    UNKNOWN_GRANT,
    WRONG_DOMAIN,
    WRONG_PASSWORD,
    LoginRefused,
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from airflow_sf_health.testing.context import OrgContext
    from airflow_sf_health.testing.state import App, OrgState, RefreshToken, User

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

TOKEN_HEADERS = {"Expires": "Thu, 01 Jan 1970 00:00:00 GMT", "X-ReadOnlyMode": "false"}  # recorded

JWT_REPLY = ("access_token", "scope", "instance_url", "id", "token_type")  # documented
PASSWORD_REPLY = ("access_token", "instance_url", "id", "token_type", "issued_at", "signature")  # recorded
FULL_REPLY = ("access_token", "refresh_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at")
"""Fields of client credentials (captured) and of a refresh, where a new refresh token only comes by rotation; the order
of the latter is that of a captured reply with both tokens."""


class OAuth:
    """The endpoints, over what the org's parts share."""

    def __init__(self, context: OrgContext) -> None:
        self.context = context
        self.grants: dict[str, Callable[[Request, Form], JSONResponse]] = {
            JWT_BEARER: self.jwt_bearer,
            "client_credentials": self.client_credentials,
            "password": self.password,
            "refresh_token": self.refresh_token,
        }

    @property
    def state(self) -> OrgState:
        return self.context.state

    def routes(self) -> list[BaseRoute]:
        return [Route("/services/oauth2/token", self.token, methods=["POST"]), *Tokens(self.context).routes()]

    async def token(self, request: Request) -> Response:
        request.scope["exchange"].login = True
        form = await form_of(request)
        grant = self.grants.get(form.get("grant_type", ""))
        if grant is None:
            raise OAuthError(*UNKNOWN_GRANT)
        try:
            return grant(request, form)
        except LoginRefused as error:
            raise OAuthError(*error.refusal.answer) from None

    def jwt_bearer(self, request: Request, form: Form) -> JSONResponse:
        said = asserted(form.get("assertion", ""), self.state, self.context.now())
        if not self._is_own_login_host(request):
            raise OAuthError(*AUDIENCE)
        if said.user is None:
            raise OAuthError(*(said.wrong.answer if said.wrong else NOT_APPROVED))
        session_id = self._enter(gate.JWT_BEARER, request, said.user, said.app, said.wrong)
        return self._reply(said.user, said.app, JWT_REPLY, access_token=session_id)

    def client_credentials(self, request: Request, form: Form) -> JSONResponse:
        if request.url.hostname != self.state.org.host:
            raise OAuthError(*WRONG_DOMAIN)
        app = app_of(request, form, self.state)
        user = self.state.user_by_id(app.run_as_user_id)
        if user is None:
            raise OAuthError(*NO_RUN_AS_USER)
        session_id = self._enter(gate.CLIENT_CREDENTIALS, request, user, app)
        return self._reply(user, app, FULL_REPLY, access_token=session_id)

    def password(self, request: Request, form: Form) -> JSONResponse:
        app = app_of(request, form, self.state)
        user = self.state.user_named(form.get("username", ""))
        if user is None or not self._is_own_login_host(request):
            raise OAuthError(*AUTHENTICATION_FAILURE)
        wrong = None if self.state.org.password_flow_enabled else FLOW_OFF
        if form.get("password") not in (user.password, user.password + user.security_token):
            wrong = wrong or WRONG_PASSWORD
        session_id = self._enter(gate.PASSWORD, request, user, app, wrong)
        return self._reply(user, app, PASSWORD_REPLY, access_token=session_id)

    def refresh_token(self, request: Request, form: Form) -> JSONResponse:
        """The secret may be left out, as apps may be set to need none."""
        app = app_of(request, form, self.state, secret_optional=True)
        token = refresh_tokens.find(self.state, form.get("refresh_token", ""))
        if token is not None:
            token.times_used += 1
        user = self.state.user_by_id(token.user_id) if token else None
        if token is None or user is None or token.consumer_key != app.consumer_key:
            raise OAuthError(*DEAD_TOKEN)
        if not self._is_own_login_host(request):
            raise OAuthError(*DEAD_TOKEN)  # constructed
        session_id = self._enter(gate.REFRESH_TOKEN, request, user, app, self._wrong_with(token))
        self.context.sessions.belongs(session_id, token.family)
        issued = {}
        if app.refresh_token_rotation:
            issued = {"refresh_token": refresh_tokens.rotate(self.state, token, self.context.now()).value}
        self.context.in_use.answered(token.value, time.monotonic())
        return self._reply(user, app, FULL_REPLY, access_token=session_id, **issued)

    def _wrong_with(self, token: RefreshToken) -> Refusal | None:
        """What is wrong with a refresh token. Using a spent one ends its family (Salesforce 005316711)."""
        if self.context.in_use.busy(token.value, time.monotonic() - self.context.timing.latency):
            return BUSY
        if refresh_tokens.is_alive(token, self.context.now()):
            return None
        if token.spent:
            token.reused = True
            refresh_tokens.revoke_family(self.state, token.family)
            self.context.sessions.expire_family(token.family)
        return INVALID_TOKEN

    def _enter(self, door: gate.Door, request: Request, user: User, app: App, wrong: Refusal | None = None) -> str:
        return Gate(self.context).enter(Attempt(door, user, request.url.hostname or "", app), wrong)

    def _is_own_login_host(self, request: Request) -> bool:
        return request.url.hostname in (self.state.org.host, self.state.org.login_host)

    def _reply(self, user: User, app: App, names: tuple[str, ...], **tokens: str) -> JSONResponse:
        """The fields of this grant that there are, in the order of its replies; no grant ever tells ``expires_in``."""
        url, issued_at = identity_url(self.state, user), str(int(self.context.now().timestamp() * 1000))
        signature = hmac.digest(app.consumer_secret.encode(), (url + issued_at).encode(), hashlib.sha256)
        fields: dict[str, Any] = {
            **tokens,
            "scope": " ".join(app.scopes),
            "instance_url": f"https://{self.state.org.host}",
            "id": url,
            "token_type": "Bearer",
            "issued_at": issued_at,
            "signature": base64.b64encode(signature).decode(),
        }
        told = {name: fields[name] for name in names if name in fields}
        return JSONResponse(told, 200, TOKEN_HEADERS, media_type=JSON)
