"""Logging in on demand, as a task and as a command, on a real Airflow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canaries import Canaries

from airflow_sf_health import cli
from airflow_sf_health.operators.reauthenticate import SalesforceReauthenticateOperator
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.present.payload import load
from airflow_sf_health.report import Verdict
from airflow_sf_health.testing import FakeOrg

RunTask = Callable[..., Any]
Connect = Callable[..., None]
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _logins_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by default."""
    for name, seconds in (("PASS_TTL", "60"), ("TOKEN_TTL", "1800"), ("REFUSAL_TTL", "60")):
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", seconds)


@pytest.fixture
def canaries(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Canaries:
    """What must be shown nowhere; masks are off, since what they would hide must not be there in the first place."""
    monkeypatch.setattr("airflow_sf_health.compat.mask_secret", lambda *_: None)
    monkeypatch.setenv("AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS", "False")
    return Canaries(org)


def wide(text: str) -> str:
    """The text without its line breaks."""
    return " ".join(text.split())


# ── the operator ──


def test_it_takes_what_the_preflight_takes() -> None:
    """Templates, links and parameters are those of the preflight, of which it is one."""
    assert issubclass(SalesforceReauthenticateOperator, SalesforcePreflightOperator)
    task = SalesforceReauthenticateOperator(task_id="t", requirements={"sandbox": False}, checks=["user"])
    assert "salesforce_conn_id" in task.template_fields
    assert [each.name for each in task.operator_extra_links] == ["Salesforce article", "Salesforce setup page"]


def test_a_live_session(org: FakeOrg, run_task: RunTask) -> None:
    """The same token, as its session is alive, is a success; one login is made, and XCom is the report with what was done beside it."""
    run_task()
    org.reset_counts()
    ran = run_task("reauthenticate")
    assert ran.state == "success", ran.log
    assert "The token is the same as before: its session is alive" in ran.log
    assert load(ran.report).verdict is Verdict.HEALTHY
    told = ran.report["reauthenticated"]
    assert (told["login"], told["flow"], told["token"], told["shared"]) == ("made", "jwt_bearer", "same", True)
    assert org.counts().logins == 1


def test_a_dead_session(org: FakeOrg, run_task: RunTask) -> None:
    """A new token, which the next task takes: it makes no login, and is healthy."""
    run_task()
    org.expire_sessions()
    ran = run_task("reauthenticate")
    assert (ran.state, ran.report["reauthenticated"]["token"]) == ("success", "new"), ran.log
    assert "The token is a new one" in ran.log
    org.reset_counts()
    assert run_task().state == "success"
    assert org.counts().logins == 0


def test_a_deactivated_user(org: FakeOrg, run_task: RunTask) -> None:
    """It fails at the first try with the advice of an examination, and XCom says that no token was had."""
    org.user().active = False
    ran = run_task("reauthenticate", retries=3)
    assert (ran.state, ran.tries) == ("failed", 1)
    assert "Asked for a token by JWT bearer, and got none." in ran.log
    assert "is unhealthy: the integration user is inactive." in ran.log
    assert "Salesforce administrator: " in ran.log
    assert ran.report["reauthenticated"]["login"] == "failed"
    assert ran.report["cause"] == "user_inactive"


def test_nothing_that_is_remembered_counts(org: FakeOrg, run_task: RunTask) -> None:
    """After a refused login that other tasks repeat, and their verdict, it asks; and what it found they take."""
    org.user().active = False
    assert run_task().state == "failed"
    org.user().active = True
    org.reset_counts()
    assert run_task("reauthenticate").state == "success"
    assert org.counts().logins == 1
    ran = run_task()
    assert (ran.state, org.counts().logins) == ("success", 1), ran.log


def test_its_verdict_is_a_pass(org: FakeOrg, run_task: RunTask) -> None:
    """A preflight that asks the same within the minute takes it over."""
    run_task("reauthenticate")
    org.reset_counts()
    ran = run_task()
    assert (ran.state, org.counts().http_requests) == ("success", 0), ran.log


def test_it_may_run_again_and_again(org: FakeOrg, run_task: RunTask) -> None:
    """The same comes of it, and nobody's session is ended."""
    for token in (None, "same", "same"):
        assert run_task("reauthenticate").report["reauthenticated"]["token"] == token
    assert not [each for each in org.requests() if "revoke" in each.path]


@pytest.mark.parametrize("beside", [True, False])
def test_a_ready_session(org: FakeOrg, crm_prod: Connect, run_task: RunTask, beside: bool) -> None:
    """The flow beside it logs in; where there is none, that is told and fails at once."""
    if beside:
        crm_prod("jwt", **org.connection("session")["extra"])
    else:
        crm_prod("session")
    ran = run_task("reauthenticate", retries=2)
    told = ran.report["reauthenticated"]
    if beside:
        assert (ran.state, told["login"], told["flow"]) == ("success", "made", "jwt_bearer")
        assert "The ready session in the connection stays what tasks use first." in ran.log
    else:
        assert (ran.state, ran.tries, told["login"]) == ("failed", 1, "impossible")
        assert "holds a ready session and nothing that makes a new one" in ran.log


def test_a_refresh_token_of_another_owner(org: FakeOrg, crm_prod: Connect, run_task: RunTask) -> None:
    """It is not spent, which a warning and XCom say."""
    crm_prod("refresh_token", refresh_token_owner="skyvia")
    ran = run_task("reauthenticate")
    assert (ran.state, ran.report["reauthenticated"]["login"]) == ("success", "withheld")
    assert "No login was made: its refresh token belongs to 'skyvia'" in ran.log
    assert org.counts().logins == 0


def test_a_rotating_refresh_token(
    org: FakeOrg, crm_prod: Connect, run_task: RunTask, capfd: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run spends the newest token and keeps the one that came for it, so that the next can log in too; a reset forgets none."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__INSTALLATION", "acme-airflow")
    org.state.apps[0].refresh_token_rotation = True
    crm_prod("refresh_token", refresh_token_rotation=True, refresh_token_owner="acme-airflow")
    for _ in range(2):
        ran = run_task("reauthenticate")
        assert (ran.state, ran.report["reauthenticated"]["login"]) == ("success", "made"), ran.log
        assert cli.main(["reset", "crm_prod"]) == 0
        assert "The rotating refresh token in the store's keeping stays" in wide(capfd.readouterr().out)
    tokens = org.state.refresh_tokens
    assert [each.spent for each in tokens if each.family == tokens[-1].family] == [True, True, False]


def test_an_unknown_connection(run_task: RunTask, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not tried again, as by the preflight: Airflow, asked a second time, is certain that there is none."""
    monkeypatch.delenv("AIRFLOW_CONN_CRM_PROD")
    ran = run_task("reauthenticate", retries=1)
    assert (ran.state, ran.tries, ran.report["reauthenticated"]["login"]) == ("failed", 1, "impossible"), ran.log


@pytest.mark.parametrize("flow", ["jwt", "soap_token", "refresh_token"])
def test_what_it_leaves_holds_no_secret(
    org: FakeOrg, canaries: Canaries, crm_prod: Connect, run_task: RunTask, store: str, flow: str
) -> None:
    """Neither XCom, log nor store shows a token or a secret of the connection, by OAuth, SOAP and a refresh token."""
    crm_prod(flow)
    for _ in range(2):
        ran = run_task("reauthenticate")
        kept = b"".join(each.read_bytes() for each in Path(store.removeprefix("sqlite:///")).parent.iterdir())
        assert ran.state == "success", ran.log
        assert canaries.found_in(ran.log, json.dumps(ran.report), kept.decode("latin-1")) == []
        canaries.remember()
        org.expire_sessions()


# ── the command ──


def test_the_command_says_what_it_did(org: FakeOrg, crm_prod: Connect, capsys: Said) -> None:
    """First the login in a sentence or two, then the examination; exit code 0."""
    assert cli.main(["reauthenticate", "crm_prod"]) == 0
    capsys.readouterr()
    assert cli.main(["reauthenticate", "crm_prod"]) == 0
    login, examined = capsys.readouterr().out.split("\n\n", 1)
    assert wide(login).startswith("Logged in by JWT bearer at ")
    assert wide(login).endswith("Salesforce gives it again. Other tasks take it from now on.")
    assert examined.startswith("Salesforce connection 'crm_prod' is healthy.\n")


def test_the_command_for_programs(org: FakeOrg, crm_prod: Connect, capsys: Said) -> None:
    """The report with `reauthenticated` beside it, and nothing else; the verdict is the exit code."""
    org.user().active = False
    assert cli.main(["reauthenticate", "crm_prod", "--json"]) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (load(told).verdict, told["reauthenticated"]["login"], said.err) == (Verdict.UNHEALTHY, "failed", "")


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("flow", ["jwt", "session"])
def test_it_fits_the_terminal(
    crm_prod: Connect, monkeypatch: pytest.MonkeyPatch, capsys: Said, columns: int, flow: str
) -> None:
    """No line is longer than the terminal is wide, links excepted."""
    monkeypatch.setenv("COLUMNS", str(columns))
    crm_prod(flow)
    cli.main(["reauthenticate", "crm_prod"])
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert not [line for line in lines if len(line) > columns and "://" not in line]


def test_the_command_asks_for_what_the_task_needs(crm_prod: Connect, tmp_path: Path, capsys: Said) -> None:
    """The file is read as by `check`."""
    file = tmp_path / "crm.yaml"
    file.write_text("sandbox: true\n")
    assert cli.main(["reauthenticate", "crm_prod", "--requirements", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["cause"] == "wrong_org"


def test_the_command_on_an_unknown_connection(capsys: Said) -> None:
    """A slip is told, and no report."""
    assert cli.main(["reauthenticate", "nowhere"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "there is no connection 'nowhere'" in said.err


def test_the_command_shows_no_secret(canaries: Canaries, crm_prod: Connect, capfd: Said) -> None:
    """Neither stream holds a token."""
    for arguments in ([], ["--json"]):
        crm_prod("password")
        cli.main(["reauthenticate", "crm_prod", *arguments])
        said = capfd.readouterr()
        assert canaries.found_in(said.out, said.err) == []


# ── what is remembered of it ──


def test_by_hand_everything_is_asked_afresh(org: FakeOrg, crm_prod: Connect, run_task: RunTask, capfd: Said) -> None:
    """`check` takes over neither verdict nor refused login, and tasks take what it found."""
    org.user().active = False
    assert run_task().state == "failed"
    org.user().active = True
    capfd.readouterr()
    assert cli.main(["check", "crm_prod"]) == 0
    org.reset_counts()
    assert run_task().state == "success"
    assert org.counts().http_requests == 0


def test_reset_lets_the_next_task_ask(org: FakeOrg, crm_prod: Connect, run_task: RunTask, capfd: Said) -> None:
    """The remembered refusal and the verdict are told and gone."""
    org.user().active = False
    assert run_task().state == "failed"
    org.user().active = True
    capfd.readouterr()
    assert cli.main(["reset", "crm_prod"]) == 0
    said = wide(capfd.readouterr().out)
    assert "the refused login of" in said
    assert "1 verdict." in said
    assert run_task().state == "success"


def test_each_of_them_is_in_the_history(org: FakeOrg, run_task: RunTask, capfd: Said) -> None:
    """Who asked is told; a verdict that was taken over is none of its own."""
    run_task()
    run_task()
    run_task("reauthenticate")
    cli.main(["check", "crm_prod"])
    cli.main(["reauthenticate", "crm_prod"])
    capfd.readouterr()
    assert cli.main(["history", "crm_prod", "--json"]) == 0
    examined = json.loads(capfd.readouterr().out)["examinations"]
    assert [each["by"] for each in examined] == [
        "sf-health reauthenticate",
        "sf-health check",
        "one_task.task",
        "one_task.task",
    ]
    assert [each["logins"] for each in examined] == [1, 1, 1, 1]
