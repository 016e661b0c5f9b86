"""Who asks an OAuth endpoint: the form of the request, and the app with its secret, in the body or by HTTP Basic."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from airflow_sf_health.testing.errors import OAuthError
from airflow_sf_health.testing.refusals import UNKNOWN_CLIENT, WRONG_SECRET

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.state import App, OrgState

Form = Mapping[str, str]


async def form_of(request: Request) -> Form:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def app_of(request: Request, form: Form, state: OrgState, *, secret_optional: bool = False) -> App:
    """The app that asks.

    :param secret_optional: a secret may be left out, but not wrong.
    :raises OAuthError: for an unknown app or a wrong secret.
    """
    key, secret = _client(request, form)
    app = state.app_by_key(key)
    if app is None:
        raise OAuthError(*UNKNOWN_CLIENT)
    if not (secret_optional and not secret) and not hmac.compare_digest(app.consumer_secret, secret):
        raise OAuthError(*WRONG_SECRET)
    return app


def _client(request: Request, form: Form) -> tuple[str, str]:
    """Consumer key and secret."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            key, _, secret = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthError(*UNKNOWN_CLIENT) from None
        return key, secret
    return form.get("client_id", ""), form.get("client_secret", "")
