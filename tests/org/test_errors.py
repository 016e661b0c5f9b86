"""Six shapes of body become one refusal, and none of them, nor any other, makes the reader fail."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_sf_health.org.errors import LONGEST_MESSAGE, Refusal, Refused, Shape, no_answer, read_refusal

RECORDINGS = Path(
    os.environ.get("SF_HEALTH_RECORDINGS", Path(__file__).parents[3] / "shared" / "salesforce" / "recordings")
)

ENVELOPE = '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="s" xmlns:sf="f"><soapenv:Body><soapenv:Fault>{}'
BULK = '<error xmlns="http://www.force.com/2009/06/asyncapi/dataload">{}</error>'

BODIES: list[tuple[int, str, Shape, str | None, str]] = [
    (
        401,
        '[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]',
        Shape.REST,
        "INVALID_SESSION_ID",
        "Session expired",
    ),
    (404, '[{"errorCode":"NOT_FOUND","message":"no such"}]', Shape.REST, "NOT_FOUND", "no such"),
    (200, '[{"statusCode":"DUPLICATE_VALUE","message":"dup","fields":[]}]', Shape.REST, "DUPLICATE_VALUE", "dup"),
    (400, '[{"errorCode":"X","message":null}]', Shape.REST, "X", ""),
    (
        400,
        '{"error":"invalid_grant","error_description":"inactive user"}',
        Shape.OAUTH,
        "invalid_grant",
        "inactive user",
    ),
    (400, '\ufeff  {"error":"invalid_grant"}', Shape.OAUTH, "invalid_grant", ""),
    (
        500,
        ENVELOPE.format("<faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: no &amp; no</faultstring>"),
        Shape.SOAP,
        "INVALID_LOGIN",
        "INVALID_LOGIN: no & no",
    ),
    (
        500,
        ENVELOPE.format(
            "<faultcode>sf:X</faultcode><sf:exceptionCode>Y</sf:exceptionCode><sf:exceptionMessage>why</sf:exceptionMessage>"
        ),
        Shape.SOAP,
        "Y",
        "why",
    ),
    (500, ENVELOPE.format("<faultcode></faultcode>"), Shape.SOAP, None, ""),
    (
        400,
        BULK.format(
            "<exceptionCode>InvalidSessionId</exceptionCode><exceptionMessage>Invalid session id</exceptionMessage>"
        ),
        Shape.BULK,
        "InvalidSessionId",
        "Invalid session id",
    ),
    (400, BULK.format("<exceptionCode>X</exceptionCode>"), Shape.BULK, "X", ""),
    (403, "Bad_OAuth_Token", Shape.TEXT, "Bad_OAuth_Token", "Bad_OAuth_Token"),
    (403, "go away", Shape.TEXT, None, "go away"),
    (
        503,
        "<html><style>p {x}</style><p>We are down\n for   maintenance.</p><script>alert(1)</script></html>",
        Shape.HTML,
        None,
        "We are down for maintenance.",
    ),
    (406, "", Shape.EMPTY, None, ""),
    (200, "  ", Shape.EMPTY, None, ""),
    (200, "access_token=secret", Shape.UNREADABLE, None, "a text where JSON belongs"),
    (
        200,
        '{"access_token": "sec',
        Shape.UNREADABLE,
        None,
        "a JSON answer that is no error Salesforce is known to send",
    ),
    (400, "[]", Shape.UNREADABLE, None, "a JSON answer that is no error Salesforce is known to send"),
    (400, '[{"message": "x"}]', Shape.UNREADABLE, None, "a JSON answer that is no error Salesforce is known to send"),
    (
        400,
        '{"error": {"code": 1}}',
        Shape.UNREADABLE,
        None,
        "a JSON answer that is no error Salesforce is known to send",
    ),
    (400, "[" * 30_000, Shape.UNREADABLE, None, "a JSON answer that is no error Salesforce is known to send"),
]


@pytest.mark.parametrize(("status", "body", "shape", "code", "message"), BODIES)
def test_body(status: int, body: str, shape: Shape, code: str | None, message: str) -> None:
    """Each known shape gives its code and its words, on one line."""
    refusal = read_refusal(status, {"dAtE": "Thu, 01 Jan 2026 00:00:00 GMT"}, body.encode(), host="acme.my")
    assert (refusal.shape, refusal.code, refusal.message, refusal.status) == (shape, code, message, status)
    assert (refusal.server_date, refusal.host) == ("Thu, 01 Jan 2026 00:00:00 GMT", "acme.my")
    assert refusal.answered == (code is not None)


@given(st.binary(max_size=400) | st.text('<>[]{}":,/ax&;\\', max_size=400).map(str.encode), st.integers(100, 599))
def test_reader_never_fails(body: bytes, status: int) -> None:
    """Whatever comes, a refusal comes out, with one bounded line."""
    refusal = read_refusal(status, {}, body)
    assert len(refusal.message) <= LONGEST_MESSAGE
    assert "\n" not in refusal.said
    assert refusal.said


@settings(deadline=None)
@given(st.sampled_from(["<", "<faultcode ", "<!--", "<script", "&", "[", '{"error":', "<a:" * 10, "<faultcode>"]))
def test_reader_is_linear(piece: str) -> None:
    """A body made to keep the reader busy is cut first: a megabyte is read like 64 KiB."""
    body = (piece * (1_000_000 // len(piece))).encode()
    assert read_refusal(500, {}, body) == read_refusal(500, {}, body[: 64 * 1024])


def test_long_message_is_cut() -> None:
    """A foreign text is kept up to 600 characters."""
    refusal = read_refusal(400, {}, json.dumps([{"errorCode": "X", "message": "y " * 1000}]).encode())
    assert len(refusal.message) == 600
    assert refusal.message.endswith("…")


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            Refusal(shape=Shape.OAUTH, status=400, code="invalid_grant", message="inactive user"),
            "invalid_grant: inactive user",
        ),
        (Refusal(shape=Shape.REST, status=401, code="X", message="y"), "HTTP 401 X: y"),
        (Refusal(shape=Shape.REST, code="X"), "X"),
        (Refusal(shape=Shape.EMPTY, status=406), "HTTP 406 an empty answer"),
        (Refusal(shape=Shape.HTML, status=503), "HTTP 503 an unreadable answer"),
        (no_answer(""), "no answer"),
        (no_answer("read time limit\nreached"), "read time limit reached"),
    ],
)
def test_said(refusal: Refusal, said: str) -> None:
    """A refusal in one line, as a log shows it."""
    assert refusal.said == said
    assert str(Refused(refusal)) == said


def test_seen() -> None:
    """A refusal is told where and when it was met, and keeps the rest."""
    seen = no_answer("x").seen(where="a question", at="2026-01-01T00:00:00Z", fresh_token=True)
    assert (seen.where, seen.at, seen.fresh_token, seen.message) == ("a question", "2026-01-01T00:00:00Z", True, "x")


def test_recorded_errors_have_a_code() -> None:
    """Each recorded or captured refusal of Salesforce's own is read with a code or as a page."""
    manifest = RECORDINGS / "manifest.jsonl"
    if not manifest.is_file():
        pytest.skip(f"the recordings are not at {RECORDINGS}")
    entries = [json.loads(line) for line in manifest.read_text().splitlines()]
    bodies = [
        (entry, RECORDINGS / entry["file"])
        for entry in entries
        if entry.get("status") in range(400, 600) and (RECORDINGS / entry.get("file", "-")).is_file()
    ]
    assert bodies
    for entry, path in bodies:
        refusal = read_refusal(entry["status"], {}, path.read_bytes())
        assert refusal.shape is not Shape.UNREADABLE, entry
        assert refusal.answered or refusal.shape in (Shape.HTML, Shape.EMPTY, Shape.TEXT), entry
