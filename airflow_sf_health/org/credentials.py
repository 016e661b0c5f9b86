"""What a credential is known by, and what it seals: neither tells the credential, and nothing else opens what it sealed.

Fingerprint and key come from the connection's own secrets, from all else that the login depends on, and from the way to the
internet. So an edited connection is another credential, and two ways never share one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from airflow_sf_health.errors import OrgConnectionError

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.secret import Secret

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_SECRETS = ("password", "security_token", "consumer_secret", "private_key", "session_id", "refresh_token")
_CONTEXT = (
    "flow",
    "login",
    "domain",
    "token_host",
    "instance_host",
    "consumer_key",
    "client_id",
    "organization_id",
    "private_key_file_path",
)
"""The fields beside the secrets that a login depends on. The API version is none: a token is good for each of them."""

_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 2**26}
"""About 50 ms and 16 MiB for each guess at a password."""
_PROCESS_KEY = secrets.token_bytes(32)
_MOST_STRETCHED = 256
_stretched: dict[bytes, bytes] = {}
_stretching = threading.Lock()


@dataclass(frozen=True, slots=True)
class Credential:
    """A login by one way to the internet. ``fingerprint``: 64 hexadecimal digits that tell nothing of it."""

    fingerprint: str = field(repr=False)
    _key: bytes = field(repr=False)

    def seal(self, kind: str, data: bytes) -> bytes:
        """Make ``data`` unreadable and unchangeable for all who do not have this credential.

        :param kind: what it is; nothing that was sealed as one kind opens as another.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + AESGCM(self._key).encrypt(nonce, data, self._label(kind))

    def unseal(self, kind: str, blob: bytes) -> bytes | None:
        """Give the data back; None where it is damaged, or was sealed by another credential or as another kind."""
        if not blob.startswith(_FORMAT):
            return None
        nonce, sealed = blob[1 : 1 + _NONCE_BYTES], blob[1 + _NONCE_BYTES :]
        try:
            return AESGCM(self._key).decrypt(nonce, sealed, self._label(kind))
        except (InvalidTag, ValueError):
            return None

    def _label(self, kind: str) -> bytes:
        return f"{kind} {self.fingerprint}".encode()

    def __reduce__(self) -> NoReturn:
        raise TypeError("A credential is not pickled: its key would be written in clear.")


def credential_of(connection: OrgConnection, egress: str) -> Credential:
    """Give the credential of a connection on this way to the internet.

    A human password is stretched, which takes about 50 ms once per process.

    :raises OrgConnectionError: the file of the private key cannot be read, or this Python cannot stretch a password.
    """
    salt = hashlib.sha256(_json(_context(connection, egress))).digest()
    own = _json(dict(_revealed(connection)))
    is_human = any(each is not None and each.password is not None for each in (connection, *_after(connection)))
    root = _derived(_stretch(connection, own, salt) if is_human else own, "root", salt)
    return Credential(_derived(root, "fingerprint").hex(), _derived(root, "key"))


def grant_credential_of(connection: OrgConnection) -> Credential:
    """Give the credential under which the successors of a refresh token are kept: made of the token that stands in the connection, and of
    nothing else. Whoever holds that token finds what became of it, by whatever way to the internet and through whichever connection; or
    two of them would spend it, and Salesforce would revoke it for both.
    """
    assert connection.refresh_token is not None, "only a connection with a refresh token comes here"
    root = _derived(connection.refresh_token.reveal().encode(), "grant")
    return Credential(_derived(root, "fingerprint").hex(), _derived(root, "key"))


def _context(connection: OrgConnection, egress: str) -> list[object]:
    """All that is not the credential's own secret and makes it another one. What comes after a ready session is part of it."""
    fields = {name: getattr(connection, name) for name in _CONTEXT}
    proxies = [(scheme, url.reveal()) for scheme, url in connection.proxies]
    after = [other and [_context(other, egress), dict(_revealed(other))] for other in _after(connection)]
    return [fields, proxies, egress, after]


def _after(connection: OrgConnection) -> tuple[OrgConnection | None, ...]:
    return connection.renewal, connection.withheld_renewal


def _revealed(connection: OrgConnection) -> Iterator[tuple[str, str]]:
    for name in _SECRETS:
        secret: Secret | None = getattr(connection, name)
        if secret is not None:
            yield name, secret.reveal()
    if connection.private_key_file_path is not None:
        yield "private_key_file", _key_file(connection, connection.private_key_file_path)


def _key_file(connection: OrgConnection, path: str) -> str:
    try:
        return Path(path).read_bytes().hex()
    except (OSError, ValueError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "no path"
        raise OrgConnectionError(
            f"Connection '{connection.conn_id}': the key in its extra 'private_key_file_path' cannot be read ({reason}).",
            conn_id=connection.conn_id,
            field="private_key_file_path",
            flow=connection.flow,
        ) from None


def _stretch(connection: OrgConnection, own: bytes, salt: bytes) -> bytes:
    """A password can be guessed, so each guess is made dear. The result is kept, under a key that dies with the process."""
    known_by = hmac.digest(_PROCESS_KEY, own + salt, "sha256")
    with _stretching:
        if known_by not in _stretched:
            if len(_stretched) >= _MOST_STRETCHED:
                _stretched.clear()
            try:
                _stretched[known_by] = hashlib.scrypt(own, salt=salt, dklen=32, **_SCRYPT)
            except (AttributeError, ValueError):  # an OpenSSL without it, or in FIPS mode
                problem = f"Connection '{connection.conn_id}': this Python has no scrypt, without which a password seals nothing."
                raise OrgConnectionError(problem, conn_id=connection.conn_id, flow=connection.flow) from None
        return _stretched[known_by]


def _derived(secret: bytes, purpose: str, salt: bytes | None = None) -> bytes:
    info = f"airflow-sf-health {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
