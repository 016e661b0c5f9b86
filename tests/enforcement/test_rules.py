"""Which mode holds for which task."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_sf_health.enforcement.rules import asking, concerns, mode_of
from airflow_sf_health.enforcement.values import LATE, Judged, Mode, PolicySettings, Rule
from airflow_sf_health.inference import Uses

TODAY = date(2026, 10, 1)


def dag(dag_id: str = "crm_sync", file: str = "crm/sync.py", tags: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(dag_id=dag_id, relative_fileloc=file, tags=set(tags))


def task(*conn_ids: str, late: bool = False) -> Judged:
    return Judged(task=None, uses=Uses(conn_ids=conn_ids, late=late), how="none", unguarded=conn_ids)


def rule(text: str) -> Rule:
    left, mode = text.split("=")
    by, pattern = left.split(":")
    return Rule(by=by, pattern=pattern, mode=mode)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("include", "exclude", "holds"),
    [
        (("*",), (), True),
        (("crm_*",), (), True),
        (("crm/*",), (), True),
        (("*/sync.py",), (), True),
        (("finance/*", "crm_sync"), (), True),
        (("finance/*",), (), False),
        (("CRM_*",), (), False),
        (("*",), ("crm_sync",), False),
        (("crm_*",), ("crm/*",), False),
        (("*",), ("finance/*",), True),
        ((), (), False),
    ],
)
def test_include_and_exclude(include: tuple[str, ...], exclude: tuple[str, ...], holds: bool) -> None:
    """A DAG is included by its id or its file, and excluded by either; upper and lower case differ on each system alike."""
    settings = PolicySettings(mode="require", include=include, exclude=exclude)
    assert concerns(dag(), settings) is holds
    assert mode_of(dag(), task("crm_prod"), settings, TODAY) == ("require" if holds else "off")


@pytest.mark.parametrize(
    ("rules", "tags", "judged", "mode"),
    [
        ("", (), task("crm_prod"), "report"),
        ("tag:finance=require", ("finance",), task("crm_prod"), "require"),
        ("tag:finance=require", ("finances",), task("crm_prod"), "report"),
        ("tag:fin*=require", ("finances",), task("crm_prod"), "require"),
        ("conn:crm_*=inject", (), task("crm_prod"), "inject"),
        ("conn:crm_*=inject", (), task("erp", "crm_eu"), "inject"),
        ("conn:sandbox=off", (), task("sandbox"), "off"),
        ("conn:sandbox=off tag:finance=require", ("finance",), task("sandbox"), "off"),
        ("tag:finance=require conn:sandbox=off", ("finance",), task("sandbox"), "require"),
        ("conn:crm_*=inject", (), task(late=True), "report"),
        ("conn:*=inject", (), task(late=True), "inject"),
        ("tag:*=inject", (), task("crm_prod"), "report"),
    ],
)
def test_the_first_rule_that_matches_decides(rules: str, tags: tuple[str, ...], judged: Judged, mode: Mode) -> None:
    """By the DAG's tags or the task's connections; a connection that is known only at run time matches ``conn:*`` alone."""
    settings = PolicySettings(mode="report", rules=tuple(rule(each) for each in rules.split()))
    assert mode_of(dag(tags=tags), judged, settings, TODAY) == mode


def test_each_connection_asks_for_its_own() -> None:
    """An exception for one of a task's connections is none for the others; of all that are open the strictest is the task's mode."""
    both = task("crm_prod", "sandbox")
    settings = PolicySettings(mode="require", rules=(rule("conn:sandbox=off"), rule("conn:erp=inject")))
    assert asking(dag(), settings, TODAY)(both) == {"crm_prod": "require", "sandbox": "off"}
    assert mode_of(dag(), both, settings, TODAY) == "require"
    only_sandbox = replace(both, unguarded=("sandbox",))
    assert mode_of(dag(), only_sandbox, settings, TODAY) == "off"
    assert mode_of(dag(), task("erp", "crm_prod"), settings, TODAY) == "require"
    assert mode_of(dag(), task("erp", "sandbox"), settings, TODAY) == "inject"
    late = replace(task("sandbox", late=True), unguarded=("sandbox", LATE))
    assert asking(dag(), settings, TODAY)(late) == {"sandbox": "off", LATE: "require"}


def test_off_is_off_whatever_the_rules_say() -> None:
    """One option switches all of it off."""
    settings = PolicySettings(mode="off", rules=(rule("conn:*=inject"),))
    assert mode_of(dag(), task("crm_prod"), settings, TODAY) == "off"


@pytest.mark.parametrize(
    ("enforce_after", "mode"),
    [(None, "require"), (date(2026, 9, 30), "require"), (date(2026, 10, 1), "require"), (date(2026, 10, 2), "report")],
)
def test_require_begins_on_the_day_that_was_announced(enforce_after: date | None, mode: Mode) -> None:
    """Until then it reports, whether a rule or the option asks for it; what is injected is injected at once."""
    for settings in (
        PolicySettings(mode="require", enforce_after=enforce_after),
        PolicySettings(mode="report", enforce_after=enforce_after, rules=(rule("conn:crm_*=require"),)),
    ):
        assert mode_of(dag(), task("crm_prod"), settings, TODAY) == mode
    assert mode_of(dag(), task("a"), PolicySettings(mode="inject", enforce_after=enforce_after), TODAY) == "inject"


def test_a_dag_without_tags() -> None:
    """None is as good as no tag."""
    without = SimpleNamespace(dag_id="a", relative_fileloc="a.py", tags=None)
    settings = PolicySettings(mode="report", rules=(rule("tag:*=require"),))
    assert mode_of(without, task("crm_prod"), settings, TODAY) == "report"
