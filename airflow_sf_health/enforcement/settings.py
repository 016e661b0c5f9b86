"""The options of the cluster policy as one typed value."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, cast, get_args

from airflow_sf_health.enforcement.values import Mode, PolicySettings, Rule
from airflow_sf_health.provider_info import POLICY_OPTIONS
from airflow_sf_health.settings import choice, switch, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse_policy", "policy_settings"]


def policy_settings() -> PolicySettings:
    """The options as they stand now: each from environment, airflow.cfg, secrets backend or default, as Airflow does.

    Raises `SettingsError`, naming the option, its value and what is allowed.
    """
    from airflow_sf_health.compat import conf

    return _parsed(*(conf.get("sf_health", name, fallback=o["default"]) for name, o in POLICY_OPTIONS.items()))


@lru_cache(maxsize=8)
def _parsed(*texts: str) -> PolicySettings:
    """The options are read for each DAG, and parsed when one has changed."""
    return parse_policy(dict(zip(POLICY_OPTIONS, texts, strict=True)))


def parse_policy(texts: Mapping[str, str]) -> PolicySettings:
    """The typed value of these texts, one for each option."""
    return PolicySettings(
        mode=cast(Mode, choice(texts, "cluster_policy", Mode)),
        include=_include(texts),
        exclude=_globs(texts, "policy_exclude"),
        rules=tuple(_rule(texts, each) for each in _listed(texts, "policy_rules")),
        connections=frozenset(_ids(texts, "policy_connections")),
        enforce_after=_day(texts, "enforce_after"),
        baseline=texts["policy_baseline"].strip(),
        inject_retry_policy=switch(texts, "inject_retry_policy"),
        inject_explain_failure=switch(texts, "inject_explain_failure"),
        inject_bulk_check=switch(texts, "inject_bulk_check"),
    )


def _listed(texts: Mapping[str, str], name: str) -> list[str]:
    return [part for each in re.split(r"[,\n]", texts[name]) if (part := each.strip())]


def _include(texts: Mapping[str, str]) -> tuple[str, ...]:
    """Nothing at all is no choice of anybody's who has switched the policy on."""
    found = _globs(texts, "policy_include")
    if not found:
        raise wrong(texts, "policy_include", "one glob at least (* is for each DAG)")
    return found


def _globs(texts: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(_listed(texts, name))
    for each in found:
        if each.startswith(("/", "./", "~")):
            raise wrong(
                texts, name, f"globs for ids of DAGs and for files relative to their bundle, as crm/*; {each!r} is none"
            )
        if _is_unclosed(each):
            raise wrong(texts, name, f"globs, of which {each!r} closes its bracket")
    return found


def _is_unclosed(glob: str) -> bool:
    """Whether a ``[`` is taken for itself, which nobody means."""
    return "[" in re.sub(r"\[!?.[^]]*\]", "", glob)


def _ids(texts: Mapping[str, str], name: str) -> list[str]:
    found = _listed(texts, name)
    for each in found:
        if any(sign in each for sign in "*?[ "):
            raise wrong(texts, name, f"ids of connections, separated by commas; {each!r} is none")
    return found


def _rule(texts: Mapping[str, str], text: str) -> Rule:
    asked, equals, mode = (part.strip() for part in text.rpartition("="))
    by, colon, pattern = (part.strip() for part in asked.partition(":"))
    is_known = by in ("tag", "conn") and pattern and mode.lower() in get_args(Mode)
    if not (equals and colon and is_known) or _is_unclosed(pattern):
        modes = ", ".join(get_args(Mode))
        raise wrong(
            texts, "policy_rules", f"rules as tag:finance=require or conn:crm_*=inject, with {modes}; {text!r} is none"
        )
    return Rule(by="tag" if by == "tag" else "conn", pattern=pattern, mode=cast(Mode, mode.lower()))


def _day(texts: Mapping[str, str], name: str) -> date | None:
    given = texts[name].strip()
    if not given:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", given, re.ASCII):
            return date.fromisoformat(given)
    except ValueError:
        pass
    raise wrong(texts, name, "a day as 2026-10-01")
