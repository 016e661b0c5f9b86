"""What a command reads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.edges.written import Written, mapping_of, text_of
from airflow_sf_health.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.requirements import Requirements
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
        return text_of(read_bytes(file), file)
    except ConfigurationError as error:
        raise CommandError(str(error)) from error


def read_requirements(file: str) -> Requirements:
    """The requirements that a file holds, read as a task reads them.

    :raises ConfigurationError: it holds a key or value that cannot be meant.
    :raises CommandError: it cannot be read.
    """
    from airflow_sf_health.edges.locked import required

    return required(Written(mapping_of(read_text(file), file), Path(file)))


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

    needs = read_requirements(arguments.requirements) if arguments.requirements else None
    if not arguments.lock:
        return needs, None
    written = Written(needs, Path(arguments.requirements) if needs is not None else None)
    return required_and_locked(
        arguments.conn_id, written, Written(read_lock(arguments.lock), Path(arguments.lock)), None
    )
