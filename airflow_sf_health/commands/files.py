"""What a command reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.errors import ConfigurationError, RequirementsError
from airflow_sf_health.requirements import Requirements

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.schema.lock import Lock

STDIN = "-"


def read_bytes(file: str) -> bytes:
    """The content of a file, or of standard input.

    :raises CommandError: it cannot be read.
    """
    try:
        if file == STDIN:
            return sys.stdin.buffer.read()
        return Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror or error}.") from error


def read_text(file: str) -> str:
    """The text of a file.

    :raises CommandError: it cannot be read, or is none.
    """
    try:
        return read_bytes(file).decode()
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is no text in UTF-8, at byte {error.start}.") from error


def read_requirements(file: str) -> Requirements:
    """The requirements that a file holds.

    :raises CommandError: it cannot be read, or holds a key or value that cannot be meant.
    """
    try:
        return Requirements.of(read_mapping(file))
    except RequirementsError as error:
        raise CommandError(f"{file}: {error}") from error


def read_lock(file: str) -> Lock:
    """The content of a lock file.

    :raises CommandError: it cannot be read, or is none.
    """
    from airflow_sf_health.schema import lock

    try:
        return lock.loads(read_text(file))
    except ConfigurationError as error:
        raise CommandError(f"{file}: {error}") from error


def read_required_and_locked(arguments: argparse.Namespace) -> tuple[Requirements | None, Lock | None]:
    """What `--requirements` and `--lock` name, held against each other.

    :raises CommandError: one of them cannot be read, or holds what cannot be meant.
    :raises LockError: the lock file lacks what the requirements use.
    """
    from airflow_sf_health.edges.locked import required_and_locked
    from airflow_sf_health.edges.written import Written

    required = read_requirements(arguments.requirements) if arguments.requirements else None
    if not arguments.lock:
        return required, None
    written = Written(required, Path(arguments.requirements) if required is not None else None)
    return required_and_locked(
        arguments.conn_id, written, Written(read_lock(arguments.lock), Path(arguments.lock)), None
    )


def read_mapping(file: str) -> Mapping[str, Any]:
    """The mapping that a JSON or YAML file holds; an empty file is an empty one.

    :raises CommandError: it cannot be read, or holds something else.
    """
    from yaml import YAMLError

    from airflow_sf_health.edges.yaml_text import load_yaml

    text = read_text(file)
    try:
        value = json.loads(text) if file.endswith(".json") else load_yaml(text)
    except (ValueError, RecursionError) as error:  # the latter of JSON that is nested too deeply
        raise CommandError(
            f"{file} cannot be read as {'JSON' if file.endswith('.json') else 'YAML'}: {error}."
        ) from error
    except YAMLError as error:
        raise CommandError(f"{file} is neither YAML nor JSON{_place(error)}.") from error
    if value is not None and not isinstance(value, dict):
        raise CommandError(f"{file} must hold a mapping of names to values, such as `sandbox: false`.")
    return value or {}


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    where = f", in line {mark.line + 1}" if mark is not None else ""
    return f"{where}: {problem}" if problem else where
