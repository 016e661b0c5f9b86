"""The commands that the documentation shows exist, with these options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from airflow_sf_health import causes, cli
from airflow_sf_health.commands import ExitCode, by_words
from airflow_sf_health.schema.change import Kind

ROOT = Path(__file__).resolve().parents[2]
SHOWN = re.compile(r"(?:^|\| |\$\()(?:airflow )?sf-health ((?!fake-org)[^|#>\n)]+)")


def shown(page: Path) -> list[str]:
    """What stands behind `sf-health` in the page's code."""
    blocks = re.findall(r"^```(\S*).*?\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    lines = [line for language, block in blocks if language in ("", "sh") for line in block.splitlines()]
    return [found.strip() for line in lines for found in SHOWN.findall(line)]


ALL = dict(by_words())
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS_SHOWN = sorted({command for page in PAGES for command in shown(page)})


@pytest.mark.parametrize("command", COMMANDS_SHOWN)
def test_a_shown_command_can_be_given(command: str) -> None:
    """The parser takes it, and a cause that it names exists."""
    arguments = cli.parser().parse_args(shlex.split(command))
    assert arguments.command in ALL.values()
    assert getattr(arguments, "cause", "user_inactive") in causes.CAUSE_IDS


def test_each_command_is_shown() -> None:
    """The page on the command line has an example of each command, and with it of each of its options."""
    examples = shown(ROOT / "docs" / "command-line.md")
    assert {words for words in ALL if any(each.startswith(words) for each in examples)} == set(ALL)
    for words, command in ALL.items():
        given = {word.partition("=")[0] for each in examples if each.startswith(words) for word in each.split()}
        named = [set(argument.flags) for argument in command.arguments if argument.flags[0].startswith("-")]
        assert [flags for flags in named if not flags & given] == []


def test_each_exit_code_has_its_meaning() -> None:
    """The table has all of them, and no two mean the same."""
    assert len({code.meaning for code in ExitCode}) == len(ExitCode)


def test_each_kind_of_change_is_told() -> None:
    """The page on the schema has each kind of change that the commands may print, and no other."""
    page = (ROOT / "docs" / "metadata.md").read_text()
    table = page.partition("<!-- kinds -->")[2].partition("<!-- /kinds -->")[0]
    told = re.findall(r"`(\w+)`", table)
    assert sorted(told) == sorted(Kind)
