"""What the commands' answers have in common."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.commands.console import Console
from airflow_sf_health.errors import SettingsError
from airflow_sf_health.present.layout import LABEL
from airflow_sf_health.provider_info import DOCS_URL


def coloured(text: str, style: str, console: Console) -> Iterator[str]:
    """The lines of a message: its headline in this style, its labels bold."""
    head, _, rest = text.partition("\n\n")
    yield from (console.paint(style, line) for line in head.splitlines())
    yield ""
    for line in rest.splitlines():
        label = line[:LABEL].rstrip()
        yield f"{console.paint('bold', label)}{line[len(label) :]}" if label else line


def docs_url() -> str:
    """Where the pages of causes are, by the site's settings as far as they can be read."""
    from airflow_sf_health.settings import settings

    try:
        return settings().docs_url
    except SettingsError:
        return DOCS_URL
