"""The errors of this package that need no Airflow; `exceptions.py` shows the whole tree."""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "LockError",
    "OptionsError",
    "OrgConnectionError",
    "RequirementsError",
    "SalesforceHealthError",
    "SettingsError",
    "UnknownCheckError",
]


class SalesforceHealthError(Exception):
    """Whatever this package raises on purpose."""


class ConfigurationError(SalesforceHealthError, ValueError):
    """Something was set to what cannot work; nothing was sent to Salesforce yet."""


class OrgConnectionError(ConfigurationError):
    """The Airflow connection lacks a field, or its fields contradict each other.

    `conn_id` is the connection, `field` the one to mend, `flow` the login flow that needs it.
    """

    def __init__(
        self, message: str, *, conn_id: str | None = None, field: str | None = None, flow: str | None = None
    ) -> None:
        super().__init__(message)
        self.conn_id = conn_id
        self.field = field
        self.flow = flow


class RequirementsError(ConfigurationError):
    """The `Requirements` of a task ask for what does not exist or cannot be checked."""


class LockError(ConfigurationError):
    """A lock file of schemas is damaged, was written by a newer version, or lacks what the task's requirements use."""


class OptionsError(ConfigurationError):
    """The `Options` of an examination have a value that is not among those allowed."""


class SettingsError(ConfigurationError):
    """An option of Airflow's section [sf_health] has a value that is not among those allowed."""


class UnknownCheckError(ConfigurationError):
    """A selection names a check or family that does not exist; the message gives the nearest right name."""
