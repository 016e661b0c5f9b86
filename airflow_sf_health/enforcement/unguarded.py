"""What is said of tasks that run without a guard."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

from airflow_sf_health import compat
from airflow_sf_health.edges.metrics import count_unguarded
from airflow_sf_health.enforcement.values import Judged, Mode
from airflow_sf_health.settings import docs_url

LOG = logging.getLogger("airflow_sf_health.cluster_policy")
WAIVING = """Where none is needed, say why in the params of the task or of the DAG:

    params={"sf_health_waiver": {"reason": "...", "until": "2026-12-31"}}

or give the whole DAG the tag 'sf-health:waived'."""


class Told(NamedTuple):
    """A task of which something is to be said.

    :param is_known: whether it is in the baseline.
    :param why: what else there is to say.
    """

    judged: Judged
    mode: Mode
    is_known: bool = False
    why: str = ""


def tell(dag: Any, told: Sequence[Told], file: str) -> None:
    """One line for each task, and each counted. Not in a worker, which reads the file again for each of its tasks: who is on call has no
    use for it there.
    """
    if not told or compat.get_parsing_context().dag_id is not None:
        return
    page = f"{docs_url()}/cluster-policy"
    for judged, _, is_known, why in told:
        LOG.log(
            logging.INFO if is_known else logging.WARNING,
            "Task '%s' of DAG '%s' (%s) uses Salesforce connection %s, and nothing examines it before%s%s. See %s",
            judged.task.task_id,
            dag.dag_id,
            file,
            _named(judged.unguarded),
            why.removesuffix("."),
            f"; {problem}" if (problem := _waiver_problem(judged)) else "",
            page,
        )
    count_unguarded(dag.dag_id, ((conn_id, mode) for judged, mode, *_ in told for conn_id in judged.unguarded))


class Refused(NamedTuple):
    """A task that makes its DAG file an import error.

    :param advice: what its author has to write.
    """

    judged: Judged
    advice: str


def refuse(dag: Any, refused: Sequence[Refused], file: str) -> NoReturn:
    """:raises AirflowClusterPolicyViolation: with what its author has to write."""
    raise compat.AirflowClusterPolicyViolation(violation(dag, refused, file))


def violation(dag: Any, refused: Sequence[Refused], file: str) -> str:
    """What Airflow's import errors show: plain text. Tasks that need the same lines stand together."""
    alike: dict[str, list[Judged]] = {}
    for judged, advice in refused:
        alike.setdefault(advice, []).append(judged)
    tasks = "a task that uses" if len(refused) == 1 else f"{len(refused)} tasks that use"
    what = (
        f"DAG '{dag.dag_id}' ({file}) has {tasks} Salesforce with nothing that examines the connection before. This site requires it: "
        "no DAG of this file is loaded until it is there."
    )
    todo = [f"{_who(each)}\n\n{_indented(advice)}" for advice, each in alike.items()]
    return "\n\n".join((what, *todo, WAIVING, f"{docs_url()}/cluster-policy"))


def _who(alike: list[Judged]) -> str:
    by_connection: dict[str, list[str]] = {}
    for each in alike:
        problem = _waiver_problem(each)
        named = f"{_named(each.unguarded)} ({problem})" if problem else _named(each.unguarded)
        by_connection.setdefault(named, []).append(each.task.task_id)
    return "\n".join(
        f"{'Task' if len(ids) == 1 else 'Tasks'} {_listed(ids)}, connection {named}:"
        for named, ids in by_connection.items()
    )


def _waiver_problem(judged: Judged) -> str:
    problem = "" if judged.waiver is None else judged.waiver.problem.removesuffix(".")
    return f"the waiver does not count: {problem[0].lower()}{problem[1:]}" if problem else ""


def _named(conn_ids: Iterable[str]) -> str:
    return " and ".join(each if each.startswith("(") else f"'{each}'" for each in conn_ids)


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in ids)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line.strip() else "" for line in text.strip("\n").splitlines())
