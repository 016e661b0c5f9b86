"""What the site has chosen in [sf_health], the cluster policy among it, and what it has misspelt."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from datetime import date

from airflow_sf_health import compat
from airflow_sf_health.commands.doctor_lines import Line, note, ok, problem
from airflow_sf_health.enforcement.baseline import Baseline
from airflow_sf_health.enforcement.policy import PolicyState, state, today
from airflow_sf_health.enforcement.values import Mode, PolicySettings
from airflow_sf_health.errors import SettingsError
from airflow_sf_health.provider_info import CONFIG_OPTIONS, POLICY_OPTIONS
from airflow_sf_health.settings import settings

KNOWN = {**CONFIG_OPTIONS, **POLICY_OPTIONS}
BY_OTHER_WAYS = {
    f"{name}{way}": name for name, option in KNOWN.items() if option.get("sensitive") for way in ("_cmd", "_secret")
}
"""The names by which Airflow has a secret option from a command or a secrets backend."""
PREFIX = "AIRFLOW__SF_HEALTH__"


def values() -> Iterator[Line]:
    """Whether the options can be meant so, and whether each is one."""
    try:
        settings()
    except SettingsError as error:
        said, _, fix = str(error).partition(". ")
        yield problem("settings.values", said, fix)
    else:
        given = sorted(name for name in _given() & set(KNOWN) if not _is_default(name))
        yield ok(
            "settings.values", f"[sf_health] is valid; set here: {', '.join(given) or 'nothing, so defaults hold'}"
        )
    yield _names()


def _names() -> Line:
    part, unknown = "settings.names", sorted(_given() - set(KNOWN))
    if not unknown:
        return ok(part, "each option of [sf_health] is known")
    near = {name: right for name in unknown for right in difflib.get_close_matches(name, KNOWN, n=1)}
    others = [name for name in unknown if name not in near]
    renamed = [f"'{right}' for '{name}'" for name, right in near.items()]
    fixes = [f"Write {', '.join(renamed)}."] if near else []
    fixes += [f"Remove {', '.join(others)}; `airflow config list --section sf_health` has all."] if others else []
    return problem(part, f"[sf_health] has options that nobody reads: {', '.join(unknown)}", " ".join(fixes))


def _is_default(name: str) -> bool:
    """An airflow.cfg that Airflow itself has written names each option."""
    default = str(KNOWN[name]["default"])
    return str(compat.conf.get("sf_health", name, fallback=default)) == default


def _given() -> set[str]:
    """The options that airflow.cfg or the environment names."""
    named = {name.removeprefix(PREFIX).lower() for name in os.environ if name.startswith(PREFIX)}
    if compat.conf.has_section("sf_health"):
        named |= set(compat.conf.options("sf_health"))
    return {BY_OTHER_WAYS.get(name, name) for name in named}


def policy() -> Iterator[Line]:
    """How the cluster policy stands, and the file of tasks that it lets be."""
    found = state()
    yield _state(found)
    if found.settings is not None and found.problem:
        said, _, fix = found.problem.partition(". ")
        yield problem("policy.baseline", said, fix)
    elif found.settings is not None and found.settings.baseline:
        number = len(Baseline.read(found.settings.baseline).entries)
        entries = "1 task is" if number == 1 else f"{number} tasks are"
        yield ok("policy.baseline", f"{found.settings.baseline} is read: {entries} known to be unguarded")
    elif found.settings is None:
        yield note("policy.baseline", "not known, since the policy's settings are wrong", "See the line policy.state.")
    elif "require" in _modes(found.settings):
        fix = "Where old files may stay, write one and name it in policy_baseline: `sf-health lint --baseline FILE --write-baseline`."
        yield note("policy.baseline", "there is no baseline, so `require` refuses old DAG files too", fix)
    else:
        yield ok("policy.baseline", "no baseline is named")


def _state(found: PolicyState) -> Line:
    part = "policy.state"
    if found.stopped:
        fix = "Report it, and set cluster_policy to off until it is mended."
        return problem(part, f"off, since it failed in this process: {found.stopped}", fix)
    if found.settings is None:
        said, _, fix = found.problem.partition(". ")
        return problem(part, f"off, since its settings are wrong: {said}", fix)
    if found.settings.mode != "off" and not found.is_loaded:
        fix = "See the line seen.policy."
        return problem(part, f"{_mode(found.settings)}; but Airflow has not loaded it", fix)
    if found.problem and not _modes(found.settings) <= {"inject", "off"}:
        return problem(part, f"off but for what it injects: {_mode(found.settings)}", "See the line policy.baseline.")
    return ok(part, _mode(found.settings))


def _mode(chosen: PolicySettings) -> str:
    """``require from 2026-10-01 on, until then report; only dags of crm/*``."""
    mode = _by_day(chosen.mode, chosen.enforce_after)
    return "; ".join(part for part in (mode, *_parts(chosen)) if part)


def _modes(chosen: PolicySettings) -> set[Mode]:
    """Those that hold for some task. Off for the whole is off for the rules too."""
    return {chosen.mode} if chosen.mode == "off" else {chosen.mode, *(rule.mode for rule in chosen.rules)}


def _by_day(mode: Mode, begins: date | None) -> str:
    if mode != "require" or begins is None:
        return mode
    return f"require since {begins}" if begins <= today() else f"report until {begins}, then require"


def _parts(chosen: PolicySettings) -> Iterator[str]:
    extras = {
        "retry policy": chosen.inject_retry_policy,
        "explain_failure": chosen.inject_explain_failure,
        "bulk result check": chosen.inject_bulk_check,
    }
    injected = [name for name, is_on in extras.items() if is_on]
    yield f"only {', '.join(chosen.include)}" if chosen.include != ("*",) else ""
    yield f"not {', '.join(chosen.exclude)}" if chosen.exclude else ""
    yield from (f"{rule.by}:{rule.pattern}={_by_day(rule.mode, chosen.enforce_after)}" for rule in chosen.rules)
    yield f"connections {', '.join(sorted(chosen.connections))}" if chosen.connections else ""
    yield f"injects {', '.join(injected)} too" if injected else ""
