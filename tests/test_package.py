"""The package as it is installed, and its public names."""

from __future__ import annotations

import importlib.metadata
import sys
import sysconfig
from pathlib import Path

import pytest

import airflow_sf_health
from airflow_sf_health import compat, errors, exceptions


def test_the_installed_wheel_is_what_is_tested() -> None:
    """The package comes from site-packages, never from the source tree."""
    assert Path(airflow_sf_health.__file__).is_relative_to(sysconfig.get_path("purelib"))


def test_the_version_is_the_distributions() -> None:
    """`__version__` and the installed metadata say the same."""
    assert importlib.metadata.version("airflow-sf-health") == airflow_sf_health.__version__


def test_public_names() -> None:
    """The package's own names are exactly those that the documentation promises."""
    functions = ["diagnose", "examine", "guard", "preflight", "preflight_hook"]
    assert airflow_sf_health.__all__ == ["Options", "Requirements", "__version__", *functions]
    assert set(airflow_sf_health.__all__) <= set(dir(airflow_sf_health))


@pytest.mark.parametrize("name", ["Options", "Requirements", "diagnose", "examine", "guard", "preflight_hook"])
def test_a_public_name_is_loaded_on_first_use(name: str) -> None:
    """Each public name can be had from the package, and is the object that its home module defines."""
    value = getattr(airflow_sf_health, name)
    assert value is getattr(sys.modules[value.__module__], name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that does not exist is refused as Python does it, so `hasattr` and `from … import` work."""
    with pytest.raises(AttributeError, match="'airflow_sf_health' has no attribute 'nothing'"):
        _ = airflow_sf_health.nothing


def test_the_console_script_is_installed() -> None:
    """`sf-health` is registered under the name that the documentation uses."""
    scripts = importlib.metadata.entry_points(group="console_scripts", name="sf-health")
    assert [script.value for script in scripts] == ["airflow_sf_health.cli:main"]


def test_the_error_tree_in_the_docstring_is_the_real_one() -> None:
    """Every public error stands in the tree that the docstring draws, and no other does."""
    drawn = {word for word in (exceptions.__doc__ or "").replace("(", " ").split() if word in dir(exceptions)}
    assert set(exceptions.__all__) <= drawn


@pytest.mark.parametrize("name", errors.__all__)
def test_pure_errors_are_public_in_exceptions(name: str) -> None:
    """`exceptions` is the one place where users find all errors."""
    assert getattr(exceptions, name) is getattr(errors, name)


@pytest.mark.parametrize("name", [n for n in exceptions.__all__ if n.startswith("SalesforceUn")])
def test_a_verdict_error_carries_report_and_cause(name: str) -> None:
    """A verdict error is caught with this package's errors and with Airflow's, and carries data beside its text."""
    error = getattr(exceptions, name)("inactive", cause="user_inactive")
    assert isinstance(error, compat.AirflowException)
    assert isinstance(error, exceptions.VerdictError)
    assert (str(error), error.report, error.cause) == ("inactive", None, "user_inactive")


def test_which_errors_spend_no_retries() -> None:
    """Airflow fails a task at once for what is certain or set wrong, for what the user chose to fail for, and where a retry would
    write rows twice; else it retries.
    """
    at_once = [n for n in exceptions.__all__ if issubclass(getattr(exceptions, n), compat.AirflowFailException)]
    assert at_once == [
        "SalesforceLoadBrokenOff",
        "SalesforceMisconfigured",
        "SalesforceRowsRefused",
        "SalesforceUndeterminedFinal",
        "SalesforceUnhealthy",
    ]


def test_configuration_errors_are_value_errors() -> None:
    """Whoever checks arguments with `except ValueError` meets ours."""
    for error in (errors.OptionsError, errors.OrgConnectionError, errors.RequirementsError, errors.SettingsError):
        assert issubclass(error, errors.ConfigurationError)
        assert issubclass(error, ValueError)
