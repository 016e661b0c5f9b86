"""What is put into a task from outside; tests/airflow runs such tasks, and reads them on each Airflow."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from typing import Any

import pendulum
import pytest
from airflow.providers.common.compat.sdk import DAG, Asset, BaseOperator, Metadata
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
from dag_shapes import Reader, other, rows, sf

from airflow_sf_health import compat, guard, preflight_hook
from airflow_sf_health.bulk import BulkResultsCheck, check_bulk_results
from airflow_sf_health.callbacks import explain_failure
from airflow_sf_health.enforcement.injecting import hindrance, inject
from airflow_sf_health.enforcement.judging import judged
from airflow_sf_health.enforcement.values import LATE, Judged, PolicySettings
from airflow_sf_health.exceptions import BulkLoadError, SalesforceRowsRefused
from airflow_sf_health.guards import PreflightHook, _hook
from airflow_sf_health.inference import Uses, mark_of
from airflow_sf_health.operators.bulk import SalesforceBulkOperator as OurBulkOperator
from airflow_sf_health.retries import SalesforceRetryPolicy

ASSET = Asset("salesforce://crm/account")
EXTRAS = PolicySettings(inject_retry_policy=True, inject_explain_failure=True, inject_bulk_check=True)
LINE = "Guarded by the cluster policy of airflow-sf-health: {} examined before the task runs."


def a_dag(**arguments: Any) -> DAG:
    return DAG("untouched", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), **arguments)


def injected(dag: Any, settings: PolicySettings | None = None) -> Any:
    """The first task of a DAG, after the policy has had it twice."""
    settings = settings or PolicySettings()
    for _ in range(2):
        for each in judged(dag, settings.connections):
            inject(each, settings)
    return min(dag.tasks, key=lambda task: task.task_id)


def own_hook(*_: Any) -> None: ...


def another_hook(*_: Any) -> None: ...


SDK = importlib.import_module("airflow.providers.common.compat.sdk")
has_retry_policies = pytest.mark.skipif(
    not compat.AIRFLOW_V_3_3_PLUS, reason="this Airflow knows no policies for retries"
)

instances_of_airflow_3 = pytest.mark.skipif(
    not compat.AIRFLOW_V_3_0_PLUS, reason="what stands in for the running task is made after Airflow 3"
)


class Fixed(getattr(SDK, "RetryPolicy", object)):  # type: ignore[misc] # Airflow has none before 3.3
    """A policy of the author's."""

    def evaluate(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


class Subclass(SalesforceBulkOperator):
    """Loads as the stock operator does."""


class LoadsInItsOwnWay(SalesforceBulkOperator):
    def execute(self, context: Any) -> Any:
        return "done"


class BeginsInTheTriggerer(Reader):
    start_from_trigger = True


class HasItsOwn(Reader):
    """Of a class with a method of its own Airflow 2.11 runs no hooks, unless we see to it."""

    def pre_execute(self, context: Any) -> None: ...


def test_an_examination_is_put_before_the_tasks_own_hook() -> None:
    """Once, whatever often the policy runs, with a mark by which it is known."""
    with a_dag() as dag:
        sf("a", pre_execute=own_hook)
    task = injected(dag)
    assert task._pre_execute_hook == PreflightHook(then=own_hook, known=("crm",), injected=True)
    assert task.doc_md == LINE.format("connection 'crm' is")


@has_retry_policies
def test_without_the_extras_the_rest_of_the_task_stays() -> None:
    """They are off unless the site wants them."""
    with a_dag() as dag:
        sf("a", post_execute=own_hook, on_failure_callback=own_hook, retry_policy=(policy := Fixed()))
    task = injected(dag)
    assert (task._post_execute_hook, task.on_failure_callback, task.retry_policy) == (own_hook, [own_hook], policy)


@pytest.mark.parametrize("how", ["guard", "pre_execute"])
def test_a_guarded_task_gets_the_extras_alone(how: str) -> None:
    """Nobody is examined twice; a failure of its own work is another matter."""
    with a_dag() as dag:
        sf("a", pre_execute=preflight_hook() if how == "pre_execute" else None)
    if how == "guard":
        guard(dag)
    task = injected(dag, EXTRAS)
    assert task._pre_execute_hook == (preflight_hook() if how == "pre_execute" else None)
    assert task.on_failure_callback == [explain_failure]
    first = "a retry policy, advice" if compat.AIRFLOW_V_3_3_PLUS else "advice"
    assert task.doc_md.startswith(f"Added by the cluster policy of airflow-sf-health: {first} in the log")
    assert "\n" not in task.doc_md


def test_a_teardown_is_not_guarded() -> None:
    """What was set up is taken down, whatever the org says."""
    with a_dag() as dag:
        Reader(task_id="b", salesforce_conn_id=None) >> sf("a").as_teardown()  # type: ignore[arg-type]
    assert injected(dag)._pre_execute_hook is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "{}"),
        ("", "{}"),
        ("Loads.", "Loads.\n\n{}"),
        ("Loads.\n", "Loads.\n\n{}"),
        ("\n    # Loads\n      all\n    ", "\n    # Loads\n      all\n\n    {}"),
        ("Loads.\n    code", "Loads.\n    code\n\n{}"),
        ("\n\t# Loads\n", "\n\t# Loads\n\n\t{}"),
    ],
)
def test_the_authors_text_stays(before: str | None, after: str) -> None:
    """The line stands below it and is no code, however far the text is indented."""
    with a_dag() as dag:
        sf("a", doc_md=before)
    assert injected(dag).doc_md == after.format(LINE.format("connection 'crm' is"))


def test_a_connection_of_the_run() -> None:
    """It is examined when it is known."""
    with a_dag() as dag:
        sf("a", "{{ params.org }}")
    task = injected(dag)
    assert task._pre_execute_hook == PreflightHook(injected=True)
    assert task.doc_md == LINE.format("its connection is")


class Both(Reader):
    """Uses two connections, of which only the site knows that the other one leads to Salesforce."""

    def __init__(self, *, target_conn_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_conn_id = target_conn_id


class Foreign(BaseOperator):
    """Says nothing of Salesforce."""

    def __init__(self, *, source_conn_id: str, target_conn_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source_conn_id, self.target_conn_id = source_conn_id, target_conn_id


def test_connections_that_only_the_site_knows() -> None:
    """Beside the task's own one, and alone."""
    site = PolicySettings(connections=frozenset({"erp", "eu"}))
    with a_dag() as dag:
        Both(task_id="a", salesforce_conn_id="crm", target_conn_id="erp")
    assert injected(dag, site)._pre_execute_hook == PreflightHook(also=("erp",), known=("crm",), injected=True)
    with a_dag() as dag:
        Foreign(task_id="a", source_conn_id="eu", target_conn_id="erp")
    task = injected(dag, site)
    assert task._pre_execute_hook == PreflightHook("eu", also=("erp",), injected=True)
    assert task.doc_md == LINE.format("connections 'eu', 'erp' are")


def test_tasks_that_need_the_same_share_it() -> None:
    """A DAG of a thousand loads has one hook, not a thousand; one of another connection has its own text all the same."""
    with a_dag() as dag:
        first, second, other = sf("a"), sf("b"), sf("c", "erp")
    injected(dag)
    assert first._pre_execute_hook is second._pre_execute_hook
    assert (first.doc_md, other.doc_md) == (LINE.format("connection 'crm' is"), LINE.format("connection 'erp' is"))


def test_a_hook_of_the_authors_that_examines_something_else() -> None:
    """Both examine, each its own connection."""
    with a_dag() as dag:
        sf("a", pre_execute=preflight_hook("erp"))
    task = injected(dag)
    assert task._pre_execute_hook == PreflightHook("crm", then=preflight_hook("erp"), injected=True)


@pytest.mark.parametrize("kind", [Reader, HasItsOwn])
def test_a_connection_of_the_run_beside_a_hook_of_the_authors(kind: type[BaseOperator]) -> None:
    """Which connection the hook examines is known, so it is another one."""
    with a_dag() as dag:
        task: Any = kind(task_id="a", salesforce_conn_id="{{ params.org }}", pre_execute=preflight_hook("erp"))
    inject(judged(dag)[0], PolicySettings())
    assert task._pre_execute_hook.conn_id is None
    assert task._pre_execute_hook.then == preflight_hook("erp")
    assert judged(dag)[0].unguarded == ()


def test_a_task_that_begins_in_the_triggerer() -> None:
    """A hook would run when it resumes and examine nothing, so there is none, and it is said why."""
    with a_dag() as dag:
        task = BeginsInTheTriggerer(task_id="a", salesforce_conn_id="crm")
    assert injected(dag)._pre_execute_hook is None
    assert task.doc_md is None
    assert "begins in the triggerer" in hindrance(task, Uses(conn_ids=("crm",)))


def test_a_task_that_is_mapped_over_its_hooks() -> None:
    """Airflow takes no second one beside, so it stays as it is, and it is said why."""
    with a_dag() as dag:
        task: Any = Reader.partial(task_id="a").expand(pre_execute=[own_hook, another_hook])
    injected(dag)
    assert "pre_execute" not in task.partial_kwargs
    assert "mapped over pre_execute" in hindrance(task, Uses(conn_ids=("crm",)))
    assert hindrance(sf("other", dag=dag), Uses(conn_ids=("crm",))) == ""


class KeepsItElsewhere(Reader):
    """Has its connection under a name that nobody looks for."""

    def __init__(self, *, salesforce_conn_id: str, word: str = "", **kwargs: Any) -> None:
        super().__init__(salesforce_conn_id=salesforce_conn_id, word=word, **kwargs)
        self.org = self.__dict__.pop("salesforce_conn_id")


def looked_at(task: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The connections that its hook examines when it runs."""
    found: list[str] = []
    monkeypatch.setattr(PreflightHook, "_look", lambda self, conn_id, *_: found.append(conn_id))
    task._pre_execute_hook(context_of(task))
    return found


@instances_of_airflow_3
def test_an_instance_that_shows_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that the DAG file names is examined all the same."""
    with a_dag() as dag:
        KeepsItElsewhere.partial(task_id="a", salesforce_conn_id="crm").expand(word=["x", "y"])
    task = injected(dag).unmap({"word": "x"})
    monkeypatch.setattr(_hook, "uses_of", lambda *_, **__: None)
    assert looked_at(task, monkeypatch) == ["crm"]


@instances_of_airflow_3
def test_a_run_without_a_connection_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The task runs, since nobody has asked for its guard there, and its log says that nothing was examined."""
    with a_dag() as dag:
        sf("a", "{{ params.org }}")
    task = injected(dag)
    task.salesforce_conn_id = ""
    monkeypatch.setattr(type(task), "log", logging.getLogger("of_the_task"))
    assert looked_at(task, monkeypatch) == []
    assert "has examined nothing: no argument of task 'a' names" in caplog.text


def test_a_task_of_which_no_connection_is_known() -> None:
    """It is not said to be guarded, as nothing could be examined, and it is said why."""
    with a_dag():
        task = other("a")
    judged_so = Judged(task=task, uses=Uses(), how="none", unguarded=(LATE,))
    assert inject(judged_so, PolicySettings()).startswith("Nothing tells which connection it uses")
    assert (task._pre_execute_hook, task.doc_md) == (None, None)


@instances_of_airflow_3  # before, all of them had one
def test_instances_that_may_bring_a_text_of_their_own() -> None:
    """Airflow would take none beside one for all of them, so there is none."""
    with a_dag() as dag:
        task: Any = Reader.partial(task_id="a", salesforce_conn_id="crm").expand_kwargs(rows())
    injected(dag, EXTRAS)
    assert mark_of(task) is not None
    assert task.unmap({"doc_md": "Region EU"}).doc_md == "Region EU"


@pytest.mark.parametrize(
    ("own", "all_of_them"),
    [
        (None, [explain_failure]),
        (own_hook, [explain_failure, own_hook]),
        ([own_hook, another_hook], [explain_failure, own_hook, another_hook]),
        (explain_failure, [explain_failure]),
        ([own_hook, explain_failure], [own_hook, explain_failure]),
    ],
)
def test_failure_callbacks(own: Any, all_of_them: list[Any]) -> None:
    """The advice comes first, and each callback of the author's after it."""
    with a_dag() as dag:
        sf("a", on_failure_callback=own)
    found = injected(dag, EXTRAS).on_failure_callback
    assert (found if isinstance(found, list) else [found]) == all_of_them  # Airflow 2.11 leaves a single one as it is


def test_callbacks_of_the_defaults_are_nobodys_own() -> None:
    """The list that other tasks have too stays as it is."""
    callbacks = [own_hook]
    with a_dag(default_args={"on_failure_callback": callbacks}) as dag:
        sf("a")
        other = BaseOperator(task_id="b")
    assert injected(dag, EXTRAS).on_failure_callback == [explain_failure, own_hook]
    assert (callbacks, other.on_failure_callback) == ([own_hook], [own_hook])


@has_retry_policies
def test_retry_policies() -> None:
    """The author's own is asked where ours has no opinion; one of ours that is there already stays, in a chain too."""
    with a_dag() as dag:
        sf("a", retry_policy=(own := Fixed()))
    task = injected(dag, EXTRAS)
    assert isinstance(task.retry_policy, SalesforceRetryPolicy)
    assert task.retry_policy.otherwise is own
    for theirs in (SalesforceRetryPolicy(otherwise=own), SDK.ChainRetryPolicy(policies=[own, SalesforceRetryPolicy()])):
        with a_dag() as dag:
            sf("a", retry_policy=theirs)
        assert injected(dag, EXTRAS).retry_policy is theirs


@pytest.mark.parametrize(
    ("kind", "arguments", "checked"),
    [
        (SalesforceBulkOperator, {}, True),
        (Subclass, {}, True),
        (LoadsInItsOwnWay, {}, False),
        (SalesforceBulkOperator, {"do_xcom_push": False}, False),
        (SalesforceBulkOperator, {"post_execute": check_bulk_results("2%")}, False),
        (OurBulkOperator, {}, False),
    ],
)
@pytest.mark.parametrize("is_mapped", [False, True])
def test_whose_rows_are_checked(kind: Any, arguments: dict[str, Any], checked: bool, is_mapped: bool) -> None:
    """Those of the stock operator, unless somebody checks them already or it keeps back what became of them."""
    given = {"task_id": "a", "operation": "insert", "object_name": "Account", "salesforce_conn_id": "crm", **arguments}
    with a_dag() as dag:
        if is_mapped:
            kind.partial(**given).expand(payload=[[{"Name": "a"}]])
        else:
            kind(payload=[{"Name": "a"}], **given)
    task = injected(dag, EXTRAS)
    hook = task.partial_kwargs.get("post_execute") if is_mapped else task._post_execute_hook
    if checked:
        assert isinstance(hook, BulkResultsCheck)
        assert hook.max_failed == 0
    else:
        assert hook is arguments.get("post_execute")
    assert ("what became of the rows" in (task.doc_md or "")) is checked


GOOD = [{"success": True, "created": True, "id": "001", "errors": []}]
REFUSED = [
    {"success": False, "created": False, "id": None, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": ""}]}
]


def context_of(task: Any) -> dict[str, Any]:
    class Instance:
        try_number, max_tries = 1, 0

        def xcom_push(self, **_: Any) -> None: ...

    return {"task": task, "ti": Instance()}


def rows_judged(own: Any, results: Any) -> list[str]:
    """Run the hook of a task whose load gave that; what of it ran, in order."""
    ran: list[str] = []

    def post_execute(*_: Any) -> None:
        ran.append("own")
        own()

    with a_dag() as dag:
        sf("a", post_execute=post_execute)
    hook = injected(dag, EXTRAS)._post_execute_hook
    try:
        hook(context_of(dag.get_task("a")), results)
    except (KeyError, BulkLoadError) as error:
        ran.append(type(error).__name__)
    return ran


def fail(error: Exception) -> Any:
    def own() -> None:
        raise error

    return own


def test_the_tasks_own_post_execute_runs_first() -> None:
    """It could not run any more after a check that failed; and refused rows fail the task, whatever it does."""
    assert rows_judged(lambda: None, GOOD) == ["own"]
    assert rows_judged(lambda: None, REFUSED)[0] == "own"
    assert rows_judged(fail(KeyError()), GOOD) == ["own", "KeyError"]
    assert rows_judged(fail(KeyError()), REFUSED)[1].startswith("SalesforceRowsRefused")
    mine = SalesforceRowsRefused("judged", cause="record_locked", outcome=None)
    assert rows_judged(fail(mine), REFUSED) == ["own", "SalesforceRowsRefused"]


@pytest.mark.parametrize("name", ["pre_execute", "post_execute"])
def test_a_generator_of_the_authors_is_run_to_its_end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow runs such a hook and keeps what it yields, and so it does once more stands beside it."""
    ran: list[str] = []

    def own(*_: Any) -> Iterator[Any]:
        yield Metadata(ASSET, {"rows": 2})
        ran.append("own")

    with a_dag() as dag:
        arguments: Any = {name: own}
        task = sf("a", **arguments)
    hook = getattr(injected(dag, EXTRAS), f"_{name}_hook")
    monkeypatch.setattr(PreflightHook, "_look", lambda *_: None)
    context = {
        **context_of(task),
        "outlet_events": (events := pytest.importorskip("airflow.sdk.execution_time.context").OutletEventAccessors()),
    }
    hook(context, *([GOOD] if name == "post_execute" else []))
    assert (ran, events[ASSET].extra) == (["own"], {"rows": 2})
