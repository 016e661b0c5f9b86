"""A cause, or what an error was diagnosed as, for people and for programs; without a report, so without real names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from airflow_sf_health.causes import Cause, Diagnosis, Retry, cause
from airflow_sf_health.present.layout import WIDTH, labelled, wrapped
from airflow_sf_health.present.links import fill
from airflow_sf_health.provider_info import DOCS_URL


def explanation(known: Cause, *, docs_url: str = DOCS_URL, width: int = WIDTH) -> str:
    """All that the cause's file says, for a reader who has the id from a message."""
    return _block(f"{known.id}: {_title(known)}.", _explained(known, docs_url), width)


def diagnosis_text(found: Diagnosis, *, docs_url: str = DOCS_URL, width: int = WIDTH) -> str:
    """What it is, what else it may be, and what to do."""
    known = cause(found.cause)
    title = _title(known)
    sure = "" if found.certain or not found.candidates else " Most likely; see what else looks the same."
    return _block(f"{title[:1].upper()}{title[1:]}.{sure}", _diagnosed(found, known, docs_url), width)


def diagnosis_payload(found: Diagnosis, *, docs_url: str = DOCS_URL) -> dict[str, Any]:
    """The diagnosis with the facts of its cause, as JSON values."""
    known = cause(found.cause)
    facts = {name: getattr(known, name) for name in ("kind", "who", "retry", "retry_after", "reauth")}
    texts = {"title": _title(known), "action": _words(known.action), "page": _page(known, docs_url)}
    return {**asdict(found), **facts, **texts}


def _explained(known: Cause, docs_url: str) -> Iterator[tuple[str, str]]:
    yield "means", _words(known.means)
    yield "shows", _words(known.shows)
    yield "do", _steps(known)
    yield "then", _words(known.works_again)
    yield "who", known.who
    yield "retry", _retry(known)
    yield "or else", "\n".join(f"{each.cause}: {_words(each.tell)}" for each in known.candidates)
    yield "article", _articles(known)
    yield "page", _page(known, docs_url)


def _diagnosed(found: Diagnosis, known: Cause, docs_url: str) -> Iterator[tuple[str, str]]:
    yield "matched", found.matched
    yield "means", _words(known.means)
    yield "here", found.hint
    yield "or else", "\n".join(f"{each.cause}: {_words(each.tell)}" for each in found.candidates)
    yield "do", _steps(known)
    yield "retry", _retry(known)
    yield "article", _articles(known)
    yield "cause", f"{known.id}   {_page(known, docs_url)}"


def _block(headline: str, parts: Iterator[tuple[str, str]], width: int) -> str:
    lines = [line for label, text in parts for line in labelled(label, text, width)]
    return "\n".join([*wrapped(headline, width), "", *lines])


def _title(known: Cause) -> str:
    return _words(known.title).rstrip(".")


def _words(text: str) -> str:
    """The text with its placeholders in words; a Setup page's has none, since the text names the place."""
    return fill(text, {})


def _steps(known: Cause) -> str:
    return "\n".join(f"{n}. {step.role}: {_words(step.text)}" for n, step in enumerate(known.steps, 1))


def _retry(known: Cause) -> str:
    words = {Retry.NEVER: "no", Retry.LATER: "yes, later", Retry.NOW: "yes, at once"}[known.retry]
    pause = f", after about {known.retry_after} s" if known.retry_after else ""
    return f"{words}{pause}; a new token {'helps' if known.reauth else 'does not help'}"


def _articles(known: Cause) -> str:
    numbered = ((each, f" {each.number}" if each.number else "") for each in known.articles)
    return "\n".join(f'{each.publisher}{number}, "{each.title}": {each.url}' for each, number in numbered)


def _page(known: Cause, docs_url: str) -> str:
    return f"{docs_url}/causes/{known.id}"
