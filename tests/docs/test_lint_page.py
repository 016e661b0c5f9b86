"""The page on lint shows what the command says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health import cli
from airflow_sf_health.commands.lint_found import Status
from airflow_sf_health.commands.lint_remarks import Topic

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def keys_of(table: str) -> set[str]:
    """What stands in the first column."""
    return {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the file of the page."""
    file = tmp_path / "dags" / "crm" / "accounts.py"
    file.parent.mkdir(parents=True)
    file.write_text(blocks("python")[0])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.mark.parametrize(("form", "block"), [("text", 0), ("github", 1)])
def test_it_says_what_the_page_shows(here: Path, capsys: pytest.CaptureFixture[str], form: str, block: int) -> None:
    """The examples are those of this very file."""
    assert cli.main(["lint", "dags", "--format", form]) == 1
    assert capsys.readouterr().out == blocks("text")[block]


def test_the_json_has_the_keys_of_the_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those, and no others."""
    cli.main(["lint", "dags", "--format=json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    table = PAGE.partition("<!-- task keys -->\n")[2].partition("<!-- /task keys -->")[0]
    assert {key for task in found["tasks"] for key in task} == keys_of(table)
    assert set(found) == {"version", "policy", "summary", "tasks", "errors", "baseline"}
    assert all(f"`{key}`" in PAGE for key in found)
    assert found["version"] == 1


def test_each_status_and_topic_is_told() -> None:
    """The tables have all that there are."""
    statuses, topics = (PAGE.partition(head)[2].partition("\n\n")[0] for head in ("| status |", "| topic |"))
    assert set(re.findall(r"^\| `([\w ]+)` \|", statuses, re.MULTILINE)) == set(Status.__args__)  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `(\w+)` \|", topics, re.MULTILINE)) == set(Topic.__args__)  # type: ignore[attr-defined]


def test_the_commands_of_the_jobs_can_be_given() -> None:
    """Those in the files for GitHub and pre-commit too."""
    commands = re.findall(r"(?:run|entry): sf-health (.*)", "".join(blocks("yaml")))
    assert len(commands) == 2
    for command in commands:
        assert cli.parser().parse_args(shlex.split(command)).command.name == "lint"
