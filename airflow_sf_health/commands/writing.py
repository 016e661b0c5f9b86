"""A file that a command writes."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from airflow_sf_health.commands.errors import CommandError

STDOUT = "-"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def refuse_place(file: str) -> None:
    """Look whether a file can be written there, before anything is asked for it.

    :raises CommandError: it cannot: there is something else, or no folder, or no right to write in it.
    """
    path = Path(file).resolve()  # where it is a link, its end counts
    try:
        if path.is_dir():
            raise CommandError(f"{file} is a folder. Name the file in it.")
        if path.exists() and not path.is_file():
            raise CommandError(f"{file} is no file that can be replaced.")
        if not path.parent.is_dir():
            raise CommandError(f"{file} cannot be written: there is no folder {Path(file).parent}.")
    except OSError as error:
        raise _unwritten(file, error) from error
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise CommandError(f"{file} cannot be written: nothing may be made in the folder {path.parent}.")


def write_whole(file: str, text: str) -> None:
    """Write the file, or leave it as it was: what reads it meanwhile finds the old text or the new one. It keeps its mode.

    :raises CommandError: it cannot be written.
    """
    path, content = Path(file).resolve(), text.encode()  # where it is a link, the link stays
    beside = path.with_name(f".{secrets.token_hex(16)}")
    try:
        try:
            _write_new(beside, content, _found(path))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritten(file, error) from error


def _found(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _write_new(path: Path, content: bytes, like: os.stat_result | None) -> None:
    """Write a file that nobody has put there before, and have it on the disk.

    :param like: of the file whose group and mode it takes over; None: those of any new file.
    """
    handle = os.open(path, _NEW, 0o666 if like is None else 0o600)
    with os.fdopen(handle, "wb") as out:
        if like is not None:
            with suppress(OSError):  # a group that the user is not in
                os.fchown(handle, -1, like.st_gid)
            os.fchmod(handle, stat.S_IMODE(like.st_mode))
        out.write(content)
        out.flush()
        os.fsync(handle)


def _unwritten(file: str, error: OSError) -> CommandError:
    return CommandError(f"{file} cannot be written: {error.strerror or error}.")
