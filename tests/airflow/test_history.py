"""`sf-health history`: the examinations that the store keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pendulum
import pytest

from airflow_sf_health import cli
from airflow_sf_health.report import Cost, Finding, Level, Proof, Report
from airflow_sf_health.store import open_store

Said = pytest.CaptureFixture[str]
Examined = Callable[..., None]
START = pendulum.datetime(2026, 11, 22, 2, 0, 13, tz="UTC")
COST = Cost(http_requests=2, api_calls=1, logins=1, seconds=0.314)
FINDINGS = {
    "healthy": Finding(level=Level.OK, summary="a login", check="session.login"),
    "unhealthy": Finding(level=Level.FAILED, summary="no token", cause="user_inactive", check="session.login"),
    "degraded": Finding(level=Level.WARNING, summary="no login was made: it is not ours", check="session.login"),
    "undetermined": Finding(
        level=Level.UNKNOWN, summary="silence", cause="network_timeout", check="session.login", essential=True
    ),
}


@pytest.fixture
def examined(store: str) -> Examined:
    """Have the store keep an examination of `gone`, a connection that Airflow does not know."""

    def record(minute: int, verdict: str, by: str, **more: Any) -> None:
        report = Report(
            conn_id="gone", examined_at=START.add(minutes=minute), findings=(FINDINGS[verdict],), cost=COST, **more
        )
        open_store(store).verdicts.record("gone", report, by, keep=500)

    return record


def test_the_newest_is_first(examined: Examined, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """One line for each on a wide terminal: when, verdict, what it cost, how old its login was, cause (or what was found), and who asked."""
    monkeypatch.setenv("COLUMNS", "120")
    examined(0, "healthy", "crm.preflight", proof=Proof(at=START.subtract(seconds=12), flow="jwt_bearer", fresh=True))
    examined(1, "unhealthy", "sf-health check")
    examined(2, "healthy", "crm.load[3]", repairs=("The session was dead.",))
    examined(3, "degraded", "")
    assert cli.main(["history", "gone"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "The last 4 examinations of connection 'gone' (memory: this host only):",
        "",
        "  when (UTC)           verdict    seconds  requests  API calls  logins  proof  cause and by",
        "  2026-11-22 02:03:13  degraded      0.31         2          1       1      -  no login was made: it is not ours",
        "  2026-11-22 02:02:13  healthy       0.31         2          1       1      -  by crm.load[3], repaired",
        "  2026-11-22 02:01:13  unhealthy     0.31         2          1       1      -  user_inactive, by sf-health check",
        "  2026-11-22 02:00:13  healthy       0.31         2          1       1   12 s  by crm.preflight",
    ]


@pytest.mark.parametrize("columns", [80, 120])
def test_it_fits_the_terminal(examined: Examined, monkeypatch: pytest.MonkeyPatch, capsys: Said, columns: int) -> None:
    """No line is longer than the terminal is wide, however long the ids of DAG and task are."""
    monkeypatch.setenv("COLUMNS", str(columns))
    examined(0, "undetermined", f"{'a_long_name' * 12}.task[17]", repairs=("The session was dead.",))
    assert cli.main(["history", "gone"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if len(line) > columns]
    assert "".join(line.strip() for line in lines).count("a_long_name") == 12


def test_as_json(examined: Examined, capsys: Said) -> None:
    """All that is kept of each, for programs; as many as are asked for."""
    examined(0, "healthy", "crm.preflight", proof=Proof(at=START.subtract(seconds=12), flow="jwt_bearer", fresh=True))
    examined(1, "unhealthy", "sf-health check")
    assert cli.main(["history", "gone", "--json", "--last", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "conn_id": "gone",
        "memory": "this host only",
        "examinations": [
            {
                "examined_at": "2026-11-22T02:01:13Z",
                "verdict": "unhealthy",
                "cause": "user_inactive",
                "summary": "no token",
                "by": "sf-health check",
                "http_requests": 2,
                "api_calls": 1,
                "logins": 1,
                "seconds": 0.314,
                "repaired": False,
                "proof_at": None,
                "proof_age": None,
            }
        ],
    }
    assert cli.main(["history", "gone", "--json"]) == 0
    assert [each["proof_age"] for each in json.loads(capsys.readouterr().out)["examinations"]] == [None, 12]


def test_nothing_is_kept(capsys: Said) -> None:
    """That is said plainly, and is an answer."""
    assert cli.main(["history", "never"]) == 0
    assert capsys.readouterr().out == "No examination of connection 'never' is kept (memory: this host only).\n"
    assert cli.main(["history", "never", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["examinations"] == []


@pytest.mark.parametrize(
    ("store", "code", "words"),
    [
        ("none", 2, "[sf_health] store is 'none', so nothing is remembered.\n"),
        ("sqlite:////proc/no/store.db", 3, "The store"),
    ],
)
def test_no_store(monkeypatch: pytest.MonkeyPatch, capsys: Said, store: str, code: int, words: str) -> None:
    """One sentence, whether it was chosen so or does not work."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", store)
    assert cli.main(["history", "gone"]) == code
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith(f"sf-health: {words}")


def test_a_number_that_cannot_be_meant(capsys: Said) -> None:
    """Found before anything is read."""
    for number in ("0", "-1", "many"):
        with pytest.raises(SystemExit):
            cli.main(["history", "gone", "--last", number])
        assert f"'{number}' is no whole number from 1 up" in capsys.readouterr().err
