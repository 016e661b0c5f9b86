"""What a command reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_sf_health.commands.errors import CommandError

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


def read_mapping(file: str) -> Mapping[str, Any]:
    """The mapping that a JSON or YAML file holds; an empty file is an empty one.

    :raises CommandError: it cannot be read, or holds something else.
    """
    import yaml

    try:
        text = read_bytes(file).decode()
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is no text in UTF-8, at byte {error.start}.") from error
    try:
        value = json.loads(text) if file.endswith(".json") else yaml.safe_load(text)
    except ValueError as error:
        raise CommandError(
            f"{file} cannot be read as {'JSON' if file.endswith('.json') else 'YAML'}: {error}."
        ) from error
    except yaml.YAMLError as error:
        raise CommandError(f"{file} is neither YAML nor JSON{_place(error)}.") from error
    if value is not None and not isinstance(value, dict):
        raise CommandError(f"{file} must hold a mapping of names to values, such as `sandbox: false`.")
    return value or {}


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    where = f", in line {mark.line + 1}" if mark is not None else ""
    return f"{where}: {problem}" if problem else where
