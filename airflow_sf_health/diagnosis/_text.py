"""Find in a text, out of whatever log, what a service said: its codes first, then its fixed phrases, then an HTTP status."""

from __future__ import annotations

import html
import re
from bisect import bisect
from collections.abc import Collection, Iterator
from urllib.parse import unquote_plus

from airflow_sf_health.causes import Book, book, match
from airflow_sf_health.causes._match import comparable, of_records
from airflow_sf_health.diagnosis._sighting import Sighting
from airflow_sf_health.org.errors import LONGEST_MESSAGE, Refusal, Shape

END = 64 * 1024
"""Characters read at the head and at the tail of a text: the first error is the cause, and the last line often repeats it."""
MOST_CODES = 100
"""Codes of one text that are looked at; a log that names more repeats itself."""

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
_FIELD = re.compile(
    r"(?:errorCode|error_code|statusCode|status_code|exceptionCode|faultcode|code|error|name)[\"'>\s:=]{1,6}(?:\w{1,10}:)?$"
)
_STATUS = re.compile(
    r"(?:\bHTTP(?:/\d(?:\.\d)?)?|\bstatus(?:[ _]?code)?|\bresponse code|\bcode|\berror|\bserver returned)[\"'\s:=\[(]{1,4}([45]\d\d)\b"
    r"|\b([45]\d\d) (?:Client Error|Server Error|Unauthorized|Forbidden|Not Found|Gone|Bad Gateway|Service|Gateway|Internal|Too Many)",
    re.IGNORECASE,
)  # fmt: skip
_VALUE = re.compile(
    r"(data value too large|bad value for restricted picklist field|duplicate value found|value not of required type"
    r"|id value of incorrect type|invalid email address:)([^\n}]{0,2000})",
    re.IGNORECASE,
)
"""Phrases after which a value of the record stands."""
_ROW_END = re.compile(r"\n|:[\w ,]*--")
_SEGMENT = re.compile(r"[:;|\n\"'`\[\](){}<>=,]+|\s[-\u2013]+\s")


def bounded(text: str, end: int = END) -> str:
    """The head and the tail of a text that is longer than both."""
    return text if len(text) <= 2 * end else f"{text[:end]}\n{text[-end:]}"


def shared_out(texts: Collection[str]) -> Iterator[str]:
    """Head and tail of each text, all of them together no longer than what is read of a single one."""
    room = 0
    for text in texts:
        room += 2 * END // len(texts)
        read = bounded(text, room // 2)
        room = max(0, room - len(read))
        yield read


def sightings_in_text(text: str, status: int | None = None) -> Iterator[Sighting]:
    """Give all that a text says, in order: codes, then phrases, then the status that it names or came with."""
    text = _plain(bounded(text))
    known = book()
    codes, prose = _codes(text, known)
    yield from codes
    yield from _phrases(prose, known, status)
    named = status or next((int(each[1] or each[2]) for each in _STATUS.finditer(prose)), None)
    if named is not None:
        refusal = Refusal(shape=Shape.TEXT, status=named, message=prose[:LONGEST_MESSAGE])
        entry = match(refusal, known)
        if entry is not None and entry.recogniser.status is not None:
            yield Sighting(refusal=refusal, prose=True, entry=entry)


def _plain(text: str) -> str:
    """Without the escapes of what it was wrapped in: JSON within JSON, HTML entities, a URL's query."""
    for _ in range(3):
        if "\\" not in text:
            break
        text = (
            text.replace("\\\\", "\\").replace('\\"', '"').replace("\\'", "'").replace("\\n", "\n").replace("\\/", "/")
        )
        text = text.replace("\\r", "\n").replace("\\t", " ").replace("\\u0027", "'").replace("\\u0022", '"')
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if "error_description=" in text:
        text = unquote_plus(text)
    return text


def _codes(text: str, known: Book) -> tuple[list[Sighting], str]:
    """The codes of a text, each with the words that belong to it; and the text without what the people of the org wrote."""
    found: list[tuple[int, int, str]] = []
    prose: list[str] = []
    shown_from = 0
    values = [each.span(2) for each in _VALUE.finditer(text)]
    hidden = of_trigger = 0
    for token in _TOKEN.finditer(text):
        start, end, code = token.start(), token.end(), token[0]
        if (
            start < hidden
            or not _is_known(code, text, start, known)
            or _is_value(text, start, values)
            or (start < of_trigger and not _about_records(code, known))
        ):
            continue
        found.append((start, end, code))
        key = code.casefold()
        if key in known.opaque:
            first, hidden = _written_by_people(text, start, end)
            prose.append(text[shown_from : max(first, shown_from)])
            shown_from = hidden
            found = [each for each in found if each[0] < first or each[2] == code]
        elif key in known.quoting:
            first, hidden = _row(text, start, end)
            found = [each for each in found if each[0] < first or each[2] == code]
        elif key in known.of_data and _is_general(code, known):
            first, of_trigger = _row(text, start, end)
            found = [each for each in found if each[0] < first or _about_records(each[2], known)]
        if len(found) >= MOST_CODES:
            break
    prose.append(text[shown_from:])
    return _with_words(text, found, known), _VALUE.sub(r"\1", "\n".join(prose))


def _is_value(text: str, start: int, values: list[tuple[int, int]]) -> bool:
    """Whether a token lies in a value of a record, and not in the place of a code."""
    at = bisect(values, (start, len(text))) - 1
    return at >= 0 and start < values[at][1] and _FIELD.search(text, max(0, start - 40), start) is None


def _is_general(code: str, known: Book) -> bool:
    return any(each.recogniser.general for each in known.entries[code.casefold()])


def _about_records(code: str, known: Book) -> bool:
    return any(map(of_records, known.entries[code.casefold()]))


def _row(text: str, start: int, end: int) -> tuple[int, int]:
    """From where to where the words of a refused record reach: its JSON object, else to the end of its row or line."""
    if _FIELD.search(text, max(0, start - 40), start):
        return _written_by_people(text, start, end)
    row_end = _ROW_END.search(text, end, end + 4000)
    return start, row_end.start() if row_end else min(len(text), end + 4000)


def _is_known(code: str, text: str, start: int, known: Book) -> bool:
    """A code as services write it. One in a single word counts in the place of a code only: prose has such words too."""
    if code.casefold() not in known.entries:
        return False
    if "_" in code:
        return code.isupper() or code.islower() or "OAuth" in code or code in ("Bad_Id", "Wrong_Org")
    inner_capital = not code.isupper() and any(each.isupper() for each in code[1:])
    if inner_capital or _FIELD.search(text, max(0, start - 40), start) is not None:
        return True
    after = text[start + len(code) : start + len(code) + 1]
    return code.isupper() and (after == ":" or text[max(0, start - 1) : start] == after == "`")


def _written_by_people(text: str, start: int, end: int) -> tuple[int, int]:
    """From where to where the words of an opaque code reach: its JSON object, else the rest of its line."""
    if _FIELD.search(text, max(0, start - 40), start):
        opening, closing = text.rfind("{", max(0, start - 2000), start), text.find("}", end, end + 2000)
        if opening >= 0 and closing >= 0:
            return opening, closing
    line = text.find("\n", end)
    return start, line if line >= 0 else len(text)


def _with_words(text: str, found: list[tuple[int, int, str]], known: Book) -> list[Sighting]:
    sightings = []
    seen: set[tuple[str, str]] = set()
    for index, (start, end, code) in enumerate(found):
        following = found[index + 1][0] if index + 1 < len(found) else len(text)
        words = text[end : min(following, end + LONGEST_MESSAGE)]
        if _FIELD.search(text, max(0, start - 40), start):
            opening, closing = text.rfind("{", max(0, start - 2000), start), text.find("}", end, end + 2000)
            if opening >= 0:
                words = text[opening + 1 : start][-LONGEST_MESSAGE:] + (words if closing < 0 else text[end:closing])
        words = words.strip(" \t\n\r\"':=>,)]}-|")[: 2 * LONGEST_MESSAGE]
        if (code, words) in seen:
            continue
        seen.add((code, words))
        refusal = Refusal(shape=Shape.TEXT, code=code, message=" ".join(words.split()))
        entry = match(refusal, known)
        if entry is not None:
            sightings.append(Sighting(refusal=refusal, entry=entry))
    return sightings


def _phrases(text: str, known: Book, status: int | None) -> list[Sighting]:
    """The fixed phrases of a text by their place; one that lies within a longer one does not count."""
    words = comparable(text)
    hits = [
        (at, at + len(part), entry)
        for part, entry in known.parts
        if (at := words.find(part)) >= 0 and entry.recogniser.status in (None, status)
    ]
    segments = {comparable(each): None for each in _SEGMENT.split(text) if len(each) < 100}
    hits += [
        (words.find(segment), words.find(segment) + len(segment), known.wholes[segment])
        for segment in segments
        if segment in known.wholes
    ]
    hits.sort(key=lambda hit: (hit[0], -hit[1]))
    sightings = []
    reached = -1
    for start, end, entry in hits:
        if end <= reached:
            continue
        reached = end
        refusal = Refusal(shape=Shape.TEXT, message=words[start : start + LONGEST_MESSAGE])
        sightings.append(Sighting(refusal=refusal, prose=True, entry=entry))
    return sightings
