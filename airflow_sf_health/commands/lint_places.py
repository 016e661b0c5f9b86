"""Which files a lint reads, and below which folder Airflow would find them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from airflow_sf_health import compat
from airflow_sf_health.commands.console import complain
from airflow_sf_health.commands.errors import CommandError

ENDINGS = (".py", ".zip")
"""What Airflow takes for DAG files."""


@dataclass(frozen=True)
class Place:
    """A folder of DAG files, and what of it is asked for: files and folders, itself perhaps.

    :param is_guessed: whether nobody has said that Airflow has its DAG files from this folder.
    """

    root: Path
    wanted: tuple[Path, ...]
    is_guessed: bool = False

    def has(self, file: Path) -> bool:
        """Whether it is asked for, by this name of it or, of a link, by that of what it is."""
        return _is_below(file, self._names) or _is_below(real(file), self._real)

    def leads_to(self, path: Path) -> bool:
        """Whether it is asked for, or something below it."""
        return self.has(path) or any(each.is_relative_to(path) for each in self.wanted)

    @cached_property
    def _names(self) -> frozenset[Path]:
        return frozenset(self.wanted)

    @cached_property
    def _real(self) -> frozenset[Path]:
        return frozenset(map(real, self.wanted))

    def name_of(self, file: Path) -> str:
        """As Airflow names it: relative to the folder, with slashes."""
        return (file.relative_to(self.root) if file.is_relative_to(self.root) else file).as_posix()


def real(path: Path) -> Path:
    """What it is by its own name; of a link that leads back to itself, as much of that as there is."""
    return Path(os.path.realpath(path))


def _is_below(path: Path, folders: frozenset[Path]) -> bool:
    return path in folders or not folders.isdisjoint(path.parents)


def places_of(paths: Sequence[str], dags_folder: str | None) -> list[Place]:
    """What is to be read; each file once, however often it is named.

    :param paths: none: all that Airflow is set up to read.
    :param dags_folder: the folder below which Airflow has them; None: the configured one that a path lies in, or else the path itself,
        and of a file the folder that it is in.
    :raises CommandError: there is no such path, or it holds no DAGs by its name.
    """
    folders = [_existing(dags_folder)] if dags_folder else _configured()
    if not paths:
        return _places(((folder, folder) for folder in folders or _none_configured()), folders)
    return _places((_in_root(_existing(path), folders, must=bool(dags_folder)) for path in paths), folders)


def _existing(path: str) -> Path:
    # The name of a link is what Airflow knows of it, so links are not followed.
    found = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - resolve() follows links
    try:
        found.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise CommandError(f"there is no file or folder {path}.") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not found.is_dir() and found.suffix not in ENDINGS:
        raise CommandError(f"{path} is no DAG file: Airflow reads {' and '.join(ENDINGS)}.")
    return found


def _configured() -> list[Path]:
    found = []
    for name, folder in compat.dag_folders().items():
        if folder is None:
            complain(f"bundle '{name}' is no local folder. Name a checkout of it.")
        elif os.path.isdir(folder):  # noqa: PTH112 - a Path raises where nobody may look, up to Python 3.13
            found.append(Path(os.path.abspath(folder)))  # noqa: PTH100 - as above
    return found


def _none_configured() -> list[Path]:
    folders = ", ".join(each for each in compat.dag_folders().values() if each)
    raise CommandError(
        f"the DAGs folder of this Airflow, {folders or 'a bundle'}, does not exist here. Name a file or a folder."
    )


def _in_root(path: Path, folders: Iterable[Path], *, must: bool) -> tuple[Path, Path]:
    """The folder that Airflow has the path from, and the path by its name there."""
    for folder in folders:
        if (named := _named_in(folder, path)) is not None:
            return folder, named
    if must:
        raise CommandError(f"{path} does not lie in the folder of `--dags-folder`.")
    return (path if path.is_dir() else path.parent), path


def _named_in(folder: Path, path: Path) -> Path | None:
    """Where somebody comes to the folder by a link, its files are Airflow's all the same."""
    real = folder.resolve()
    for each in (path, path.resolve()):
        for parent in (each, *each.parents):
            if parent == folder or parent.resolve() == real:
                return folder / each.relative_to(parent)
    return None


def _places(pairs: Iterable[tuple[Path, Path]], folders: Sequence[Path]) -> list[Place]:
    """One for each root; a root within another is a part of that.

    :param folders: from which Airflow has DAG files, as far as somebody has said so.
    """
    listed = list(pairs)
    roots = sorted({root for root, _ in listed}, key=lambda root: len(root.parts))
    by_root: dict[Path, list[Path]] = {}
    for root, path in listed:
        outermost = next(each for each in roots if _named_in(each, root) is not None)
        by_root.setdefault(outermost, []).append(_named_in(outermost, path) or path)
    return [
        Place(root, tuple(dict.fromkeys(wanted)), is_guessed=root not in folders) for root, wanted in by_root.items()
    ]


def listed(places: Iterable[Place]) -> str:
    """The folders, in a sentence."""
    return " and ".join(str(each.root) for each in places)
