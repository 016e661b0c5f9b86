"""A login as a vault keeps it: the token and whose it is, for the eyes of that credential alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_sf_health.org.cleared import MARK, unsealed
from airflow_sf_health.org.login import Identity, Login
from airflow_sf_health.org.secret import Secret
from airflow_sf_health.org.vault import Sealed

if TYPE_CHECKING:
    from airflow_sf_health.org.credentials import Credential
    from airflow_sf_health.org.flows import LoginFlow

KIND = "token"


def sealed_login(credential: Credential, login: Login, *, cleared: bool = False) -> Sealed:
    """The login, as this credential alone can read it. When it was made is sealed as well, or a writer of the vault could make it
    younger; so is whether a cleared task has made it.
    """
    identity = login.identity
    fields = {
        "token": login.token.reveal(),
        "host": login.host,
        "identity": [identity.org_id, identity.user_id, identity.username] if identity else None,
        "rotated": login.rotated,
        "at": login.at.isoformat(),
        MARK: cleared,
    }
    return Sealed(credential.seal(KIND, json.dumps(fields).encode()), login.at)


def opened_login(credential: Credential, sealed: Sealed, flow: LoginFlow) -> Login | None:
    """The login as one that another conversation made; None where it is damaged or another credential's."""
    fields = unsealed(credential, KIND, sealed)
    return login_of(fields, sealed, flow) if fields is not None else None


def login_of(fields: dict[str, Any], sealed: Sealed, flow: LoginFlow) -> Login | None:
    """The same of what was in it."""
    try:
        if fields["at"] != sealed.at.isoformat():
            return None
        return Login(
            token=Secret(fields["token"]),
            host=fields["host"],
            identity=Identity(*fields["identity"]) if fields["identity"] else None,
            flow=flow,
            at=sealed.at,
            fresh=False,
            rotated=fields["rotated"],
            shared=True,
        )
    except (KeyError, TypeError, ValueError):  # of another version of this package
        return None
