"""The options of the cluster policy."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from airflow_sf_health.enforcement.settings import parse_policy, policy_settings
from airflow_sf_health.enforcement.values import PolicySettings, Rule
from airflow_sf_health.exceptions import SettingsError
from airflow_sf_health.provider_info import CONFIG_OPTIONS, POLICY_OPTIONS, get_provider_info

DEFAULTS = {name: option["default"] for name, option in POLICY_OPTIONS.items()}


def test_defaults() -> None:
    """Where nothing is configured the policy is off, and the published defaults are those of the value."""
    assert policy_settings() == parse_policy(DEFAULTS) == PolicySettings()


def test_every_option_has_a_field() -> None:
    """The options that Airflow shows and the fields of the value stand in the same order."""
    names = {"mode": "cluster_policy"} | {
        name: f"policy_{name}" for name in ("include", "exclude", "rules", "connections", "baseline")
    }
    assert [names.get(field.name, field.name) for field in dataclasses.fields(PolicySettings)] == list(POLICY_OPTIONS)


def test_airflow_is_told_of_both_tables() -> None:
    """`airflow config list --section sf_health` shows the policy's options behind the others, and no name twice."""
    told = get_provider_info()["config"]["sf_health"]["options"]
    assert list(told) == [*CONFIG_OPTIONS, *POLICY_OPTIONS]


def test_the_environment_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site sets them as it sets Airflow's own; a changed text is parsed anew."""
    assert policy_settings().mode == "off"
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CLUSTER_POLICY", " Report ")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__POLICY_INCLUDE", "crm/*,\n finance_?")
    assert (policy_settings().mode, policy_settings().include) == ("report", ("crm/*", "finance_?"))


def test_what_is_wrong_in_another_option_is_none_of_the_policys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong time limit for examinations leaves the policy as it is."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__READ_TIMEOUT", "soon")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CLUSTER_POLICY", "require")
    assert policy_settings().mode == "require"


def test_all_of_it() -> None:
    """Each option comes to its field."""
    found = parse_policy(
        {
            "cluster_policy": "require",
            "policy_include": "*",
            "policy_exclude": "sandbox/*, [!a-z]*",
            "policy_rules": "tag:finance=require, conn:crm_*=Inject,\nconn:sandbox=off",
            "policy_connections": "crm_prod, crm_eu",
            "enforce_after": "2026-10-01",
            "policy_baseline": " baseline.json ",
            "inject_retry_policy": "True",
            "inject_explain_failure": "yes",
            "inject_bulk_check": "on",
        }
    )
    assert found == PolicySettings(
        mode="require",
        exclude=("sandbox/*", "[!a-z]*"),
        rules=(
            Rule(by="tag", pattern="finance", mode="require"),
            Rule(by="conn", pattern="crm_*", mode="inject"),
            Rule(by="conn", pattern="sandbox", mode="off"),
        ),
        connections=frozenset({"crm_prod", "crm_eu"}),
        enforce_after=date(2026, 10, 1),
        baseline="baseline.json",
        inject_retry_policy=True,
        inject_explain_failure=True,
        inject_bulk_check=True,
    )


def test_a_tag_may_hold_the_signs_of_a_rule() -> None:
    """A tag like `team:crm` or `a=b` needs no quotes: what stands before the first colon and behind the last equals sign is ours."""
    assert parse_policy(DEFAULTS | {"policy_rules": "tag:team:crm=inject, tag:a=b=off"}).rules == (
        Rule(by="tag", pattern="team:crm", mode="inject"),
        Rule(by="tag", pattern="a=b", mode="off"),
    )


WRONG = {
    "cluster_policy": ["on", "", "inject,require", "true"],
    "policy_include": ["", " , ", "/opt/airflow/dags/*", "./crm", "crm_[a", "~/dags/*"],
    "policy_exclude": ["/opt/*", "crm[", "a, [!b"],
    "policy_rules": [
        "finance=require",
        "tag:finance",
        "tag:=off",
        "conn:x=maybe",
        "queue:a=off",
        "tag:[a=off",
        "=",
        "conn=off",
    ],
    "policy_connections": ["crm_*", "crm prod", "crm[12]"],
    "enforce_after": ["tomorrow", "2026-13-01", "01.10.2026", "2026-02-30", "20261001", "2026-10-01T00:00"],
    "inject_retry_policy": ["", "maybe"],
    "inject_explain_failure": ["2"],
    "inject_bulk_check": ["tru"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_what_cannot_be_meant_is_refused(name: str, value: str) -> None:
    """The error names the option, its value, what is allowed, and the variable to set."""
    with pytest.raises(
        SettingsError, match=rf"\[sf_health\] {name} is .*Set it to .* AIRFLOW__SF_HEALTH__{name.upper()}\."
    ) as told:
        parse_policy(DEFAULTS | {name: value})
    assert repr(value) in str(told.value)
