"""A page for each cause, from its file."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health import causes, checks
from airflow_sf_health.causes import Cause
from pages.markdown import cause_link, check_link, escaped, page, section, shown, toctree
from pages.of_checks import causes_of


def causes_index() -> str:
    known = [causes.cause(each) for each in causes.CAUSE_IDS]
    rows = [f"| {cause_link(each.id, '.')} | {shown(each.title)} | {each.who} | {each.retry} |" for each in known]
    return page(
        "# Causes",
        "The known reasons why a Salesforce connection does not work, each with what it means, how it shows, what to do "
        "and who must do it. A message of the examination names its cause by the id below. With another tool's error in hand, "
        "look it up in the [index by error text](by-error-text.md).",
        "\n".join(["| cause | means | who acts | retry |", "| --- | --- | --- | --- |", *rows]),
        toctree(["by-error-text", *causes.CAUSE_IDS]),
    )


def cause_page(cause: Cause) -> str:
    steps = "\n".join(f"{n}. **{step.role}**: {shown(step.text)}" for n, step in enumerate(cause.steps, 1))
    return page(
        f"# `{cause.id}`",
        f"**{shown(cause.title)[:1].upper()}{shown(cause.title)[1:]}.**",
        f"* Who acts: {cause.who}\n* Does a retry help: {_retry(cause)}\n"
        f"* Does a new token help: {'yes' if cause.reauth else 'no'}",
        *("## Means", shown(cause.means), "## Shows", shown(cause.shows), "## Do", steps),
        *("## Works again", shown(cause.works_again)),
        *section("## What else looks like this", _candidates(cause)),
        *section("## Recognised by", _recognisers(cause)),
        *section("## Named by", (f"* {check_link(each, '../checks')}" for each in _checks_naming(cause))),
        *section("## Articles", _articles(cause)),
    )


def _retry(cause: Cause) -> str:
    words = {"never": "no", "later": "yes, later", "now": "yes, at once"}[cause.retry]
    return f"{words}, after about {cause.retry_after} s" if cause.retry_after else words


def _candidates(cause: Cause) -> Iterator[str]:
    for each in cause.candidates:
        name = cause_link(each.cause, ".") if each.cause in causes.CAUSE_IDS else f"`{each.cause}`"
        yield f"* {name}: {shown(each.tell)}"


def _recognisers(cause: Cause) -> Iterator[str]:
    """What Salesforce says, in the words that a reader may have searched for."""
    seen = set()
    for each in cause.recognisers:
        status, shape = (
            f"HTTP {each.status}" if each.status else "",
            f"a reply of the kind {each.shape}" if each.shape else "",
        )
        said = each.message or (f"… {each.message_has} …" if each.message_has else "")
        parts = [status, shape, f"`{each.code}`" if each.code else "", f'"{escaped(said)}"' if said else ""]
        line = " · ".join(part for part in parts if part)
        line += "; right after a fresh login" if each.fresh_token else ""
        line += "" if each.certain else "; said for other causes too"
        if line not in seen:
            seen.add(line)
            yield f"* {line}"


def _checks_naming(cause: Cause) -> list[str]:
    return [each for each in checks.CATALOGUE if cause.id in causes_of(each)]


def _articles(cause: Cause) -> Iterator[str]:
    for each in cause.articles:
        number = f" {each.number}" if each.number else ""
        yield f"* {each.publisher}{number}: [{escaped(each.title)}]({each.url})"
