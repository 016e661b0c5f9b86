"""What can be said of a task's arguments while its DAG file is read: nothing of what only a run will know."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from airflow_sf_health.edges.held_lock import HeldLock
from airflow_sf_health.edges.selection import selection
from airflow_sf_health.edges.templates import is_template, refuse_templates
from airflow_sf_health.edges.written import is_content, read_content
from airflow_sf_health.errors import OptionsError, RequirementsError, UnknownCheckError
from airflow_sf_health.options import Options
from airflow_sf_health.plain import TEMPLATE_MARKS
from airflow_sf_health.requirements import Requirements

if TYPE_CHECKING:
    from airflow_sf_health.edges.preflight import (
        ChecksArgument,
        OptionsArgument,
        RequirementsArgument,
    )

_ERRORS = {"requirements": RequirementsError, "checks": UnknownCheckError, "options": OptionsError}
_TOGETHER = ("upsert", "external_id")
"""Keys of an object's use that make sense as a pair alone: where one of them is not known yet, nothing is said of the other."""


def refuse_wrong_literals(
    requirements: RequirementsArgument = None,
    checks: ChecksArgument = None,
    options: OptionsArgument = None,
) -> None:
    """Say while the DAG file is read what is wrong already, types too. What holds a template waits until it is rendered; what is no
    literal (the output of another task) waits too, and so does what stands in a file. In a Requirements no template is rendered.

    :raises ConfigurationError: as :meth:`~airflow_sf_health.edges.preflight.Preflight.of`.
    """
    for name, (value, kinds, words) in {
        "requirements": (requirements, (str, PathLike, Mapping, Requirements), "a dict, a path or a Requirements"),
        "checks": (checks, (str, list, tuple), "a list of ids"),
        "options": (options, (str, Mapping, Options), "a dict or an Options"),
    }.items():
        if value is not None and not isinstance(value, kinds) and not _is_late(value):
            raise _ERRORS[name](f"'{name}' must be {words}, and is of type {type(value).__name__}.")
    if isinstance(requirements, Requirements | Mapping):
        Requirements.of(without_templates(requirements))
    if isinstance(requirements, Requirements):
        refuse_templates(requirements)
    if isinstance(requirements, str) and not is_template(requirements):
        _refuse_wrong_content(requirements)
    if isinstance(options, Options | Mapping):
        Options.of(without_templates(options))
    if isinstance(checks, str) and not is_template(checks):
        selection(checks)
    if isinstance(checks, list | tuple):
        selection([each for each in checks if isinstance(each, str) and not is_template(each)])


def _refuse_wrong_content(text: str) -> None:
    from airflow_sf_health.edges.locked import required

    written = read_content(text, "Requirements")
    if written is not None:
        required(written)


def held_lock(given: Any) -> Any:
    """The argument ``schema_lock`` as an operator keeps it: a template, a path or the output of another task as it is, and
    content read to a :class:`HeldLock`: labels of the org stand in it, which are no templates, whatever they look like.

    :raises ConfigurationError: content that is none of a lock file, or a value of another type.
    """
    if given is None or isinstance(given, HeldLock | PathLike) or _is_late(given):
        return given
    if isinstance(given, str) and (not is_content(given) or given.lstrip().startswith(TEMPLATE_MARKS)):
        return given
    from airflow_sf_health.edges.locked import lock_of_content

    return HeldLock(lock_of_content(given))


def without_templates(value: Any) -> Any:
    """The same where templates, and outputs of other tasks, have become None, which asks nothing; in lists they are left out. So
    the names beside them are still looked at.
    """
    if _waits(value):
        return None
    if isinstance(value, Mapping):
        known = {name: without_templates(each) for name, each in value.items()}
        if any(_waits(value.get(name)) for name in _TOGETHER):
            known |= dict.fromkeys(name for name in _TOGETHER if name in known)
        return known
    if isinstance(value, list | tuple):
        return [without_templates(each) for each in value if not _waits(each)]
    return value


def _waits(value: object) -> bool:
    return is_template(value) or _is_late(value)


def _is_late(value: object) -> bool:
    """Whether Airflow puts the value in when the task runs: the output of another task, inside a dict."""
    return hasattr(value, "resolve") and not isinstance(value, PathLike)
