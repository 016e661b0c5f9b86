"""The options of [sf_health]."""

from __future__ import annotations

import dataclasses

import pytest

from airflow_sf_health.exceptions import SettingsError
from airflow_sf_health.provider_info import CONFIG_OPTIONS, DOCS_URL
from airflow_sf_health.settings import Settings, parse, settings

DEFAULTS = {name: str(option["default"]) for name, option in CONFIG_OPTIONS.items()}


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is configured, Airflow gives the documented defaults."""
    for name in ("PASS_TTL", "TOKEN_TTL", "REFUSAL_TTL"):
        monkeypatch.delenv(f"AIRFLOW__SF_HEALTH__{name}")
    assert settings() == Settings(
        connect_timeout=10.0,
        read_timeout=30.0,
        examination_timeout=60.0,
        on_undetermined="retry",
        reauthenticate=True,
        trust_status=False,
        store="",
        max_age=86_400.0,
        compare_every=21_600.0,
        on_stale="refresh",
        on_drift="fail_if_breaking",
        pass_ttl=60.0,
        token_ttl=1800.0,
        refusal_ttl=60.0,
        egress="",
        installation="airflow",
        history=500,
        docs_url=DOCS_URL,
        causes="",
    )


def test_every_option_has_a_field() -> None:
    """The options that Airflow shows and the fields of `Settings` are the same."""
    assert [field.name for field in dataclasses.fields(Settings)] == list(CONFIG_OPTIONS)


def test_the_environment_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site sets options as it sets Airflow's own, and nothing is remembered between calls."""
    assert settings().read_timeout == 30.0
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__READ_TIMEOUT", "7.5")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__ON_UNDETERMINED", "Proceed")
    assert (settings().read_timeout, settings().on_undetermined) == (7.5, "proceed")


@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout", "examination_timeout"])
@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "inf", "1e300", "86400", ""])
def test_a_time_limit_is_between_nothing_and_a_day(name: str, value: str) -> None:
    """A time limit that would never or always strike is refused, naming option, value and what is allowed."""
    with pytest.raises(
        SettingsError, match=rf"\[sf_health\] {name} is '{value}'. Set it to a number of seconds .* below a day"
    ):
        parse(DEFAULTS | {name: value})


def test_on_undetermined_is_one_of_three() -> None:
    """Another choice is refused, and the error lists the three."""
    with pytest.raises(SettingsError, match=r"on_undetermined is 'ignore'. Set it to one of retry, fail, proceed"):
        parse(DEFAULTS | {"on_undetermined": "ignore"})


@pytest.mark.parametrize(("text", "meaning"), [("True", True), ("on", True), ("0", False), (" no ", False)])
def test_a_switch_takes_the_words_that_airflow_takes(text: str, meaning: bool) -> None:
    """What Airflow reads as true or false means the same here."""
    assert parse(DEFAULTS | {"reauthenticate": text}).reauthenticate is meaning


def test_a_switch_that_is_neither_is_refused() -> None:
    """A typing error does not silently switch re-authentication off, and the error names the variable to set."""
    with pytest.raises(SettingsError, match=r"Set it to True or False, .* AIRFLOW__SF_HEALTH__REAUTHENTICATE"):
        parse(DEFAULTS | {"reauthenticate": "yess"})


def test_docs_url_has_no_slash_at_its_end() -> None:
    """Pages are appended to it, with or without the slash that a site wrote."""
    assert (
        parse(DEFAULTS | {"docs_url": "https://wiki.example.com/health/ "}).docs_url
        == "https://wiki.example.com/health"
    )


def test_a_docs_url_that_is_no_address_costs_its_links_only(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing else fails for it: the default stands in, and one warning says so, however often settings are read."""
    for _ in range(3):
        assert parse(DEFAULTS | {"docs_url": "wiki", "read_timeout": "7"}).docs_url == DOCS_URL
    [warning] = caplog.records
    assert "docs_url is 'wiki'. Set it to an address that starts with https://" in warning.getMessage()
    assert warning.levelname == "WARNING"
