"""The doctor's lines, each for itself: what is found, what is odd, and that nothing of it can fail as a whole."""

from __future__ import annotations

import configparser
import threading
from collections.abc import Iterator
from pathlib import Path

import pendulum
import pytest

from airflow_sf_health.commands import ExitCode, doctor, doctor_network, doctor_verdict, doctor_versions
from airflow_sf_health.commands.doctor_lines import Line, State, exit_code, looked, note, ok, problem
from airflow_sf_health.commands.doctor_verdict import _PERMISSIONS
from airflow_sf_health.errors import SettingsError
from airflow_sf_health.report import Finding, Level, Report
from airflow_sf_health.store import StoreError

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
VARIABLES = (*doctor_network.BUNDLES, *doctor_network.UNREAD)


@pytest.fixture(autouse=True)
def _no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without proxies and bundles."""
    for name in (*VARIABLES, *doctor_network.PROXIES, *map(str.upper, doctor_network.PROXIES)):
        monkeypatch.delenv(name, raising=False)


def only(lines: Iterator[Line]) -> Line:
    [line] = lines
    return line


def test_what_fails_is_one_line() -> None:
    """An error of ours or of an import is told in its words; of others' the kind and place, as their texts may hold secrets."""

    def failing(error: BaseException) -> Line:
        def look() -> Iterator[Line]:
            raise error

        return only(iter(looked("a.part", look)))

    assert failing(StoreError("it is wrong.")).said == "not known: it is wrong"
    assert "No module named 'zeep'" in failing(ModuleNotFoundError("No module named 'zeep'")).said
    foreign = failing(ValueError("canary"))
    assert foreign.said.startswith("not known: ValueError in test_doctor.py, line ")
    assert failing(SystemExit(1)).state is State.PROBLEM


def test_a_broken_settings_file_of_airflow() -> None:
    """The file and the line in it are named, as by the other commands, and nothing of what stands there."""
    line = doctor._not_started(configparser.MissingSectionHeaderError("/etc/airflow.cfg", 3, "canary"))
    assert (line.id, line.state) == ("airflow.starts", State.PROBLEM)
    assert "its airflow.cfg, /etc/airflow.cfg, line 3, is not written as it must be" in line.said
    assert line.fix.startswith("Mend it there")
    assert "canary" not in line.said + line.fix


def test_what_hangs_on_another_line_is_a_note() -> None:
    """What wrong settings keep from being known, or an Airflow that does not start, is not told as a problem once more."""

    def look(error: Exception) -> Iterator[Line]:
        raise error

    wrong = only(iter(looked("a.part", lambda: look(SettingsError("it is wrong.")))))
    assert (wrong.state, wrong.said) == (State.NOTE, "not known, since [sf_health] is wrong")
    down = only(iter(looked("a.part", lambda: look(ValueError("canary")), is_started=False)))
    assert (down.state, down.said) == (State.NOTE, "not known, since Airflow does not start")


def test_what_does_not_end_is_one_line() -> None:
    """After its time limit a part is left to itself, and the others have their turn."""
    never = threading.Event()

    def look() -> Iterator[Line]:
        never.wait(5)
        yield ok("a.part", "late")

    said = only(iter(looked("a.part", look, seconds=0.05)))
    never.set()
    assert (said.state, said.said) == (State.PROBLEM, "not known: there was no answer within 0.05 s")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([ok("a", ""), note("b", "", "")], ExitCode.DONE),
        ([note("a", "", ""), problem("b", "", "")], ExitCode.UNHEALTHY),
        ([Line("a", State.NOTE, "", "", ExitCode.NOT_ASKED), ok("b", "")], ExitCode.NOT_ASKED),
        ([Line("a", State.NOTE, "", "", ExitCode.NOT_ASKED), problem("b", "", "")], ExitCode.UNHEALTHY),
        ([Line("a", State.PROBLEM, "", "", ExitCode.USAGE), problem("b", "", "")], ExitCode.USAGE),
    ],
)
def test_the_exit_code_of_all(lines: list[Line], code: ExitCode) -> None:
    """Notes cost nothing; what cannot be meant so goes before a problem, and that before silence."""
    assert exit_code(lines) is code


@pytest.mark.parametrize(
    ("environment", "state", "words"),
    [
        ({}, "ok", "none in the environment"),
        ({"HTTPS_PROXY": "http://u:canary@proxy:3128"}, "ok", "HTTPS_PROXY=http://***@proxy:3128"),
        ({"HTTPS_PROXY": "u:canary@proxy:3128"}, "ok", "http://***@proxy:3128"),
        ({"HTTPS_PROXY": "http://u:canary@proxy:port"}, "note", "HTTPS_PROXY is no address"),
        ({"HTTPS_PROXY": "http://u:1#canary@proxy:3128"}, "note", "HTTPS_PROXY=*** (no address)"),
        ({"HTTPS_PROXY": "http://u:ca@nary/canary#@127.0.0.1:9"}, "note", "HTTPS_PROXY=*** (no address)"),
        ({"HTTPS_PROXY": "u:1?canary@proxy:3128"}, "note", "HTTPS_PROXY=*** (no address)"),
        ({"HTTPS_PROXY": "http://"}, "note", "HTTPS_PROXY=*** (no address)"),
        ({"HTTP_PROXY": "http://proxy:3128"}, "note", "HTTP_PROXY alone does nothing"),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "note", "https_proxy and HTTPS_PROXY differ"),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "a.com, .salesforce.com"}, "note", "past the proxy"),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "force.com,localhost"}, "ok", "NO_PROXY=force.com,localhost"),
    ],
)
def test_proxies(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], state: str, words: str) -> None:
    """What is in effect, what is odd about it, and no password."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    line = only(doctor_network.proxies(None))
    assert (line.state, words in line.said, bool(line.fix)) == (state, True, state != "ok")
    assert "canary" not in line.said + line.fix


@pytest.mark.parametrize("name", VARIABLES)
def test_a_bundle_that_is_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Where the clients read the variable, no request would succeed; where they do not, that is said."""
    monkeypatch.setenv(name, "/nowhere/ca.pem")
    line = only(doctor_network.authorities())
    assert line.state is (State.NOTE if name in doctor_network.UNREAD else State.PROBLEM)
    assert name in line.said
    assert line.fix


@pytest.mark.parametrize("text", ["", "no certificate"])
def test_a_bundle_without_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    """A file that holds none is as good as none."""
    (tmp_path / "ca.pem").write_text(text)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    line = only(doctor_network.authorities())
    assert (line.state, "holds no certificates" in line.said) == (State.PROBLEM, True)


def test_the_usual_authorities() -> None:
    """Without a variable they are those of certifi."""
    assert only(doctor_network.authorities()) == ok("network.ca", "those of certifi")


def test_versions_out_of_range() -> None:
    """What is installed is held against the range, and what is to be installed is said with it."""
    assert doctor_versions._in_range("Airflow", "3.0.6", "!=3.0.*,>=2.11") == (
        "Airflow 3.0.6 is not supported (!=3.0.*,>=2.11)",
        False,
    )
    assert doctor_versions._in_range("Airflow", "3.3.0rc1", ">=2.11")[1]
    missing = doctor_versions._judged("versions.other", "Other", "no-such-distribution", {})
    assert (missing.state, missing.fix) == (State.PROBLEM, 'Install it: pip install "no-such-distribution".')


@pytest.mark.parametrize(
    ("summary", "is_withheld"),
    [
        ("record of User could not be asked: HTTP 403 INSUFFICIENT_ACCESS: no", True),
        ("UserLogin gave no row for the user", True),
        ("login (user name, password) could not be asked: name does not resolve", False),
        ("describe of User could not be asked: HTTP 503 SERVER_UNAVAILABLE: busy", False),
    ],
)
def test_a_permission_where_salesforce_withholds(summary: str, is_withheld: bool) -> None:
    """Only there it is advised; and the words behind the id of a check are not taken for a secret of that name."""
    for check in ("user.frozen", "user.password"):
        finding = Finding(level=Level.UNKNOWN, summary=summary, check=check)
        report = Report(conn_id="crm", examined_at=pendulum.now("UTC"), findings=(finding,))
        line = doctor._without_secrets(only(doctor_verdict.not_asked(report)), None)
        assert ("Give the integration user" in line.fix) is (is_withheld and check in _PERMISSIONS)
        assert "***" not in line.said


def test_missing_permissions_are_those_of_the_page() -> None:
    """What the doctor would have given for a check is what the page on permissions names for it."""
    page = PAGE.read_text(encoding="utf-8")
    for check, (permission, file) in _PERMISSIONS.items():
        [row] = [line for line in page.splitlines() if line.startswith(f"| `{check}` |")]
        assert permission.partition("(")[2].rstrip(")") in row
        assert (PAGE.parent / "permission-sets" / f"Airflow_SF_Health_{file}.permissionset-meta.xml").exists()
