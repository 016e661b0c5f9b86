"""From a refusal to its cause: the most specific recogniser of all cause files decides.

That the refused token was fresh tells most; a code with its words beats a code, a code beats words, words stated whole beat a
part of them; shape and status refine, and of two parts the longer one decides. Pure and linear in the length of the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_sf_health.causes._cause import Kind
from airflow_sf_health.org.flows import LoginFlow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_sf_health.causes._cause import Candidate, Cause, Recogniser
    from airflow_sf_health.org.errors import Refusal

UNKNOWN = "unknown"
_PASSING = ("lock_contention", "query_timeout")
"""Causes that pass by themselves and still are trouble with records: a trigger meets them too."""

Rank = tuple[int, bool, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The cause of a refusal, and how sure that is.

    ``certain`` is false where the refusal would look the same for one of the ``candidates``; ``matched`` is what was
    recognised ("invalid_grant: inactive user"), empty when nothing was; ``hint`` a sentence on this form of the cause.
    """

    cause: str
    certain: bool
    candidates: tuple[Candidate, ...] = ()
    matched: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A recogniser made ready to be compared, with the cause that it stands for."""

    cause: Cause
    recogniser: Recogniser
    whole: str
    part: str


@dataclass(frozen=True, slots=True)
class Book:
    """All recognisers by their code in lower case, those without one under ``""``.

    ``parts`` are the phrases that may stand anywhere in a text, ``wholes`` those that must be said alone; words of our own making
    (they name a shape) are in neither. ``opaque`` are the codes whose words the people of the org write; ``of_data`` those that by
    themselves mean a refused record, so that words around them never speak of the connection; ``quoting`` those of them whose words
    say all themselves, so that a code in them is a value of the record.
    """

    entries: dict[str, list[Entry]]
    opaque: frozenset[str]
    of_data: frozenset[str]
    quoting: frozenset[str]
    parts: tuple[tuple[str, Entry], ...]
    wholes: dict[str, Entry]


def book_of(causes: Iterable[Cause]) -> Book:
    """Give the recognisers of these causes, ready to be asked."""
    entries: dict[str, list[Entry]] = {}
    for cause in causes:
        for each in cause.recognisers:
            entry = Entry(cause, each, comparable(each.message or ""), comparable(each.message_has or ""))
            entries.setdefault((each.code or "").casefold(), []).append(entry)
    opaque = frozenset(code for code, of_code in entries.items() if any(each.recogniser.opaque for each in of_code))
    bare = [
        entry for entry in entries.get("", []) if entry.recogniser.shape is None and not entry.recogniser.fresh_token
    ]
    of_data = frozenset(code for code, of_code in entries.items() if code and any(map(_means_data, of_code)))
    quoting = frozenset(code for code in of_data - opaque if all(map(_says_all, filter(_means_data, entries[code]))))
    wholes: dict[str, Entry] = {}
    for entry in bare:
        if entry.whole and entry.recogniser.status is None:
            wholes.setdefault(entry.whole, entry)
    parts = [(entry.part, entry) for entry in bare if entry.part]
    parts += [(whole, entry) for whole, entry in wholes.items() if ":" in whole]
    return Book(entries, opaque, of_data, quoting, tuple(parts), wholes)


def match(refusal: Refusal, book: Book) -> Entry | None:
    """Give the recogniser that fits a refusal best; None when none does. Never raises."""
    code = (refusal.code or "").casefold()
    words = comparable(refusal.message).removeprefix(f"{code}:").strip()
    best: tuple[Rank, Entry] | None = None
    of_code = book.entries.get(code, []) if code else []
    for entry in (*of_code, *_bare(book, code)):
        rank = _rank(entry, refusal, words)
        if rank is not None and (best is None or rank > best[0]):
            best = rank, entry
    return best[1] if best else None


def _means_data(entry: Entry) -> bool:
    return entry.cause.kind is Kind.DATA and not (entry.whole or entry.part)


def _says_all(entry: Entry) -> bool:
    return entry.recogniser.certain and not entry.recogniser.general


def _bare(book: Book, code: str) -> Iterable[Entry]:
    """The recognisers without a code that may speak for a refusal with this code."""
    bare = book.entries.get("", [])
    if code in book.opaque:
        return ()
    return [each for each in bare if of_records(each)] if code in book.of_data else bare


def of_records(entry: Entry) -> bool:
    """Whether a recogniser stands for trouble with records or requests, and not with the connection."""
    return entry.cause.kind in (Kind.DATA, Kind.BUG) or entry.cause.id in _PASSING


def judge(refusal: Refusal, entry: Entry | None) -> Diagnosis:
    """Give the diagnosis of a refusal that this recogniser fits; ``unknown`` when none does."""
    if entry is None:
        return Diagnosis(cause=UNKNOWN, certain=False)
    cause, recogniser = entry.cause, entry.recogniser
    candidates = () if recogniser.certain else _candidates(cause, (refusal.code or "").casefold(), _flow(refusal))
    return Diagnosis(
        cause=cause.id,
        certain=recogniser.certain,
        candidates=candidates,
        matched=_matched(recogniser),
        hint=recogniser.hint,
    )


def comparable(text: str) -> str:
    """A message without what differs between its senders: case, spacing, typographic quotes, a closing full stop."""
    return " ".join(text.replace("\u2019", "'").casefold().split()).rstrip(" .")


def _rank(entry: Entry, refusal: Refusal, words: str) -> Rank | None:
    """How specifically a recogniser fits a refusal with its code; None when it does not."""
    recogniser, whole, part = entry.recogniser, entry.whole, entry.part
    fits = (
        (not whole or whole == words)
        and (not part or part in words)
        and (recogniser.shape is None or recogniser.shape is refusal.shape)
        and (recogniser.status is None or recogniser.status == refusal.status)
        and (refusal.fresh_token or not recogniser.fresh_token)
    )
    if not fits:
        return None
    level = 4 * recogniser.fresh_token + 2 * (recogniser.code is not None) + bool(whole or part)
    if recogniser.general and not (whole or part):
        level = -1
    narrowed = (recogniser.shape is not None) + (recogniser.status is not None)
    return level, bool(whole), narrowed, len(whole or part)


def _candidates(cause: Cause, code: str, flow: LoginFlow | None) -> tuple[Candidate, ...]:
    return tuple(
        candidate
        for candidate in cause.candidates
        if (not candidate.codes or code in {known.casefold() for known in candidate.codes})
        and (not candidate.flows or flow is None or flow in candidate.flows)
    )


def _flow(refusal: Refusal) -> LoginFlow | None:
    """The flow of the login that was refused, by the name of the request; None for another request or a bare text."""
    return next((flow for flow in LoginFlow if flow.request_label == refusal.where), None)


def _matched(recogniser: Recogniser) -> str:
    words = ": ".join(filter(None, (recogniser.code, recogniser.message or recogniser.message_has)))
    if words:
        return words
    status = f"HTTP {recogniser.status}" if recogniser.status is not None else ""
    return " ".join(filter(None, (status, recogniser.shape)))
