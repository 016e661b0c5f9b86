"""Read what Salesforce answered when it refused: six shapes of body become one :class:`Refusal`.

The shapes (all seen on the wire): a REST array ``[{"message", "errorCode"}]``, an OAuth object ``{"error",
"error_description"}``, a SOAP fault, a Bulk API 1.0 ``<error>``, plain text (``userinfo``), and HTML pages of the edge.
Pure: no HTTP library, no I/O; bytes and headers go in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from html import unescape
from typing import Any

LONGEST_MESSAGE = 600
"""Characters of a foreign text that are kept: enough for each known message, too few to flood a log."""
LONGEST_BODY_READ = 64 * 1024
"""Bytes of a body that are looked at. Error bodies are short; a long one is an HTML page or not an error at all."""


class Shape(StrEnum):
    """The form of a refusing answer; it tells which part of Salesforce spoke."""

    REST = "rest"
    OAUTH = "oauth"
    SOAP = "soap"
    BULK = "bulk"
    TEXT = "text"
    HTML = "html"
    EMPTY = "empty"
    NO_ANSWER = "no_answer"
    """No reply at all: a time limit, a reset, a name that does not resolve."""
    UNREADABLE = "unreadable"
    """A reply that says success and is none: truncated JSON, an HTML page with status 200 …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refused or failed request, as it was seen.

    ``code`` and ``message`` are Salesforce's own words (``invalid_grant``, ``inactive user``); ``where`` names the request
    ("token request (JWT bearer)"), ``at`` is the instant as ISO 8601 UTC. ``message`` is cut at 600 characters, has no line
    breaks, and holds no secret, since Salesforce does not repeat credentials.
    """

    shape: Shape
    status: int | None = None
    code: str | None = None
    message: str = ""
    where: str = ""
    host: str = ""
    at: str = ""
    server_date: str | None = None
    """The ``Date`` header: what time it is at Salesforce."""
    fresh_token: bool = False
    """Whether it refuses a token that a fresh login had given just before: then it is a policy and not an expiry."""
    not_before: str = ""
    """When the same login is really tried again, as ISO 8601 UTC, where it is remembered as refused."""
    repeated: bool = False
    """Whether it is a remembered one: nothing was sent, and ``at`` is when it was first met."""

    @property
    def answered(self) -> bool:
        """Whether Salesforce itself gave a reason (a code of its own), as against silence or a page of the edge."""
        return self.code is not None

    @property
    def said(self) -> str:
        """The refusal in one line, as a log shows it: ``invalid_grant: inactive user``."""
        words = ": ".join(part for part in (self.code, self.message) if part)
        if not words:
            words = {Shape.NO_ANSWER: "no answer", Shape.EMPTY: "an empty answer"}.get(
                self.shape, "an unreadable answer"
            )
        return words if self.status is None or self.shape is Shape.OAUTH else f"HTTP {self.status} {words}"

    def seen(self, *, where: str, at: str, fresh_token: bool = False) -> Refusal:
        """The same refusal with the request it answered, the instant, and whether the token was fresh. A remembered one was seen before,
        and stays as it is.
        """
        return self if self.repeated else replace(self, where=where, at=at, fresh_token=fresh_token)


class Refused(Exception):
    """Raised within ``org`` when a request did not get its answer; ``refusal`` says why. Never leaves the examination."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.said)
        self.refusal = refusal


def read_refusal(status: int, headers: Mapping[str, str], body: bytes, *, host: str = "") -> Refusal:
    """Give the :class:`Refusal` that a reply with this status, these headers and this body is. Never raises.

    :param status: HTTP status; a 2xx is read too (a login page with 200 is a refusal).
    :param headers: reply headers; only ``Date`` is looked at (names in any case).
    :param body: raw body, decompressed; read up to 64 KiB.
    """
    text = body[:LONGEST_BODY_READ].decode("utf-8", errors="replace").lstrip("\ufeff").strip()
    date = next((value for name, value in headers.items() if name.lower() == "date"), None)
    shape, code, message = _read(text, status)
    return Refusal(shape=shape, status=status, code=code, message=_one_line(message), host=host, server_date=date)


def no_answer(kind: str, *, host: str = "") -> Refusal:
    """Give the refusal for a request that got no reply; ``kind`` says why in words (``read time limit of 30 s``)."""
    return Refusal(shape=Shape.NO_ANSWER, message=_one_line(kind), host=host)


def _read(text: str, status: int) -> tuple[Shape, str | None, str]:
    if not text:
        return Shape.EMPTY, None, ""
    if text[0] in "[{":
        found = _read_json(text)
        if found is not None:
            return found
        return Shape.UNREADABLE, None, "a JSON answer that is no error Salesforce is known to send"
    if text[0] == "<":
        return _read_markup(text)
    if status < 300:  # not quoted: what claims success may hold a token
        return Shape.UNREADABLE, None, "a text where JSON belongs"
    return Shape.TEXT, _bare_code(text), text


def _read_json(text: str) -> tuple[Shape, str | None, str] | None:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and value and isinstance(value[0], dict):
        first = value[0]
        code = first.get("errorCode") or first.get("statusCode")
        return (Shape.REST, str(code), str(first.get("message") or "")) if code else None
    if isinstance(value, dict) and isinstance(value.get("error"), str):
        return Shape.OAUTH, value["error"], str(value.get("error_description") or "")
    return None


def _read_markup(text: str) -> tuple[Shape, str | None, str]:
    bulk_code, soap_code = _element(text, "exceptionCode"), _element(text, "faultcode")
    if "asyncapi/dataload" in text and bulk_code:
        return Shape.BULK, bulk_code, _element(text, "exceptionMessage") or ""
    if soap_code or "Envelope" in text[:400]:
        code = _element(text, "exceptionCode") or (soap_code or "").rpartition(":")[2] or None
        return Shape.SOAP, code, _element(text, "exceptionMessage") or _element(text, "faultstring") or ""
    return Shape.HTML, None, _visible_text(text)


def _element(text: str, name: str) -> str | None:
    """The text of the first ``<prefix:name>``; a scan by ``find`` keeps it linear for any input."""
    match = re.search(rf"<(?:[A-Za-z][\w.-]{{0,30}}:)?{name}(?:\s[^<>]{{0,200}})?>([^<]*)<", text)
    return unescape(match.group(1)).strip() or None if match else None


def _visible_text(html: str) -> str:
    without_code = re.sub(r"<(script|style)\b[^<>]*>[^<]*", " ", html, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[^<>]*>", " ", without_code))


def _bare_code(text: str) -> str | None:
    """``Bad_OAuth_Token`` and its kin are a code standing alone as plain text."""
    return text if re.fullmatch(r"[A-Z][A-Za-z]*(?:_[A-Za-z]+)+", text) else None


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"
