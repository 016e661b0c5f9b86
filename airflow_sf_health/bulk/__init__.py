"""A refused import is not green: the rows of a bulk load decide about the task that sent them.

Salesforce refuses a bulk load row by row. The stock ``SalesforceBulkOperator`` returns what became of each row and succeeds,
even when not one was written. :func:`check_bulk_results` looks at what it returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from airflow_sf_health.bulk._allowance import Allowance
from airflow_sf_health.errors import OptionsError

if TYPE_CHECKING:
    from airflow_sf_health.compat import Context

__all__ = ["BulkResultsCheck", "check_bulk_results"]

FILE_ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".txt")


@dataclass(frozen=True, slots=True)
class BulkResultsCheck:
    """What :func:`check_bulk_results` gives; two that look for the same are equal, and a serialized DAG stays the same."""

    max_failed: int | str = 0
    failed_rows_to: str | None = None

    def __call__(self, context: Context, result: Any = None) -> None:
        """Judge the rows of the task that has just been executed.

        :raises BulkLoadError: more rows were refused than may be; one of its kinds.
        :raises SalesforceMisconfigured: there is nothing to judge, since the results are kept back or of another form.
        """
        from airflow_sf_health.bulk._load import Load
        from airflow_sf_health.bulk._verdict import judge
        from airflow_sf_health.edges.site import use_causes_of_site

        use_causes_of_site()
        judge(Load.of(context), result, self, context)


def check_bulk_results(
    max_failed: int | str = 0, failed_rows_to: str | PathLike[str] | None = None
) -> BulkResultsCheck:
    """Give a function for ``post_execute`` of a ``SalesforceBulkOperator``, which fails the task where rows were refused::

        SalesforceBulkOperator(..., post_execute=check_bulk_results(max_failed="2%"))

    It does so for any task that returns results of rows as Bulk API 1.0 and simple-salesforce give them.

    :param max_failed: refused rows up to which the task succeeds, with a warning: a number, or a share of the rows (``"2%"``).
    :param failed_rows_to: a folder, as a path or as an address that ``ObjectStoragePath`` understands (``s3://…``), that gets a
        file of the refused rows as JSON lines, one file for each try. May be a template.
    :raises OptionsError: an argument that cannot be meant, while the DAG file is read.
    """
    if isinstance(max_failed, Mapping):
        _refuse_missing_call()
    Allowance.of(max_failed)
    return BulkResultsCheck(max_failed, _folder(failed_rows_to))


def _folder(given: str | PathLike[str] | None) -> str | None:
    if given is None:
        return None
    folder = str(given)
    if not folder.strip():
        raise OptionsError("'failed_rows_to' is empty. Give it the folder that gets a file of the refused rows.")
    if folder.lower().endswith(FILE_ENDINGS):
        raise OptionsError(
            f"'failed_rows_to' is {folder!r}, which looks like a file. Give it the folder; each try writes a file of its own."
        )
    return folder


def _refuse_missing_call() -> None:
    """Airflow has called it with a context: the task ran, and a retry would send its rows again."""
    from airflow_sf_health.exceptions import SalesforceMisconfigured

    raise SalesforceMisconfigured(
        "post_execute is check_bulk_results itself. Call it: post_execute=check_bulk_results(). The rows of this run were sent, "
        "and nobody has looked at what became of them."
    )
