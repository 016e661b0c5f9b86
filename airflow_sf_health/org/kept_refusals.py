"""The refusal of a login as a vault keeps it: what Salesforce answered, for the eyes of that credential alone."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from airflow_sf_health.org.cleared import MARK
from airflow_sf_health.org.clocks import AGREE, ahead_at
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.passing import is_passing
from airflow_sf_health.org.vault import Sealed

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.org.credentials import Credential

KIND = "refusal"
_OF_CLOCKS = ("authorization code", "assertion", "jwt", "json web token", "expiration time", "not yet valid")
"""Words in lower case of a refused assertion whose time may be what is wrong with it."""


def is_rejection(refusal: Refusal) -> bool:
    """Whether Salesforce has judged the login and refused it, so that the same again is no use and may lock the user out."""
    if refusal.shape not in (Shape.OAUTH, Shape.SOAP) or refusal.code is None:
        return False
    return not is_passing(refusal) and not _is_of_this_clock(refusal)


def _is_of_this_clock(refusal: Refusal) -> bool:
    """A wrong clock signs assertions that are refused, and is this machine's alone: others would be told what is not so there. Whatever
    else is refused meanwhile, as an inactive user, is refused everywhere.
    """
    words = refusal.message.casefold()
    if refusal.where != LoginFlow.JWT_BEARER.request_label or not any(each in words for each in _OF_CLOCKS):
        return False
    ahead = ahead_at(refusal)
    return ahead is not None and abs(ahead) > AGREE


def sealed_refusal(credential: Credential, refusal: Refusal, at: pendulum.DateTime, *, cleared: bool = False) -> Sealed:
    """All of it, as this credential alone can read it, and whether a cleared task has met it."""
    return Sealed(credential.seal(KIND, json.dumps({**asdict(refusal), MARK: cleared}).encode()), at)


def refusal_of(fields: dict[str, Any], until: pendulum.DateTime) -> Refusal | None:
    """The refusal of what was sealed, as a remembered one, which is not tried again until then; None where it cannot be read."""
    known = {name: value for name, value in fields.items() if name != MARK}
    try:
        refusal = Refusal(**{**known, "shape": Shape(known["shape"])})
    except (KeyError, TypeError, ValueError):  # of another version of this package
        return None
    return replace(refusal, repeated=True, not_before=until.to_iso8601_string())
