"""The assertion of the JWT bearer flow: really verified, and refused in the words of Salesforce."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from airflow_sf_health.testing.errors import OAuthError

if TYPE_CHECKING:
    from airflow_sf_health.testing.state import App, OrgState, User

INVALID_ASSERTION = ("invalid_grant", "invalid assertion")  # captured
EXPIRED = ("invalid_grant", "expired authorization code")  # captured
AUDIENCE = ("invalid_grant", "audience is invalid")  # captured
NOT_APPROVED = ("invalid_grant", "user hasn't approved this consumer")  # captured; for an unknown user inferred
UNKNOWN_CLIENT = ("invalid_client_id", "client identifier invalid")  # captured
INACTIVE_USER = ("invalid_grant", "inactive user")  # reported

# Only the signature is left to the library; what is wrong with a claim is told apart here.
UNCHECKED: dict[str, Any] = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}


def user_of_assertion(assertion: str, state: OrgState) -> tuple[App, User]:
    """The app that signed the assertion and the user for whom it asks.

    :raises OAuthError: for whatever is wrong with it, looked at in the order app, signature, audience, time, user.
    """
    app = state.app_by_key(str(_decode(assertion).get("iss", "")))
    if app is None:
        raise OAuthError(*UNKNOWN_CLIENT)
    claims = _decode(assertion, public_key(app.certificate_pem))
    if not _audiences(claims) & audiences(state):
        raise OAuthError(*AUDIENCE)
    if _expiry(claims) <= time.time():
        raise OAuthError(*EXPIRED)
    user = state.user_named(str(claims.get("sub", "")))
    if user is not None and not user.active:
        raise OAuthError(*INACTIVE_USER)
    if user is None or (app.approved_user_ids is not None and user.id not in app.approved_user_ids):
        raise OAuthError(*NOT_APPROVED)
    return app, user


def audiences(state: OrgState) -> set[str]:
    """What may stand in ``aud``: the login host of this kind of org, or its My Domain (documented)."""
    return {f"https://{state.org.login_host}", f"https://{state.org.host}"}


@lru_cache(maxsize=32)
def public_key(pem: str) -> RSAPublicKey:
    """The key in a PEM certificate or a PEM public key."""
    text = pem.encode()
    key = load_pem_x509_certificate(text).public_key() if "CERTIFICATE" in pem else load_pem_public_key(text)
    assert isinstance(key, RSAPublicKey), "the certificate of an app for JWT bearer must hold an RSA key"
    return key


def _decode(assertion: str, key: RSAPublicKey | None = None) -> dict[str, Any]:
    """The claims, verified by the key if there is one."""
    options: Any = {**UNCHECKED, "verify_signature": key is not None}
    try:
        return jwt.decode(assertion, key or "", algorithms=["RS256"], options=options)
    except jwt.InvalidTokenError:
        raise OAuthError(*INVALID_ASSERTION) from None


def _audiences(claims: dict[str, Any]) -> set[str]:
    aud = claims.get("aud", "")
    return {str(each).rstrip("/") for each in (aud if isinstance(aud, list) else [aud])}


def _expiry(claims: dict[str, Any]) -> float:
    """Seconds since 1970; simple-salesforce writes them as text."""
    try:
        return float(claims["exp"])
    except (KeyError, TypeError, ValueError):
        return 0.0
