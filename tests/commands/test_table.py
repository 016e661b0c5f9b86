"""The commands as data."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from airflow_sf_health.commands import Command, by_words
from airflow_sf_health.provider_info import get_provider_info


@pytest.mark.parametrize(("words", "command"), list(by_words()))
def test_each_command_has_its_module(words: str, command: Command) -> None:
    """What the table names can be run, below a group as well."""
    assert words.rsplit(maxsplit=1)[-1] == command.name
    module = importlib.import_module(f"airflow_sf_health.commands.{command.module}")
    assert callable(module.run)


def test_what_airflow_reads_of_it_exists() -> None:
    """The function that Airflow calls on each of its commands is there."""
    [path] = get_provider_info()["cli"]
    module, _, name = path.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_reading_it_loads_nothing() -> None:
    """Each call of `airflow` imports that function's module: it brings in this table and nothing else."""
    program = "import sys, airflow_sf_health.commands.airflow; print(*[m for m in sys.modules if 'airflow' in m])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    tables = {"airflow_sf_health", "airflow_sf_health.commands", "airflow_sf_health.commands.airflow"}
    assert set(said.stdout.split()) == tables
