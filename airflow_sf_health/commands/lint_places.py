"""Which files a lint reads, and below which folder Airflow would find them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_sf_health import compat
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.edges.dag_files import DagFiles, read_dags

ENDINGS = (".py", ".zip")
"""What Airflow takes for DAG files."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of DAG files, and what of it is asked for: files and folders, itself perhaps."""

    root: Path
    wanted: tuple[Path, ...]

    def has(self, file: Path) -> bool:
        return any(file.resolve().is_relative_to(each) for each in self.wanted)

    def read(self) -> DagFiles:
        return read_dags(self.root, self.has)


def places_of(paths: Sequence[str], dags_folder: str | None) -> list[Place]:
    """What is to be read; each file once, however often it is named.

    :param paths: none: all that Airflow is set up to read.
    :param dags_folder: the folder below which Airflow has them; None: the configured one that a path lies in, or else the path itself,
        and of a file the folder that it is in.
    :raises CommandError: there is no such path, or it holds no DAGs by its name.
    """
    folders = [_existing(dags_folder)] if dags_folder else _configured()
    if not paths:
        return _places((folder, folder) for folder in folders or _none_configured())
    wanted = [_existing(path) for path in paths]
    return _places((_root(path, folders, must=bool(dags_folder)), path) for path in wanted)


def _existing(path: str) -> Path:
    found = Path(path).expanduser().resolve()
    if not found.exists():
        raise CommandError(f"there is no file or folder {path}.")
    if found.is_file() and found.suffix not in ENDINGS:
        raise CommandError(f"{path} is no DAG file: Airflow reads {' and '.join(ENDINGS)}.")
    return found


def _configured() -> list[Path]:
    found = []
    for name, folder in compat.dag_folders().items():
        if folder is None:
            print(f"sf-health: bundle '{name}' is no local folder. Name a checkout of it.", file=sys.stderr)
        elif Path(folder).is_dir():
            found.append(Path(folder).resolve())
    return found


def _none_configured() -> list[Path]:
    folders = ", ".join(each for each in compat.dag_folders().values() if each)
    raise CommandError(
        f"the DAGs folder of this Airflow, {folders or 'a bundle'}, does not exist here. Name a file or a folder."
    )


def _root(path: Path, folders: Iterable[Path], *, must: bool) -> Path:
    """The folder that Airflow has the path from."""
    for folder in folders:
        if path.is_relative_to(folder):
            return folder
    if must:
        raise CommandError(f"{path} does not lie in the folder of `--dags-folder`.")
    return path if path.is_dir() else path.parent


def _places(pairs: Iterable[tuple[Path, Path]]) -> list[Place]:
    """One for each root; a root within another is a part of that."""
    listed = list(pairs)
    roots = sorted({root for root, _ in listed}, key=lambda root: len(root.parts))
    by_root: dict[Path, list[Path]] = {}
    for root, path in listed:
        outermost = next(each for each in roots if root.is_relative_to(each))
        by_root.setdefault(outermost, []).append(path)
    return [Place(root, tuple(dict.fromkeys(wanted))) for root, wanted in by_root.items()]
