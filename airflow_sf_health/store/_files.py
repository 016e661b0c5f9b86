"""The SQLite file of this host: in the Airflow home, or else in a directory that only this user can enter."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from airflow_sf_health.store._problems import StoreError

FILE = "store.sqlite"


def default_file() -> Path:
    """The file, made where it was missing.

    :raises StoreError: nowhere on this host may the user of this process keep one.
    """
    home = airflow_home()
    with suppress(OSError):
        if home is not None and home.is_dir():
            return _in_home(home / "sf_health")
    for directory in _host_local():
        with suppress(OSError):
            _make_private(directory)
            return _writable(directory / FILE)
    raise StoreError(
        f"The store (SQLite) has no place on this host: neither {home / 'sf_health' if home else 'a home'} nor "
        f"{' nor '.join(str(each) for each in _host_local())} can be written, or belongs to this user alone. Make one "
        "of them writable, or set [sf_health] store."
    )


def airflow_home() -> Path | None:
    """None where the user of this process has no home that could be told."""
    try:
        return Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    except RuntimeError:
        return None


def _in_home(directory: Path) -> Path:
    """The file in a directory of the Airflow home. One that is this user's and lets others in is closed to them.

    :raises OSError: it cannot be made, written or closed, or is not this user's; the last two are logged.
    """
    directory.mkdir(mode=0o700, exist_ok=True)
    if not _may(directory, os.W_OK | os.X_OK):
        raise PermissionError(f"{directory} cannot be written")
    try:
        if _is_own(directory) and stat.S_IMODE(directory.stat().st_mode) & 0o077:
            directory.chmod(0o700)
        _refuse_shared(directory.resolve())
        file = _writable(directory / FILE)
        if not _is_own(file):
            raise PermissionError(f"{file} belongs to another user")
    except PermissionError as error:
        _warn(f"{directory} is not used for the store, which takes a private directory of this host instead: {error}.")
        raise
    return file


def _is_own(path: Path) -> bool:
    """Whether this user made it; of a link, both the link and what it leads to."""
    return path.lstat().st_uid == path.stat().st_uid == os.geteuid()


@cache
def _warn(text: str) -> None:
    """Once per process."""
    logging.getLogger(__name__).warning("%s", text)


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
    _refuse_shared(directory)


def _refuse_shared(directory: Path) -> None:
    """:raises PermissionError: another user made it, or it lets others in."""
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
