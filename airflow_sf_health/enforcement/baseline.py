"""The tasks that a site knows to be unguarded, in a file that it keeps beside its DAGs: a violation takes every DAG of a file down, so
what is old may stay, and what is new may not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from airflow_sf_health import compat
from airflow_sf_health.errors import SettingsError

__all__ = ["Baseline", "Entry", "UnusableBaseline", "file_of", "place_of"]

Entry = tuple[str, str, str]
"""File, DAG and task."""
VERSION = 1
KEYS = ("file", "dag", "task")


def file_of(dag: Any, root: str | os.PathLike[str] | None = None) -> str:
    """The file of a DAG as everybody names it: relative to its bundle (before Airflow 3 the DAGs folder), with slashes;
    of a link the name of the link, which is what Airflow reads.

    :param root: what it is relative to where Airflow was not told of a bundle. Default: the DAGs folder.
    """
    path = PurePath(getattr(dag, "relative_fileloc", None) or getattr(dag, "fileloc", None) or "")
    if path.is_absolute():
        folder = os.path.abspath(root or compat.conf.get("core", "dags_folder"))  # noqa: PTH100 - resolve() follows links
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
        real, real_folder = PurePath(os.path.realpath(path)), os.path.realpath(folder)
        path = real.relative_to(real_folder) if real.is_relative_to(real_folder) else path
    return path.as_posix()


_CURES: dict[type[OSError], str] = {
    FileNotFoundError: "Write it with `sf-health lint --write-baseline`",
    IsADirectoryError: "Name the file in it",
    PermissionError: "Give whoever runs this the right to read it",
}
_MEND = "Mend it, or delete it and write it anew with `sf-health lint --write-baseline`"


class UnusableBaseline(SettingsError):
    """:param why: in a few words; ``cure``: the beginning of a sentence."""

    def __init__(self, place: str | Path, why: str, cure: str = _MEND) -> None:
        self.why, self.cure = f"{why[0].lower()}{why[1:]}", cure
        super().__init__(
            f"The file of Airflow's option [sf_health] policy_baseline, {place}, cannot be used: {self.why}. {cure}, "
            "or leave the option empty."
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """Tasks by file, DAG and id. One that joins a file later is none of them."""

    entries: frozenset[Entry] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Baseline:
        return cls(frozenset(entries))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Baseline:
        """Read a file once for each of its states; a relative path begins in Airflow's home.

        :raises SettingsError: there is none, or it is no baseline.
        """
        place = place_of(path)
        try:
            state = place.stat()
            return _read(str(place), state.st_mtime_ns, state.st_size)
        except OSError as error:
            cure = _CURES.get(type(error), _MEND)
            raise UnusableBaseline(place, error.strerror or "cannot be read", cure) from None

    def covers(self, file: str, dag_id: str, task_id: str) -> bool:
        return bool(self.entries) and (file, dag_id, task_id) in self.entries

    def text(self) -> str:
        """What :meth:`read` reads. One line for each task, sorted, so that a diff shows who came and who went."""
        lines = [json.dumps(dict(zip(KEYS, entry, strict=True)), ensure_ascii=False) for entry in sorted(self.entries)]
        tasks = "".join(f"\n  {line}," for line in lines).removesuffix(",")
        return f'{{"version": {VERSION}, "tasks": [{tasks}\n]}}\n'


@lru_cache(maxsize=4)
def _read(path: str, mtime: int, size: int) -> Baseline:
    """:param mtime: with its size, tells one state of the file from another."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        version, tasks = content["version"], content["tasks"]
        entries = [tuple(each[key] for key in KEYS) for each in tasks]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise UnusableBaseline(path, "is no baseline") from None
    if version != VERSION:
        raise UnusableBaseline(path, f"is of version {version!r}, and this release reads version {VERSION}")
    if not all(isinstance(part, str) for entry in entries for part in entry):
        raise UnusableBaseline(path, "is no baseline")
    return Baseline.of((file, dag, task) for file, dag, task in entries)


def place_of(path: str | os.PathLike[str]) -> Path:
    """Where a baseline of this path lies: a relative one begins in Airflow's home.

    :raises SettingsError: it begins in the home of a user whom nobody knows.
    """
    try:
        return Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser() / Path(path).expanduser()
    except RuntimeError:
        raise UnusableBaseline(
            str(path), "nobody knows where the home of its user is", "Write the whole path"
        ) from None
