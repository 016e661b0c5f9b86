"""What this package raises, and what each error means for the task that meets it.

    Exception
    ├── SalesforceHealthError                 whatever this package raises on purpose
    │   ├── ConfigurationError (ValueError)   set to what cannot work; nothing was sent
    │   │   ├── OrgConnectionError              in the Airflow connection
    │   │   ├── RequirementsError               in the task's Requirements
    │   │   ├── OptionsError                    in the examination's Options
    │   │   ├── SettingsError                   in Airflow's section [sf_health]
    │   │   ├── UnknownCheckError               in the selection of checks
    │   │   └── SalesforceMisconfigured         any of these, met in a running task: it fails at once
    │   └── VerdictError                      an examination ended without a go-ahead; has .report and .cause
    │       ├── SalesforceUnhealthy             certain, and no retry heals it: the task fails at once
    │       ├── SalesforceUnhealthyForNow       unhealthy, but time may heal it or it is not certain: Airflow retries
    │       └── SalesforceUndetermined          what matters could not be asked: Airflow retries
    │           └── SalesforceUndeterminedFinal   the same, and on_undetermined says: fail at once
    └── AirflowException                      Airflow's own
        ├── AirflowFailException
        │   ├── SalesforceMisconfigured
        │   ├── SalesforceUnhealthy
        │   └── SalesforceUndeterminedFinal
        ├── SalesforceUnhealthyForNow
        └── SalesforceUndetermined

`except SalesforceHealthError` meets everything; `except VerdictError` only what an examination found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.compat import AirflowException, AirflowFailException
from airflow_sf_health.errors import (
    ConfigurationError,
    OptionsError,
    OrgConnectionError,
    RequirementsError,
    SalesforceHealthError,
    SettingsError,
    UnknownCheckError,
)

if TYPE_CHECKING:
    from airflow_sf_health.report.report import Report

__all__ = [
    "ConfigurationError",
    "OptionsError",
    "OrgConnectionError",
    "RequirementsError",
    "SalesforceHealthError",
    "SalesforceMisconfigured",
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


class VerdictError(SalesforceHealthError):
    """An examination ended without a go-ahead for the task.

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
