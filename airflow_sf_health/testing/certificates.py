"""Keys of the fake org: a private CA that vouches for any Salesforce host name, and the key pair of a JWT app."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import certifi
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
DEFAULT_HOST = "login.salesforce.com"
OTHER_HOST = "proxy.example.com"
"""Whose certificate a client is shown that asks for another."""


class Authority:
    """A private certificate authority that lives as long as one fake org."""

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self._context_of = lru_cache(maxsize=None)(self._issue)

    def server_context(self) -> ssl.SSLContext:
        """A context that shows each client a certificate for the very host name that it asks for."""
        context = self._issue(DEFAULT_HOST)
        context.sni_callback = self._choose
        return context

    def write_bundle(self, path: Path) -> None:
        """Write this CA, the public ones and those trusted here already: for the fake and for the real network."""
        bundles = [Path(certifi.where()), *trusted_here()]
        path.write_bytes(b"\n".join([self._ca.cert_pem.bytes(), *(bundle.read_bytes() for bundle in bundles)]))

    def wrong_context(self, kind: str, host: str) -> ssl.SSLContext:
        """A context whose certificate a careful client refuses: of ``other_ca``, for ``other_name``, or ``expired``."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        issuer = trustme.CA() if kind == "other_ca" else self._ca
        name = OTHER_HOST if kind == "other_name" else host
        dates = (yesterday - timedelta(days=90), yesterday) if kind == "expired" else (None, None)
        issuer.issue_cert(name, not_before=dates[0], not_after=dates[1]).configure_cert(context)
        return context

    @property
    def _choose(self) -> Callable[[ssl.SSLObject, str | None, ssl.SSLContext], None]:
        def choose(connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> None:
            connection.context = self._context_of(host or DEFAULT_HOST)

        return choose

    def _issue(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(host).configure_cert(context)
        return context


def trusted_here() -> list[Path]:
    """The bundles that the environment names, which the bundle of the fake org is going to stand in for."""
    named = {os.environ.get(name, "") for name in BUNDLE_VARIABLES}
    return sorted(path for path in map(Path, named) if path.is_file())


def trusting_anybody() -> ssl.SSLContext:
    """For a connection of the fake org to itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def new_key_pair() -> tuple[str, str]:
    """A private RSA key and its public key, both PEM, as a JWT bearer app needs them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
