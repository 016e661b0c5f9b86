"""The SQLite file of this host: in the Airflow home, or else in a directory that only this user can enter."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from airflow_sf_health.store._problems import StoreError

FILE = "store.sqlite"


def default_file() -> Path:
    """The file, made where it was missing.

    :raises StoreError: nowhere on this host may the user of this process keep one.
    """
    home = airflow_home()
    if home.is_dir():
        with suppress(OSError):
            directory = home / "sf_health"
            directory.mkdir(mode=0o700, exist_ok=True)
            return _writable(directory / FILE)
    for directory in _host_local():
        with suppress(OSError):
            _make_private(directory)
            return _writable(directory / FILE)
    raise StoreError(
        f"The store (SQLite) has no place on this host: neither {home / 'sf_health'} nor "
        f"{' nor '.join(str(each) for each in _host_local())} can be written, or belongs to this user alone. Make one "
        "of them writable, or set [sf_health] store."
    )


def airflow_home() -> Path:
    return Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()


def make_file(path: Path) -> None:
    """Make an empty file that only its owner reads and writes; one that is there stays as it is.

    SQLite gives the files beside it the same rights. The file is not opened here: a process that closes a file loses its locks
    on it, those of another thread's transaction too.
    """
    with suppress(FileExistsError):
        try:
            os.mknod(path, stat.S_IFREG | 0o600)
        except (AttributeError, PermissionError):  # not Linux, or no right to the directory, which is told now
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _host_local() -> Iterator[Path]:
    """``/var/tmp`` outlives a restart of the host."""
    name = f"airflow-sf-health-{os.geteuid()}"
    yield from dict.fromkeys((Path("/var/tmp", name), Path(tempfile.gettempdir(), name)))  # noqa: S108 - made private


def _make_private(directory: Path) -> None:
    """:raises OSError: it cannot be made, or what stands there was made by another user or lets others in."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise PermissionError(f"{directory} is no private directory of this user")


def _writable(path: Path) -> Path:
    """:raises OSError: the file cannot be made or written, nor files beside it."""
    make_file(path)
    if not _may(path, os.R_OK | os.W_OK) or not _may(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(f"{path} cannot be written")
    return path


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)
