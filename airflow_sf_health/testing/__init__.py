"""A fake Salesforce org for tests and demos. Needs ``pip install 'airflow-sf-health[testing]'``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_sf_health.testing.counting import Counts, RequestRecord
    from airflow_sf_health.testing.fake_org import FakeOrg
    from airflow_sf_health.testing.faults import Fault

__all__ = ["Counts", "FakeOrg", "Fault", "RequestRecord"]

_MODULES = {"Counts": "counting", "FakeOrg": "fake_org", "Fault": "faults", "RequestRecord": "counting"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
