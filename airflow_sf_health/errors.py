"""The errors of this package that need no Airflow; `exceptions.py` shows the whole tree."""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "OptionsError",
    "OrgConnectionError",
    "RequirementsError",
    "SalesforceHealthError",
    "SettingsError",
]


class SalesforceHealthError(Exception):
    """Whatever this package raises on purpose."""


class ConfigurationError(SalesforceHealthError, ValueError):
    """Something was set to what cannot work; nothing was sent to Salesforce yet."""


class OrgConnectionError(ConfigurationError):
    """The Airflow connection lacks a field, or its fields contradict each other."""


class RequirementsError(ConfigurationError):
    """The `Requirements` of a task ask for what does not exist or cannot be checked."""


class OptionsError(ConfigurationError):
    """The `Options` of an examination have a value that is not among those allowed."""


class SettingsError(ConfigurationError):
    """An option of Airflow's section [sf_health] has a value that is not among those allowed."""
