"""Texts of others without what must not leave the worker: tokens and passwords of any library's errors, and people's addresses."""

from __future__ import annotations

import re

HIDDEN = "***"

_SESSION = re.compile(r"\b00D[A-Za-z0-9]{12,15}(?:!|%21)[^\s\"'<>&,;]+")
_BEARER = re.compile(r"\b(Bearer|OAuth)\s+(?!realm\b|token\b|error\b)[A-Za-z0-9._~+/!%=-]{8,}", re.IGNORECASE)
_FIELD = re.compile(
    r"""((?<![a-z0-9])(?:access_token|refresh_token|client_secret|consumer_secret|password|assertion|sid|security_token)
    (?:\\?["'])?\s*[=:]\s*)
    (?:\\?"[^"]*"|'[^']*'|[^\s"'&,;}<>]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_ELEMENT = re.compile(r"(<(?:\w+:)?(?:sessionId|password)>)[^<]*", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def scrub(text: str) -> str:
    """The text with each secret in it hidden that can be told by its form or by the name before it; beside Airflow's own masks."""
    text = _SESSION.sub(HIDDEN, text)
    text = _FIELD.sub(rf"\1{HIDDEN}", text)
    text = _ELEMENT.sub(rf"\1{HIDDEN}", text)
    return _BEARER.sub(rf"\1 {HIDDEN}", text)


def without_addresses(text: str) -> str:
    """The text without mail addresses, which Salesforce's user names are too."""
    return _ADDRESS.sub(HIDDEN, text)
