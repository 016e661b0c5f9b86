"""What one task uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from airflow_sf_health.inference._arguments import Arguments
from airflow_sf_health.inference._classes import Facts, facts_of
from airflow_sf_health.inference._connections import CONN_ID, connections_of, named_in, names_connection
from airflow_sf_health.inference._registry import complain, registered, taught
from airflow_sf_health.inference._stock import Infer, of_other, of_transfer
from airflow_sf_health.inference._unreadable import cannot_read
from airflow_sf_health.requirements import Requirements

Kind = Literal["bulk", "transfer", "apex", "ours", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What a task uses of Salesforce.

    :param conn_ids: the connections that are known; of a template or a mapped connection none is, before the task runs.
    :param requirements: what it needs of the org; None where nothing could be inferred.
    :param late: whether the connection, or one of those, is known only when the task runs.
    :param required_of: the one connection that the requirements are for, where a site has taught it; None where the arguments tell.
    """

    conn_ids: tuple[str, ...] = ()
    requirements: Requirements | None = None
    kind: Kind = "other"
    late: bool = False
    required_of: str | None = None


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
    try:
        return _uses_of(task, connections, rendered=rendered, requirements=requirements)
    except Exception as error:  # noqa: BLE001 - somebody else's class, of which no more can be said
        cannot_read(type(task), "what they use of Salesforce", error)
        return None


def _uses_of(task: Any, connections: Collection[str], *, rendered: bool, requirements: bool) -> Uses | None:
    facts, kind, needs = facts_of(task), "other", None
    known = next((path for path in facts.paths if path in registered()), None) if registered() else None
    infer: Infer = of_other
    if facts.stock is not None:
        kind, infer = facts.stock
    elif facts.is_transfer and names_connection(task):
        kind, infer = "transfer", of_transfer
    if known is not None and not facts.is_ours:
        needs = _as_taught(known, Arguments(task, rendered=rendered))
    own, late = connections_of(task, needs, connections, rendered=rendered)
    if not (own or late or known or kind != "other" or facts.is_ours):
        return None
    found: Any = "ours" if facts.is_ours else kind
    if not requirements:
        return _without_needs(own, found, late)
    taught_id = named_in(needs)
    if known is None or facts.is_ours:
        needs = _needs(facts, infer, Arguments(task, rendered=rendered))
    required_of = taught_id if taught_id in own else None
    return Uses(conn_ids=own, requirements=_valid(needs, known), kind=found, late=late, required_of=required_of)


@lru_cache(maxsize=1024)
def _without_needs(conn_ids: tuple[str, ...], kind: Kind, late: bool) -> Uses:
    """Many tasks use the same."""
    return Uses(conn_ids=conn_ids, kind=kind, late=late)


def _needs(facts: Facts, infer: Infer, task: Arguments) -> Any:
    return (_own_needs(task) if facts.is_ours else None) or _inferred(infer, task)


def _own_needs(task: Arguments) -> Requirements | None:
    """What one of our operators was given, as far as it is no file and no template."""
    from airflow_sf_health.edges.literals import without_templates

    own = task.requirements
    return _valid(without_templates(own), None) if isinstance(own, Mapping | Requirements) else None


def _inferred(infer: Infer, task: Arguments) -> Any:
    try:
        return infer(task)
    except Exception:  # noqa: BLE001 - arguments that the operator itself will refuse, or rows that are only fetched when it runs
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
    except Exception as error:  # noqa: BLE001 - whatever stands there in the place of requirements
        if path is not None:
            complain(path, error)
        return None
    return found if found.as_dict() else None
