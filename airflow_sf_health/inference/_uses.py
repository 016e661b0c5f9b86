"""What one task uses."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from airflow_sf_health.errors import ConfigurationError
from airflow_sf_health.inference._arguments import Arguments, expanded, given, is_late, is_mapped
from airflow_sf_health.inference._registry import complain, registered, taught
from airflow_sf_health.inference._stock import STOCK, Infer, is_transfer, of_other, of_transfer
from airflow_sf_health.requirements import Requirements

Kind = Literal["bulk", "transfer", "apex", "ours", "other"]

CONN_ID = "salesforce_conn_id"
MARK = "__sf_health_preflight__"
"""The attribute by which a callable that examines says so; its value is the hook that does it."""
OURS = "airflow_sf_health."
PREFLIGHT = "airflow_sf_health.operators.salesforce.SalesforcePreflightOperator"
SENSOR = "airflow_sf_health.sensors.salesforce.SalesforceHealthSensor"
EXAMINERS = frozenset((PREFLIGHT, SENSOR))
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What a task uses of Salesforce.

    :param conn_ids: the connections that are known; of a template or a mapped connection none is, before the task runs.
    :param requirements: what it needs of the org; None where nothing could be inferred.
    :param late: whether the connection, or one of those, is known only when the task runs.
    """

    conn_ids: tuple[str, ...] = ()
    requirements: Requirements | None = None
    kind: Kind = "other"
    late: bool = False


def uses_of(
    task: Any, connections: Collection[str] = (), *, rendered: bool = False, requirements: bool = True
) -> Uses | None:
    """What a task, plain or mapped, uses; None where it is no Salesforce task. Never raises, and looks nothing up.

    A Salesforce task is one of a known class, one with an argument ``salesforce_conn_id``, and one that examines by our hook or
    decorator.

    :param connections: ids of connections to Salesforce: who has one of them in an argument whose name ends in ``conn_id`` is a
        Salesforce task too.
    :param rendered: the task runs, so each of its arguments is what it will be.
    :param requirements: False leaves them None, for who asks about many tasks which of them use which connections.
    """
    paths, arguments = class_paths(task), Arguments(task, rendered=rendered)
    known = next((path for path in paths if path in registered()), None)
    stock = next((path for path in paths if path in STOCK), None)
    kind: Any = "other"
    infer: Infer = of_other
    if stock is not None:
        kind, infer = STOCK[stock]
    elif is_transfer(arguments.class_name) and _has_conn_id(task):
        kind, infer = "transfer", of_transfer
    if any(path.startswith(OURS) for path in paths):
        kind, needs = "ours", _own_needs(arguments) or _inferred(infer, arguments)
    else:
        needs = _inferred(infer, arguments) if known is None else _as_taught(known, arguments)
    own, late = _connections(task, needs, connections, rendered=rendered)
    if not (own or late or known or stock or kind != "other"):
        return None
    return Uses(conn_ids=own, requirements=_valid(needs, known) if requirements else None, kind=kind, late=late)


def late_connections(task: Any) -> tuple[Any, ...]:
    """What stands in a task's arguments for connections that are known only when it runs: templates, and outputs of other tasks."""
    over = expanded(task).get(CONN_ID)
    values = list(over) if isinstance(over, list | tuple) else [over]
    return tuple(each for each in (given(task, CONN_ID), *values) if each is not None and is_late(each))


def class_paths(task: Any) -> tuple[str, ...]:
    """The paths of the operator's classes, its own first; of a mapped task those of what it is mapped to."""
    kind = task.operator_class if is_mapped(task) else type(task)
    return tuple(f"{each.__module__}.{each.__qualname__}" for each in getattr(kind, "__mro__", ()))


def is_examiner(task: Any) -> bool:
    """Whether it is one of our tasks that do nothing but examine."""
    return not EXAMINERS.isdisjoint(class_paths(task))


def mark_of(task: Any) -> Any:
    """The hook by which a task examines in its own process, by `pre_execute` or around its callable; None where it has none."""
    hook = task.partial_kwargs.get("pre_execute") if is_mapped(task) else getattr(task, "_pre_execute_hook", None)
    function = getattr(task, "python_callable", None) or given(task, "python_callable")
    return getattr(hook, MARK, None) or getattr(function, MARK, None)


def _has_conn_id(task: Any) -> bool:
    """Whether it has the argument `salesforce_conn_id`, or its class has where nothing was given for it."""
    return CONN_ID in expanded(task) or given(task, CONN_ID) is not None


def _connections(
    task: Any, needs: Any, connections: Collection[str], *, rendered: bool
) -> tuple[tuple[str, ...], bool]:
    """The ids that are known, each once, and whether one is known only when the task runs."""
    taught_id = needs.get(CONN_ID) if isinstance(needs, Mapping) else None
    mark = mark_of(task)
    candidates = [taught_id, given(task, CONN_ID), getattr(mark, "conn_id", None)]
    found = {each: None for each in candidates if isinstance(each, str) and each and (rendered or not is_late(each))}
    late = not rendered and any(each is not None and is_late(each) for each in candidates)
    over = expanded(task).get(CONN_ID)
    if over is not None:
        late = True
    if isinstance(over, list | tuple):
        found |= {each: None for each in over if isinstance(each, str) and not is_late(each)}
    if connections:
        found |= {each: None for each in _conn_ids(task) if each in connections}
    return tuple(found), late


def _conn_ids(task: Any) -> list[str]:
    """The values of all arguments that name a connection."""
    arguments = task.partial_kwargs if is_mapped(task) else vars(task)
    return [value for name, value in arguments.items() if name.endswith("conn_id") and isinstance(value, str)]


def _own_needs(task: Arguments) -> Requirements | None:
    """What one of our operators was given, as far as it is no file and no template."""
    from airflow_sf_health.edges.literals import without_templates

    own = task.requirements
    return _valid(without_templates(own), None) if isinstance(own, Mapping | Requirements) else None


def _inferred(infer: Infer, task: Arguments) -> Any:
    try:
        return infer(task)
    except (ConfigurationError, TypeError, AttributeError):  # arguments that the operator itself will refuse
        return None


def _as_taught(path: str, task: Arguments) -> Any:
    infer = taught(path)
    try:
        return None if infer is None else infer(task)
    except Exception as error:  # noqa: BLE001 - somebody else's code
        complain(path, error)
        return None


def _valid(needs: Any, path: str | None) -> Requirements | None:
    """As requirements; None where they are none, or ask nothing."""
    if isinstance(needs, Mapping):
        needs = {name: value for name, value in needs.items() if name != CONN_ID}
    try:
        found = Requirements.of(needs)
    except (ConfigurationError, TypeError, AttributeError) as error:
        if path is not None:
            complain(path, error)
        return None
    return found if found.as_dict() else None
