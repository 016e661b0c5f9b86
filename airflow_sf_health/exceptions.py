"""What this package raises, and what each error means for the task that meets it.

    Exception
    ├── SalesforceHealthError                 whatever this package raises on purpose
    │   ├── ConfigurationError (ValueError)   set to what cannot work; nothing was sent
    │   │   ├── OrgConnectionError              in the Airflow connection
    │   │   ├── RequirementsError               in the task's Requirements
    │   │   ├── LockError                       in the lock file of what the task uses of the org's schema
    │   │   ├── OptionsError                    in the examination's Options
    │   │   ├── SettingsError                   in Airflow's section [sf_health]
    │   │   ├── UnknownCheckError               in the selection of checks
    │   │   └── SalesforceMisconfigured         any of these, met in a running task: it fails at once
    │   ├── SalesforceMetadataNotRefreshed    an object could not be described, or nothing remembered: Airflow retries
    │   └── VerdictError                      an examination or a bulk load ended badly; has .report and .cause
    │       ├── BulkLoadError                   a bulk load left rows unwritten, or not known to be written; has .outcome
    │       │   ├── SalesforceRowsRefused         no retry heals it, or one would write rows twice: the task fails at once
    │       │   ├── SalesforceRowsRefusedForNow   time may heal it, and nothing is written twice: Airflow retries
    │       │   └── SalesforceLoadBrokenOff       it broke off on the way, and a retry might write rows twice: fails at once
    │       ├── SalesforceUnhealthy             certain, and no retry heals it: the task fails at once
    │       ├── SalesforceUnhealthyForNow       unhealthy, but time may heal it or it is not certain: Airflow retries
    │       └── SalesforceUndetermined          what matters could not be asked: Airflow retries
    │           └── SalesforceUndeterminedFinal   the same, and on_undetermined says: fail at once
    └── AirflowException                      Airflow's own
        ├── AirflowFailException
        │   ├── SalesforceLoadBrokenOff
        │   ├── SalesforceMisconfigured
        │   ├── SalesforceRowsRefused
        │   ├── SalesforceUnhealthy
        │   └── SalesforceUndeterminedFinal
        ├── SalesforceMetadataNotRefreshed
        ├── SalesforceRowsRefusedForNow
        ├── SalesforceUnhealthyForNow
        └── SalesforceUndetermined

`except SalesforceHealthError` meets everything; `except VerdictError` only what an examination or a bulk load came to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.compat import AirflowException, AirflowFailException
from airflow_sf_health.errors import (
    ConfigurationError,
    LockError,
    OptionsError,
    OrgConnectionError,
    RequirementsError,
    SalesforceHealthError,
    SettingsError,
    UnknownCheckError,
)

if TYPE_CHECKING:
    from airflow_sf_health.bulk._outcome import BulkOutcome
    from airflow_sf_health.report.report import Report

__all__ = [
    "BulkLoadError",
    "ConfigurationError",
    "LockError",
    "OptionsError",
    "OrgConnectionError",
    "RequirementsError",
    "SalesforceHealthError",
    "SalesforceLoadBrokenOff",
    "SalesforceMetadataNotRefreshed",
    "SalesforceMisconfigured",
    "SalesforceRowsRefused",
    "SalesforceRowsRefusedForNow",
    "SalesforceUndetermined",
    "SalesforceUndeterminedFinal",
    "SalesforceUnhealthy",
    "SalesforceUnhealthyForNow",
    "SettingsError",
    "UnknownCheckError",
    "VerdictError",
]


class SalesforceMisconfigured(ConfigurationError, AirflowFailException):
    """A running task met what was set wrong (``__cause__`` is the error itself): Airflow fails it at once, unasked."""


class SalesforceMetadataNotRefreshed(SalesforceHealthError, AirflowException):
    """A refresh of remembered schemas did not describe, or did not keep, all that it should: Airflow retries as the task says."""


class VerdictError(SalesforceHealthError):
    """An examination ended without a go-ahead for the task, or a bulk load ended badly.

    `report` is the whole examination, None where only its outcome is known. `cause` is the id of the leading cause
    (`user_inactive`), the name of its guidance file and page, None where none was recognised.
    """

    def __init__(self, message: str, *, report: Report | None = None, cause: str | None = None) -> None:
        super().__init__(message)
        self.report = report
        self.cause = cause


class SalesforceUnhealthy(VerdictError, AirflowFailException):
    """Certain, and no retry can heal it: Airflow fails the task at once and spends no retries."""


class SalesforceUnhealthyForNow(VerdictError, AirflowException):
    """Unhealthy, but time may heal it or it is not certain: Airflow retries as the task says."""


class SalesforceUndetermined(VerdictError, AirflowException):
    """What matters could not be asked, so nothing is known: Airflow retries as the task says."""


class SalesforceUndeterminedFinal(SalesforceUndetermined, AirflowFailException):
    """The same where `on_undetermined` is `fail`: Airflow fails the task at once."""


class BulkLoadError(VerdictError):
    """A bulk load left rows that were not written, or of which that is not known.

    `outcome` has the rows counted (`rows`, `written`, `refused`, `counts` by cause, `groups` with the rows themselves), the ids
    of the `jobs` and the file of `failed_rows`; None where the load broke off. `cause` is that of most of the refused rows.
    """

    def __init__(self, message: str, *, cause: str | None = None, outcome: BulkOutcome | None = None) -> None:
        super().__init__(message, cause=cause)
        self.outcome = outcome


class SalesforceRowsRefused(BulkLoadError, AirflowFailException):
    """More rows were refused than may be, and a retry would heal none of them or write others twice: Airflow fails the task."""


class SalesforceRowsRefusedForNow(BulkLoadError, AirflowException):
    """More rows were refused than may be, time may heal that, and nothing is written twice: Airflow retries as the task says."""


class SalesforceLoadBrokenOff(BulkLoadError, AirflowFailException):
    """The load broke off when rows may have been written that a retry would write twice: Airflow fails the task at once."""
