"""Keys of the fake org: a private CA that vouches for any Salesforce host name, and the key pair of a JWT app."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import certifi
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
DEFAULT_HOST = "login.salesforce.com"


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


def new_key_pair() -> tuple[str, str]:
    """A private RSA key and its public key, both PEM, as a JWT bearer app needs them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
