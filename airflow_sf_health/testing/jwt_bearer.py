"""The assertion of the JWT bearer flow: really verified, and refused in the words of Salesforce."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from airflow_sf_health.testing.errors import OAuthError
from airflow_sf_health.testing.refusals import INVALID_ASSERTION, TOO_LATE, UNKNOWN_CLIENT, WRONG_AUDIENCE, Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_sf_health.testing.state import App, OrgState, User

FARTHEST = 360.0
"""Seconds that an expiry may be ahead. Salesforce refuses one that is too far ahead (reported) and does not tell what that is; public
clients set five minutes."""
# Only the signature is left to the library; what is wrong with a claim is told apart here.
UNCHECKED: dict[str, Any] = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}


@dataclass(frozen=True)
class Asserted:
    """What a signed assertion says: the app that signed it, the user for whom it asks, and what is wrong with a claim."""

    app: App
    user: User | None
    wrong: Refusal | None


def asserted(assertion: str, state: OrgState, now: datetime) -> Asserted:
    """What an assertion says; the audience is looked at before the time.

    :raises OAuthError: when its app is unknown, or did not sign it: then it is nobody's.
    """
    app = state.app_by_key(str(_decode(assertion).get("iss", "")))
    if app is None:
        raise OAuthError(*UNKNOWN_CLIENT)
    claims = _decode(assertion, public_key(app.certificate_pem))
    wrong = None
    if not _audiences(claims) & audiences(state):
        wrong = WRONG_AUDIENCE
    elif not 0 < _expiry(claims) - now.timestamp() <= FARTHEST:
        wrong = TOO_LATE
    return Asserted(app, state.user_named(str(claims.get("sub", ""))), wrong)


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
