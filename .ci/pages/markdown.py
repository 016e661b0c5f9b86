"""What the pages are written in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from airflow_sf_health.present.links import fill


def page(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def section(head: str, lines: Iterable[str]) -> list[str]:
    text = "\n".join(lines)
    return [head, text] if text else []


def toctree(entries: Iterable[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", "", *entries, "```"])


def check_link(check_id: str, folder: str) -> str:
    return f"[`{check_id}`]({folder}/{check_id.replace('.', '/')}.md)"


def cause_link(cause_id: str, folder: str) -> str:
    return f"[`{cause_id}`]({folder}/{cause_id}.md)"


def shown(text: str) -> str:
    """A cause's text with its placeholders in words; a Setup page's has none, since the text names the place."""
    return escaped(fill(text, {}))


def escaped(text: str) -> str:
    """Keep angle brackets outside of code from becoming HTML."""
    return re.sub(r"(`[^`]*`)|<", lambda match: match[1] or "&lt;", text)


def cell(text: str) -> str:
    return text.replace("|", "\\|")
