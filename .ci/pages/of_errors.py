"""The index of all codes and texts by which a cause is recognised, for who has an error in hand and no message of ours."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health import causes
from airflow_sf_health.causes import Recogniser
from pages.markdown import cause_link, cell, escaped, page


def errors_index() -> str:
    codes: dict[str, set[str]] = {}
    texts: dict[str, set[str]] = {}
    for cause_id, each in _recognisers():
        if each.code:
            codes.setdefault(each.code, set()).add(cause_id)
        if each.message or each.message_has:
            texts.setdefault(each.message or each.message_has or "", set()).add(cause_id)
        elif each.status and not each.code:
            codes.setdefault(f"HTTP {each.status}", set()).add(cause_id)
    return page(
        "# Index by error text",
        "What Salesforce, the way to it or Airflow says, and the causes that it can stand for. A code that stands beside several "
        "causes is told apart by the words that come with it; `sf-health diagnose` and "
        "`airflow_sf_health.diagnose()` read a whole error and say which it is.",
        "## Codes",
        _table("code", {f"`{code}`": found for code, found in codes.items()}),
        "## Texts",
        "Upper and lower case make no difference, and other words may stand before and after.",
        _table("text", {escaped(text): found for text, found in texts.items()}),
    )


def _recognisers() -> Iterator[tuple[str, Recogniser]]:
    """All but those in words of our own making, which nobody else says."""
    for cause_id in causes.CAUSE_IDS:
        for each in causes.cause(cause_id).recognisers:
            if each.shape != "no_answer":
                yield cause_id, each


def _table(head: str, found: dict[str, set[str]]) -> str:
    rows = [f"| {head} | cause |", "| --- | --- |"]
    for said in sorted(found, key=str.casefold):
        links = ", ".join(cause_link(cause_id, ".") for cause_id in sorted(found[said]))
        rows.append(f"| {cell(said)} | {links} |")
    return "\n".join(rows)
