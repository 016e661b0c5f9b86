"""Random and damaged error bodies for the diagnosis, the same ones for the same seed."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from diagnosis.texts import TEXTS

BESIDE = Path(__file__).parents[2].parent / "shared/salesforce/recordings"
RECORDINGS = Path(os.environ.get("SF_HEALTH_RECORDINGS", BESIDE))

PIECES = [
    "{", "}", "[", "]", '"', "'", "\\", "\\\"", "\\u0000", "<", ">", "</", "<![CDATA[", "&amp;", "&#0;", ":", ": ", ",", "\n", "\r\n",
    "\0", "\ufeff", "\u202e", "\ud800", "İ", "é", "_", "errorCode", '"errorCode":"', "statusCode", "exceptionCode", "error_description=",
    "%20", "HTTP ", "503", "status code 401", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "INVALID_SESSION_ID", "invalid_grant", "{user}", "  ",
]  # fmt: skip


def seeds() -> list[str]:
    """The texts of the tests, and the recorded replies of Salesforce where they are at hand."""
    found = [text for texts in TEXTS.values() for text in texts]
    if RECORDINGS.is_dir():
        files = sorted(each for each in RECORDINGS.rglob("*") if each.suffix in (".json", ".xml", ".txt", ".html"))
        found += [each.read_text("utf-8", errors="replace")[:20_000] for each in files]
    return found


def bodies(count: int, seed: int) -> Iterator[object]:
    """Give so many bodies: texts, bytes, parsed JSON, replies and exceptions."""
    chance = random.Random(seed)
    known = seeds()
    for _ in range(count):
        yield chance.choice(SHAPES)(chance, damaged(chance, known))


def damaged(chance: random.Random, known: list[str]) -> str:
    """A known text with pieces cut, doubled, swapped, inserted or joined with another; sometimes mere noise."""
    if chance.random() < 0.1:
        return "".join(chance.choice(PIECES) for _ in range(chance.randrange(200)))
    text = chance.choice(known)
    for _ in range(chance.randrange(6)):
        at, to = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        text = chance.choice(CHANGES)(chance, known, text, at, to)[:50_000]
    return text


Change = Callable[[random.Random, list[str], str, int, int], str]

CHANGES: list[Change] = [
    lambda chance, known, text, at, to: text[:at] + text[to:],
    lambda chance, known, text, at, to: text[:at] + text[at:to] * chance.randrange(1, 4) + text[to:],
    lambda chance, known, text, at, to: text[:at] + chance.choice(PIECES) + text[at:],
    lambda chance, known, text, at, to: text[:at] + chance.choice(known) + text[to:],
    lambda chance, known, text, at, to: text[:at],
    lambda chance, known, text, at, to: text.upper() if chance.random() < 0.5 else text.lower(),
    lambda chance, known, text, at, to: json.dumps(text),
]


def parsed(chance: random.Random, text: str) -> object:
    """Damaged JSON as a parsed value, where it is still one, else built around the text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        value: object = text
        for _ in range(chance.randrange(5)):
            key = chance.choice(["errorCode", "message", "errors", "body", "statusCode", "success", "error", "x", ""])
            value = chance.choice([[value], {key: value}, [value, value], {key: value, "message": text, "status": 400}])
        return value


SHAPES: list[Callable[[random.Random, str], object]] = [
    lambda chance, text: text,
    lambda chance, text: text.encode("utf-8", "surrogatepass"),
    lambda chance, text: bytes(chance.randrange(256) for _ in range(chance.randrange(300))),
    parsed,
    lambda chance, text: {"status": chance.randrange(0, 700), "headers": {}, "body": text},
    lambda chance, text: RuntimeError(text),
    lambda chance, text: ExceptionGroup("several", [ValueError(text), OSError(chance.randrange(200), text)]),
]
