"""Clear tasks as Airflow does, and run them again, as its scheduler and a worker would."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import Any

from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS


def clear(dag: Any, run_id: str, task_ids: Collection[str] | None = None) -> None:
    """Do what "Clear" does in Airflow's pages and commands, with all tasks of a run or with these."""
    if not AIRFLOW_V_3_0_PLUS:
        import_module("airflow.providers.fab.auth_manager.models")  # the history of tasks refers to its table
    from airflow.models.taskinstance import clear_task_instances
    from airflow.utils.session import create_session

    with create_session() as session:
        tasks = _run(dag, run_id, session).get_task_instances(session=session)
        given = {} if AIRFLOW_V_3_0_PLUS else {"dag": dag}  # 2.11's `dag.test()` leaves no DAG in the database
        clear_task_instances([each for each in tasks if task_ids is None or each.task_id in task_ids], session, **given)


def run_again(dag: Any, run_id: str) -> list[Any]:
    """Run what was cleared, automatic retries included, and give all task instances of the run."""
    from airflow.utils.session import create_session

    _begin(dag, run_id)
    while _one_round(dag, run_id):
        pass
    with create_session() as session:
        found: list[Any] = _run(dag, run_id, session).get_task_instances(session=session)
        session.expunge_all()
    return found


def write_dag(dag: Any) -> None:
    """Let Airflow's commands find the DAG, which `dag.test()` of 2.11 does not write down."""
    if not AIRFLOW_V_3_0_PLUS:
        dag.sync_to_db()
        import_module("airflow.models.serialized_dag").SerializedDagModel.write_dag(dag)


def _begin(dag: Any, run_id: str) -> None:
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    with create_session() as session:
        _run(dag, run_id, session).set_state(DagRunState.RUNNING)


def _one_round(dag: Any, run_id: str) -> bool:
    """Schedule what can run and run it; False where the run has ended."""
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    with create_session() as session:
        run = _run(dag, run_id, session)
        ready, _ = run.update_state(session=session)
        run.schedule_tis(ready, session=session)
        ended = run.state != DagRunState.RUNNING
    with create_session() as session:
        for each in _run(dag, run_id, session).get_task_instances(session=session):
            if each.state == "scheduled":
                _work(each, dag.task_dict[each.task_id], session)
    return not ended


def _work(instance: Any, task: Any, session: Any) -> None:
    if AIRFLOW_V_3_0_PLUS:
        from airflow.sdk.definitions.dag import _run_task

        _run_task(ti=instance, task=task, run_triggerer=True)
        return
    instance.task = task
    try:
        instance._run_raw_task(session=session)
    except Exception:  # noqa: BLE001 - it is in the state of the task
        session.rollback()


def _run(dag: Any, run_id: str, session: Any) -> Any:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    run = session.scalars(select(DagRun).where(DagRun.dag_id == dag.dag_id, DagRun.run_id == run_id)).one()
    if AIRFLOW_V_3_0_PLUS:
        from airflow.models.dagbag import DBDagBag

        run.dag = DBDagBag().get_dag_for_run(run, session=session)
    else:
        run.dag = dag
    return run
