"""The options of Airflow's section [sf_health] as one typed value."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_args

from airflow_sf_health.errors import SettingsError
from airflow_sf_health.options import OnDrift, OnStale, OnUndetermined, Options
from airflow_sf_health.provider_info import CONFIG_OPTIONS, DOCS_URL

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings", "choice", "docs_url", "parse", "settings", "switch", "wrong"]

DAY = 24 * 60 * 60
LONG = 10 * 365 * DAY
_TRUE = ("t", "true", "1", "yes", "y", "on")
_FALSE = ("f", "false", "0", "no", "n", "off")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a site has chosen for all its tasks. Times are in seconds; `docs_url` has no slash at its end. `store` may hold a
    password, so it is not shown.
    """

    connect_timeout: float
    read_timeout: float
    examination_timeout: float
    on_undetermined: OnUndetermined
    reauthenticate: bool
    trust_status: bool
    store: str = field(repr=False)
    max_age: float
    compare_every: float
    on_stale: OnStale
    on_drift: OnDrift
    pass_ttl: float
    token_ttl: float
    refusal_ttl: float
    egress: str
    installation: str
    history: int
    docs_url: str
    causes: str

    @property
    def options(self) -> Options:
        """The site's choices for what a task leaves open."""
        return Options(**{each.name: getattr(self, each.name) for each in fields(Options)})


def settings() -> Settings:
    """The options as they stand now: each from environment, airflow.cfg, secrets backend or default, as Airflow does.

    Raises `SettingsError`, naming the option, its value and what is allowed. A `docs_url` that is no address only costs
    its links: the default stands in for it, with a warning.
    """
    from airflow_sf_health.compat import conf  # here, so that importing this module starts no Airflow

    return parse({name: conf.get("sf_health", name, fallback=str(o["default"])) for name, o in CONFIG_OPTIONS.items()})


def docs_url() -> str:
    """Where messages link pages, whatever the other options say."""
    from airflow_sf_health.compat import conf

    return _address({"docs_url": conf.get("sf_health", "docs_url", fallback=DOCS_URL)}, "docs_url")


def parse(options: Mapping[str, str]) -> Settings:
    """The typed value of these texts, one for each option."""
    return Settings(
        connect_timeout=_seconds(options, "connect_timeout"),
        read_timeout=_seconds(options, "read_timeout"),
        examination_timeout=_seconds(options, "examination_timeout"),
        on_undetermined=cast(OnUndetermined, choice(options, "on_undetermined", OnUndetermined)),
        reauthenticate=switch(options, "reauthenticate"),
        trust_status=switch(options, "trust_status"),
        store=options["store"].strip(),
        max_age=_seconds(options, "max_age", least=0, most=LONG),
        compare_every=_seconds(options, "compare_every", least=0, most=LONG),
        on_stale=cast(OnStale, choice(options, "on_stale", OnStale)),
        on_drift=cast(OnDrift, choice(options, "on_drift", OnDrift)),
        pass_ttl=_seconds(options, "pass_ttl", least=0),
        token_ttl=_seconds(options, "token_ttl", least=0),
        refusal_ttl=_seconds(options, "refusal_ttl", least=0),
        egress=options["egress"].strip(),
        installation=options["installation"].strip() or "airflow",
        history=_number(options, "history", most=100_000),
        docs_url=_address(options, "docs_url"),
        causes=options["causes"].strip(),
    )


def _seconds(options: Mapping[str, str], name: str, *, least: float | None = None, most: float = DAY) -> float:
    """:param least: the smallest number allowed; None: any above 0."""
    try:
        seconds = float(options[name])
    except ValueError:
        seconds = -1.0
    if not (0 < seconds < most if least is None else least <= seconds < most):
        span = "a day (86400)" if most == DAY else "ten years"
        raise wrong(
            options, name, f"a number of seconds {'above 0' if least is None else 'from 0 up'} and below {span}"
        )
    return seconds


def _number(options: Mapping[str, str], name: str, *, most: int) -> int:
    given = options[name].strip()
    if not (given.isascii() and given.isdigit() and 0 < int(given) <= most):
        raise wrong(options, name, f"a whole number from 1 to {most}")
    return int(given)


def choice(options: Mapping[str, str], name: str, kind: Any) -> str:
    """One of a `Literal`'s words, however it is written. Raises `SettingsError`."""
    chosen = options[name].strip().lower()
    if chosen not in get_args(kind):
        raise wrong(options, name, f"one of {', '.join(get_args(kind))}")
    return chosen


def switch(options: Mapping[str, str], name: str) -> bool:
    """What Airflow takes for true or false. Raises `SettingsError`."""
    chosen = options[name].strip().lower()
    if chosen not in _TRUE + _FALSE:
        raise wrong(options, name, "True or False")
    return chosen in _TRUE


def _address(options: Mapping[str, str], name: str) -> str:
    address = options[name].strip()
    if not address.startswith(("https://", "http://")):
        _warn(str(wrong(options, name, "an address that starts with https:// or http://")))
        return DOCS_URL
    return address.rstrip("/")


@cache
def _warn(text: str) -> None:
    """Once per process: settings are read several times in each task."""
    logging.getLogger(__name__).warning("%s Until then its default is used.", text)


def wrong(options: Mapping[str, str], name: str, allowed: str) -> SettingsError:
    """The error to raise for an option that is none of what is allowed."""
    return SettingsError(
        f"Airflow's option [sf_health] {name} is {options[name]!r}. Set it to {allowed}, in airflow.cfg or as "
        f"AIRFLOW__SF_HEALTH__{name.upper()}."
    )
