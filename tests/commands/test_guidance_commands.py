"""`diagnose`, `explain` and `list`: the commands that ask no org."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from airflow_sf_health import causes, checks, cli

INACTIVE = '{"error": "invalid_grant", "error_description": "inactive user"}'


def say(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Have standard input hold this."""
    stdin = SimpleNamespace(buffer=io.BytesIO(content), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)


def test_diagnose_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A body in a file is named by its cause, with what to do."""
    file = tmp_path / "body.json"
    file.write_text(INACTIVE)
    assert cli.main(["diagnose", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("The integration user is inactive.\n\n  matched  ")
    assert "\n  do       1. Salesforce administrator: " in said
    assert "\n  cause    user_inactive" in said


@pytest.mark.parametrize("arguments", [["diagnose"], ["diagnose", "-"]])
def test_diagnose_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """Without a file, what is piped in is read; JSON is all that there is on standard output."""
    say(monkeypatch, INACTIVE.encode())
    assert cli.main([*arguments, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["cause"], said["certain"], said["retry"], said["reauth"]) == ("user_inactive", True, "never", False)
    assert said["page"].endswith("/causes/user_inactive")


def test_diagnose_what_nobody_knows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown text is an answer, and bytes that are no text are no trouble."""
    say(monkeypatch, b"\xff\xfe what \x1b[2J nobody \x00 knows")
    assert cli.main(["diagnose", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cause"] == "unknown"


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "the input is empty"), (b" \n", "the input is empty"), (None, "cannot be read")]
)
def test_diagnose_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, words: str
) -> None:
    """Without an error there is nothing to diagnose, and a missing file is said."""
    file = tmp_path / "log"
    if content is not None:
        file.write_bytes(content)
    assert cli.main(["diagnose", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err


@pytest.mark.parametrize("cause_id", causes.CAUSE_IDS)
@pytest.mark.parametrize("columns", ["80", "120"])
def test_explain_each_cause(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cause_id: str, columns: str
) -> None:
    """Each cause is told within the columns of the terminal, links excepted, and with no placeholder left."""
    monkeypatch.setenv("COLUMNS", columns)
    assert cli.main(["explain", cause_id]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{cause_id}: ")
    assert not [each for each in lines if len(each) > int(columns) and "://" not in each]
    assert not [each for each in lines if "{" in each and "}" in each and "_url" in each]


def test_explain_an_unknown_cause(capsys: pytest.CaptureFixture[str]) -> None:
    """A slip is told with the nearest id."""
    assert cli.main(["explain", "user_inactve"]) == 2
    assert capsys.readouterr().err == ("sf-health: there is no cause 'user_inactve'. Did you mean 'user_inactive'?\n")


def test_explain_knows_the_sites_causes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a site adds to a cause is explained with it."""
    (tmp_path / "user_inactive.md").write_text('+++\nextends = true\nrunbook = "https://wiki.example.com/crm"\n+++\n')
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CAUSES", str(tmp_path))
    assert cli.main(["explain", "user_inactive"]) == 0
    assert "https://wiki.example.com/crm" in capsys.readouterr().out
    monkeypatch.delenv("AIRFLOW__SF_HEALTH__CAUSES")
    causes.use_site_causes("")


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert cli.main(["list", *arguments]) == 0
    return [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[:1].strip()]


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Both lists, or the one that is asked for, with the id in the first column."""
    known = list(checks.select()), list(causes.CAUSE_IDS)
    assert listed(capsys, "checks") == known[0]
    assert listed(capsys, "causes") == known[1]
    assert listed(capsys) == ["checks", *known[0], "causes", *known[1]]


def test_list_what_is_no_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Another word is a mistake in the command."""
    with pytest.raises(SystemExit, match="2"):
        cli.main(["list", "users"])
    assert "invalid choice: 'users'" in capsys.readouterr().err
