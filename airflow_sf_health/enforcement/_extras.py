"""What the cluster policy can add to a Salesforce task beside the examination. What the task has of its own is kept and goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from airflow_sf_health import compat
from airflow_sf_health.bulk import BulkResultsCheck
from airflow_sf_health.guards import give, is_mapped_over, own
from airflow_sf_health.inference import BULK, is_mapped


@dataclass(frozen=True, slots=True)
class InjectedBulkCheck(BulkResultsCheck):
    """The check of a bulk load's rows, after the task's own ``post_execute``, which could not run any more once the check has failed.

    :param first: the task's own.
    """

    # Not shown: where a function lies in memory would make each serialized DAG another one.
    first: Callable[[Any, Any], Any] | None = field(default=None, repr=False)

    def __call__(self, context: Any, result: Any = None) -> None:
        """Judge the rows; also where the task's own function fails, since a retry would send them once more.

        :raises BulkLoadError: more rows were refused than may be.
        """
        from airflow_sf_health.exceptions import BulkLoadError

        if self.first is not None:
            try:
                compat.run_hook(self.first, context, result)
            except BulkLoadError:  # judged by somebody else
                raise
            except Exception:
                BulkResultsCheck.__call__(self, context, result)
                raise
        BulkResultsCheck.__call__(self, context, result)


def add_retry_policy(task: Any) -> bool:
    """Have ``SalesforceRetryPolicy`` decide first about a retry, and the task's own policy where ours has no opinion.

    :returns: whether it was added; not before Airflow 3.3, and not where it is there already. So it is of the other two.
    """
    from airflow_sf_health.retries import SalesforceRetryPolicy

    if not SalesforceRetryPolicy.available or is_mapped_over(task, "retry_policy"):
        return False
    before = own(task, "retry_policy")
    if any(isinstance(each, SalesforceRetryPolicy) for each in (before, *getattr(before, "policies", ()))):
        return False
    give(task, "retry_policy", SalesforceRetryPolicy(otherwise=before))
    return True


def add_explain_failure(task: Any) -> bool:
    """Have the advice logged before the task's own ``on_failure_callback``, one or several, tells somebody of the failure."""
    from airflow_sf_health.callbacks import explain_failure

    if is_mapped_over(task, "on_failure_callback"):
        return False
    callbacks = list(_several(own(task, "on_failure_callback")))
    if explain_failure in callbacks:
        return False
    # A new list: the one that is there may be that of the default_args, which other tasks have too.
    give(task, "on_failure_callback", [explain_failure, *callbacks])
    return True


def add_bulk_check(task: Any) -> bool:
    """Have the rows of the stock ``SalesforceBulkOperator`` judged after its own ``post_execute``.

    Not where it keeps its results back (``do_xcom_push=False``): with nothing to judge, each load would fail.
    """
    if not _gives_results(task) or is_mapped_over(task, "post_execute"):
        return False
    before = own(task, "post_execute")
    if isinstance(before, BulkResultsCheck):
        return False
    give(task, "post_execute", InjectedBulkCheck(first=before))
    return True


def _several(callbacks: Any) -> Iterator[Any]:
    """A single function, several, or none: each of them is an ``on_failure_callback`` for Airflow."""
    if isinstance(callbacks, list | tuple | set | frozenset):
        yield from callbacks
    elif callbacks is not None:
        yield callbacks


def _gives_results(task: Any) -> bool:
    """Whether what the task returns is what the stock operator does, and Airflow hands it to the hook."""
    kind = task.operator_class if is_mapped(task) else type(task)
    executing = next((each for each in kind.__mro__ if "execute" in vars(each)), None)
    if executing is None or f"{executing.__module__}.{executing.__qualname__}" != BULK:
        return False
    # Airflow 2.11 skips the hook of a class with a method of its own, without a word.
    heard = compat.AIRFLOW_V_3_0_PLUS or kind.post_execute is compat.BaseOperator.post_execute
    pushes = own(task, "do_xcom_push")
    return heard and (pushes is None or bool(pushes)) and not is_mapped_over(task, "do_xcom_push")
