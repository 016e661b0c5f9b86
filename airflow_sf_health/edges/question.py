"""What a task asks, as the key under which the answer is shared: the same for all who would get the same report."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from airflow_sf_health import __version__, causes, checks
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.schema import lock as locks

if TYPE_CHECKING:
    from airflow_sf_health.edges.preflight import Preflight
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.credentials import Credential
    from airflow_sf_health.settings import Settings


def key_of(
    preflight: Preflight, connection: OrgConnection, credential: Credential, chosen: Settings, *, egress: str
) -> str:
    """The key of what a preflight asks of a connection. The connection's ``repr`` has all its fields, and of secrets only that they are
    there; the credentials stand for those. Of what a site brings itself, checks and causes, two hosts may have two versions.
    """
    asked: list[Any] = [
        __version__,
        repr(connection),
        _second_user(connection, egress),
        preflight.requirements.as_dict(),
        preflight.options.as_dict(),
        preflight.checks,
        checks.installed(),
        None if preflight.lock is None else locks.dumps(preflight.lock),
        chosen.causes,
        causes.site_digest(),
    ]
    text = json.dumps(asked, sort_keys=True).encode(errors="surrogatepass")
    return hmac.new(credential.fingerprint.encode(), text, hashlib.sha256).hexdigest()


def _second_user(connection: OrgConnection, egress: str) -> str:
    """The diagnostic connection's credential: with another one a failure may be told apart."""
    from airflow_sf_health.org.credentials import credential_of

    if connection.diagnostic is None:
        return ""
    try:
        return credential_of(connection.diagnostic, egress).fingerprint
    except OrgConnectionError as error:
        return str(error)
