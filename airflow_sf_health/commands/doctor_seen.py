"""What Airflow really sees of this package, and of others that do the same work."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from airflow_sf_health import compat
from airflow_sf_health.commands.doctor_lines import Line, in_short, note, ok, problem
from airflow_sf_health.commands.doctor_versions import PACKAGE
from airflow_sf_health.inference._registry import GROUP

PROVIDERS, POLICIES = "apache_airflow_provider", "airflow.policy"
POLICY = "airflow_sf_health.cluster_policy"
CONNECTION_TYPE = "sf_health"
_REINSTALL = f"Install {PACKAGE} again into this environment, as a wheel."


def provider() -> Iterator[Line]:
    """Whether Airflow lists this provider, with its connection type and its commands."""
    told = [each for each in entry_points(group=PROVIDERS) if each.value.startswith("airflow_sf_health.")]
    if not told:
        yield problem("seen.provider", f"there is no entry point {PROVIDERS} of {PACKAGE} here", _REINSTALL)
        return
    found = compat.providers().get(PACKAGE)
    if found is None:
        fix = "Look which other environment or PYTHONPATH Airflow runs with."
        yield problem("seen.provider", f"Airflow does not list the provider {PACKAGE}", fix)
        return
    yield ok("seen.provider", f"Airflow lists the provider {PACKAGE} {found.version}")
    yield from _connection_type(found.data)
    yield _commands(found.data)


def _connection_type(data: dict[str, Any]) -> Iterator[Line]:
    part = "seen.connection_type"
    [path] = [
        each["hook-class-name"] for each in data["connection-types"] if each["connection-type"] == CONNECTION_TYPE
    ]
    module, _, name = path.rpartition(".")
    try:
        getattr(importlib.import_module(module), name)
    except Exception as error:  # noqa: BLE001 - whatever a dependency raises when it is imported
        said = f"the hook of connection type '{CONNECTION_TYPE}' cannot be loaded: {in_short(error)}"
        yield problem(part, said, "Install what is missing.")
        return
    others = [
        package
        for package, each in compat.providers().items()
        if package != PACKAGE and CONNECTION_TYPE in _types(each.data)
    ]
    if others:
        fix = "Uninstall one of the two: the first by name wins."
        yield problem(part, f"connection type '{CONNECTION_TYPE}' is claimed by {', '.join(others)} as well", fix)
        return
    yield ok(part, f"connection type '{CONNECTION_TYPE}', and its hook loads")


def _types(data: dict[str, Any]) -> list[str]:
    return [each["connection-type"] for each in data.get("connection-types", ())]


def _commands(data: dict[str, Any]) -> Line:
    part = "seen.commands"
    if not data.get("cli"):
        return problem(part, "the provider names no commands", _REINSTALL)
    if not compat.takes_commands():
        said = "`sf-health` alone; this Airflow takes no commands of providers"
        return note(part, said, "Use `sf-health …`; `airflow sf-health …` comes with Airflow 3.2.")
    return ok(part, "`sf-health …` and `airflow sf-health …`")


def policies() -> Iterator[Line]:
    """Whether Airflow calls our cluster policy, and which others it calls."""
    registered = compat.policy_plugins().list_name_plugin()
    ours = [plugin for _, plugin in registered if getattr(plugin, "__name__", "") == POLICY]
    if ours:
        yield ok("seen.policy", "Airflow calls our cluster policy in this process")
    else:
        yield _unregistered(entry_points(group=POLICIES))
    yield _others(registered)


def _unregistered(found: Iterable[EntryPoint]) -> Line:
    part = "seen.policy"
    if not any(each.value == POLICY for each in found):
        return problem(part, f"there is no entry point {POLICIES} of {PACKAGE} here, so the policy is off", _REINSTALL)
    fix = "Look what Airflow says when it starts: another plugin may have unregistered or blocked it."
    return problem(part, "Airflow has not registered our cluster policy, so it is off", fix)


def _others(registered: Iterable[tuple[str, Any]]) -> Line:
    """Others' policies, as information: the last that is registered is called first, and may change what ours sees."""
    names = [
        _named(name, plugin)
        for name, plugin in registered
        if plugin is not None and getattr(plugin, "__name__", "") not in (POLICY, "DefaultPolicy")
    ]
    local = sys.modules.get("airflow_local_settings")
    if local is not None and "airflow_local_settings.py" not in " ".join(names):
        names.append(f"{getattr(local, '__file__', 'airflow_local_settings')} (without hooks of pluggy)")
    if not names:
        return ok("seen.other_policies", "no other cluster policies")
    return ok("seen.other_policies", f"other cluster policies, called beside ours: {', '.join(names)}")


def _named(name: str, plugin: Any) -> str:
    if getattr(plugin, "__name__", "") != "AirflowLocalSettingsPolicy":
        return f"{getattr(plugin, '__name__', type(plugin).__name__)} (entry point '{name}')"
    local = sys.modules.get("airflow_local_settings")
    return f"{getattr(local, '__file__', '')} ({', '.join(dir(plugin))})"


def operators() -> Iterator[Line]:
    """What the site has taught of its own operators: each is loaded."""
    part, found = "seen.operators", sorted(entry_points(group=GROUP), key=lambda each: each.name)
    if not found:
        yield ok(part, f"no operators are taught by entry points {GROUP}")
    broken = {each.name: reason for each in found if (reason := _why_broken(each))}
    for name, reason in broken.items():
        yield problem(
            part, f"{name}: {reason}", "Mend the package that teaches it: until then the operator is not known."
        )
    if len(found) > len(broken):
        names = [each.name for each in found if each.name not in broken]
        yield ok(part, f"taught and loaded: {', '.join(names)}")


def _why_broken(point: EntryPoint) -> str:
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 - somebody else's code
        return f"{point.value} cannot be loaded: {in_short(error)}"
    return "" if callable(loaded) else f"{point.value} is no function"
