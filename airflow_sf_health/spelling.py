"""How the names of Salesforce's things are spelt: what can be one, before anybody is asked whether it is."""

from __future__ import annotations

import re
from typing import Literal

OwnerForm = Literal["user id", "queue id", "username", "queue name"]

_API_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z]{15}([A-Z0-5]{3})?")
_USERNAME = re.compile(r"[^@\s']+@[^@\s']+")
_SELECT = re.compile(r"\s*select\b.*\bfrom\b", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*(?:'|\Z)", re.DOTALL)
_PLACEHOLDER = re.compile(r"[{}]|%s(?![A-Za-z])|%\(\w+\)|\$[A-Za-z_]")
"""Those that are known in quotes too, where ``%`` is also LIKE's."""
_UNQUOTED_PLACEHOLDER = re.compile(r"[%$?]|(?<!\w):|:(?!\d)")
"""SOQL's own colons stand before a digit, in ``LAST_N_DAYS:7`` and ``T00:00:00+01:00``."""


def is_api_name(text: object) -> bool:
    """Whether it can name an object, a field or a queue: ``Account``, ``acme__Invoice__c``."""
    return isinstance(text, str) and _API_NAME.fullmatch(text) is not None


def is_field_path(text: str) -> bool:
    """Whether it can be a field that is read, or one over at most 5 relationships, as SOQL takes them: ``Owner.Name``."""
    parts = text.split(".")
    return len(parts) <= 6 and all(map(is_api_name, parts))


def is_id(text: str, prefix: str) -> bool:
    """Whether it can be the id, 15 or 18 characters, of a record of the object with this key prefix."""
    return text.startswith(prefix) and _ID.fullmatch(text) is not None


def is_reference(text: str) -> bool:
    """Whether it can be a written field: a plain one, or a parent by an external id of its own, ``Account.Number__c``, which Bulk API
    takes with the parent's object too, ``Owner:User.Number__c``.
    """
    relationship, dot, field = text.rpartition(".")
    parts = relationship.split(":") if dot else []
    return len(parts) <= 2 and all(map(is_api_name, (*parts, field)))


def is_select(soql: str) -> bool:
    """Whether it can be SOQL."""
    return _SELECT.match(soql) is not None


def has_placeholder(soql: str) -> bool:
    """Whether something is still to be put in, as ``str.format``, ``%``, templates of Python and bound names do: ``{since}``, ``%s``,
    ``$since``, ``:since``.
    """
    return bool(_PLACEHOLDER.search(soql) or _UNQUOTED_PLACEHOLDER.search(_QUOTED.sub("''", soql)))


def owner_form(text: str) -> OwnerForm | None:
    """What an owner is named by; None where it can be no owner."""
    if is_id(text, "005"):
        return "user id"
    if is_id(text, "00G"):
        return "queue id"
    if "@" in text:
        return "username" if _USERNAME.fullmatch(text) else None
    return "queue name" if is_api_name(text) else None
