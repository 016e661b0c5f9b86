"""The pages on shared logins and verdicts show what is said, code that exists, and the times that hold."""

from __future__ import annotations

import ast
import importlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from reports import report_of

from airflow_sf_health.edges.shared_report import LONGEST_UNHEALTHY
from airflow_sf_health.org import leases
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.guarded_session import remembered
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.reauthenticated import login_said
from airflow_sf_health.present.text import headline
from airflow_sf_health.provider_info import CONFIG_OPTIONS
from airflow_sf_health.report import Cost, Proof, Reused
from airflow_sf_health.report.reauthenticated import LoginMade, Reauthenticated

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sharing.md").read_text(encoding="utf-8")
FAILING = (ROOT / "docs" / "failing-tasks.md").read_text(encoding="utf-8")
GOLDEN = ROOT / "tests" / "present" / "golden"


def blocks(page: str, language: str = "text") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def one_line(text: str) -> str:
    return " ".join(text.split())


SAID = [one_line(each) for each in blocks(PAGE)]


@pytest.mark.parametrize("block", [each for each in [*blocks(PAGE), *blocks(FAILING)] if each.startswith("  ")])
def test_lines_of_a_message_are_those_of_a_message(block: str) -> None:
    """Each line that is shown of a message stands in one that is held by a test."""
    lines = [one_line(each) for each in re.split(r"\n(?=  \w)", block)]
    messages = [one_line(path.read_text(encoding="utf-8")) for path in GOLDEN.glob("*.txt")]
    assert [each for each in lines if not any(each in message for message in messages)] == []


def test_the_verdict_that_is_taken_over_is_told_like_this() -> None:
    """The first example is what a preflight writes into its log."""
    report = report_of()
    at = report.examined_at
    report = replace(
        report,
        conn_id="crm_prod",
        cost=Cost(seconds=0.01),
        proof=Proof(at=at.subtract(seconds=2), flow=LoginFlow.JWT_BEARER, fresh=True),
        reused=Reused(at=at.add(seconds=12), by="import_accounts.preflight"),
        memory="this host only",
    )
    assert SAID[0] == f"{headline(report)} Asked {coverage(report)}."


def test_the_login_on_demand_is_told_like_this() -> None:
    """The example of its log is what the operator says."""
    at = report_of().examined_at.set(hour=2, minute=1, second=13)
    done = Reauthenticated(
        login=LoginMade.MADE, report=report_of(), flow=LoginFlow.JWT_BEARER, at=at, is_new=True, shared=True
    )
    assert f"Salesforce connection 'crm_prod': {login_said(done)}" in SAID


def test_the_client_fails_like_this() -> None:
    """The example of a client that gets no token has the words and times of the first refusal."""
    first = Refusal(
        shape=Shape.OAUTH,
        code="invalid_grant",
        message="inactive user",
        at="2026-11-22T02:00:13Z",
        not_before="2026-11-22T02:01:13Z",
        repeated=True,
    )
    [shown] = [each for each in SAID if each.startswith("SalesforceAuthenticationFailed: ")]
    assert shown.endswith(f"(code: {first.code}): {first.message}{remembered(first)}")


@pytest.mark.parametrize("block", blocks(PAGE, "python"), ids=lambda block: block.splitlines()[0])
def test_what_it_imports_of_ours_exists(block: str) -> None:
    """Each example is Python, and the names that it takes from this package are public there."""
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("airflow_sf_health"):
            assert {each.name for each in node.names} <= set(importlib.import_module(str(node.module)).__all__)


def test_the_times_are_those_that_hold() -> None:
    """The page's seconds and minutes are the defaults."""
    ttl = {name: float(option["default"]) for name, option in CONFIG_OPTIONS.items() if name.endswith("_ttl")}
    assert ttl == {"pass_ttl": 60, "token_ttl": 30 * 60, "refusal_ttl": 60}
    for said in ("60 seconds (`pass_ttl`)", "30 minutes from its login on (`token_ttl`)", "60 seconds (`refusal_ttl`)"):
        assert said in PAGE
    assert f"any other: {LONGEST_UNHEALTHY:g} seconds" in PAGE
    assert leases.SECONDS == 10
    assert "holds up the others for ten seconds at most" in PAGE


def test_each_option_that_switches_it_off_is_one() -> None:
    """The options of the last table exist."""
    table = PAGE.partition("## Switch it off")[2]
    assert set(re.findall(r"^\| `(\w+) = ", table, re.MULTILINE)) <= set(CONFIG_OPTIONS)
