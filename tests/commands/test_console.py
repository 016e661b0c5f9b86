"""Where a command's answer goes."""

from __future__ import annotations

import io

import pytest

from airflow_sf_health.commands.console import Console, printable


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of colours and columns."""
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_colours_on_a_terminal() -> None:
    """A terminal gets colours, and they end where the text does."""
    assert Console.on(Terminal()).paint("bad", "x") == "\033[31mx\033[0m"


def test_no_colours_elsewhere() -> None:
    """A file or a pipe gets the bare text."""
    assert Console.on(io.StringIO()).paint("bad", "x") == "x"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colours_where_nobody_wants_them(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """NO_COLOR and a terminal that knows none are respected."""
    monkeypatch.setenv(name, value)
    assert Console.on(Terminal()).paint("bad", "x") == "x"


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("300", 120), ("10", 40), (None, 120)])
def test_width(monkeypatch: pytest.MonkeyPatch, columns: str | None, width: int) -> None:
    """As wide as the terminal, within what can be read."""
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    assert Console.on(io.StringIO()).width == width


def test_a_foreign_text_cannot_steer_the_terminal() -> None:
    """Escape sequences in what somebody else said are shown, not obeyed; lines and tabs stay."""
    assert printable("a\033[2Jb\r\n\tc\x9b") == "a\N{REPLACEMENT CHARACTER}[2Jb\n\tc\N{REPLACEMENT CHARACTER}"
