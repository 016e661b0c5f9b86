"""DAG files, read as Airflow's DAG processor reads them."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import sys
import traceback
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from airflow_sf_health import compat

DEPTH = 2
"""Entries of a traceback that is kept, as Airflow's own default is."""


class Reader(Protocol):
    """Whoever is told of each file; names are relative to the folder, with slashes."""

    def enters(self, folder: Path) -> bool:
        """Whether files are to be looked for below this one too."""

    def wants(self, path: Path) -> bool:
        """Whether this file of the folder is to be read."""

    def unreadable(self, path: Path, why: str) -> None:
        """This file or folder cannot be read at all."""

    def begin(self, file: str) -> None:
        """It is read now."""

    def end(self, file: str, dags: Sequence[Any], errors: Mapping[str, str]) -> None:
        """It has been read.

        :param dags: all that it made, also several of one id.
        :param errors: by file (of an archive, by the file in it), what Airflow says of one that it could not read, or not as a whole.
        """


class UnsearchableError(Exception):
    """DAG files cannot be looked for; the text says why."""


def read_dags(root: Path, reader: Reader) -> None:
    """Read the DAG files of a folder, each once, without examples, and without a database unless a file itself asks for it.

    What `.airflowignore` names, and what has no DAG by the looks of it (`[core] dag_discovery_safe_mode`), is not read, as ever.
    A file that ends the process by an exception, or hangs, has an error as any other has.

    :raises UnsearchableError: such as for links that go in a circle.
    """
    with _folder(root), _in_silence():
        bag = _bag_class(root, reader)(str(root), collect_dags=False, **_known(compat.dag_bag(), bundle_path=root))
        safe = compat.conf.getboolean("core", "dag_discovery_safe_mode")
        for path in _wanted(root, reader):
            try:
                is_dag_file = _is_dag_file(path, safe=safe)
            except Exception as error:  # noqa: BLE001 - of the site's [core] might_contain_dag_callable too
                reader.unreadable(path, getattr(error, "strerror", None) or f"{type(error).__name__}: {error}")
            else:
                if is_dag_file:
                    bag.process_file(str(path), safe_mode=safe)


def _wanted(root: Path, reader: Reader) -> list[Path]:
    try:
        with _searching(reader):
            return [path for path in map(Path, compat.dag_paths(str(root))) if reader.wants(path)]
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links, or an .airflowignore that is wrong
        raise UnsearchableError(str(error)) from error


@contextmanager
def _searching(reader: Reader) -> Iterator[None]:
    """Airflow's search goes through each folder, and passes over those that it may not read; it takes no other word on that."""
    walk = os.walk

    def unreadable(error: OSError) -> None:
        reader.unreadable(Path(error.filename), error.strerror or str(error))

    def walk_what_is_entered(top: Any, **options: Any) -> Iterator[tuple[str, list[str], list[str]]]:
        for folder, folders, files in walk(top, onerror=unreadable, **options):
            try:
                os.stat(os.path.join(folder, "."))  # noqa: PTH116, PTH118 - a Path forgets the dot: whether it may be entered
            except OSError as error:
                folders.clear()
                unreadable(error)
            else:
                folders[:] = [each for each in folders if reader.enters(Path(folder, each))]
                yield folder, folders, files

    os.walk = walk_what_is_entered  # type: ignore[assignment] # takes what Airflow gives
    try:
        yield
    finally:
        os.walk = walk


def _is_dag_file(path: Path, *, safe: bool) -> bool:
    """As Airflow says, which passes over one that it cannot open."""
    if path.suffix in (".py", ".zip"):
        path.stat()  # of a link that leads nowhere there is no file
    if not path.is_file():
        return False
    if path.suffix == ".zip":
        zipfile.ZipFile(path).close()
    return (path.suffix == ".py" or zipfile.is_zipfile(path)) and compat.might_contain_dag(str(path), safe=safe)


def _bag_class(root: Path, reader: Reader) -> Any:
    class Bag(compat.dag_bag()):  # type: ignore[misc] # known at run time only
        log = _Silent()

        def process_file(self, filepath: str, *args: Any, **kwargs: Any) -> list[Any]:
            with _alone():
                reader.begin(_relative(filepath, root))
                self.import_errors.clear()  # those before are told
                found: list[Any] = []
                try:
                    found = super().process_file(filepath, *args, **kwargs)
                except BaseException:  # noqa: BLE001 - of the file: SystemExit, KeyboardInterrupt and what it has made itself
                    self.import_errors[filepath] = traceback.format_exc(limit=-DEPTH)
                errors = {_relative(file, root): text.strip() for file, text in self.import_errors.items()}
                reader.end(_relative(filepath, root), found, errors)
            return found

    return Bag


class _Silent:
    """The log of a DAG bag: what it has to say stands in its errors too."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None


def _known(function: Any, **arguments: Any) -> dict[str, Any]:
    """The arguments that this Airflow's function has."""
    return {name: value for name, value in arguments.items() if name in inspect.signature(function).parameters}


@contextmanager
def _alone() -> Iterator[None]:
    """Airflow reads each file in a process of its own: what it adds to `sys.path`, and imports from there, is gone after it."""
    path, modules = list(sys.path), set(sys.modules)
    with _staying_here():
        yield
        added = {os.path.abspath(each) for each in sys.path if each not in path}  # noqa: PTH100 - links keep their names
        sys.path[:] = path
        for name in sys.modules.keys() - modules:
            if _comes_from(sys.modules[name], path, added):
                del sys.modules[name]


def _comes_from(module: Any, path: list[str], added: set[str]) -> bool:
    """Whether it was found by one of the added entries: by the nearest one above it."""
    file = vars(module).get("__file__") if isinstance(module, ModuleType) else None
    above = [each for each in (*path, *added) if each and str(file).startswith(os.path.join(each, ""))]  # noqa: PTH118 - with its slash
    return bool(above) and max(above, key=len) in added


@contextmanager
def _staying_here() -> Iterator[None]:
    """Where the folder in which the command runs is gone, one is as good as another."""
    try:
        here = os.getcwd()  # noqa: PTH109 - a text, as it is
    except OSError:
        here = os.sep
    try:
        yield
    finally:
        with suppress(OSError):
            os.chdir(here)


@contextmanager
def _folder(root: Path) -> Iterator[None]:
    """Take this folder for Airflow's: DAG files import their neighbours from it, and are named relative to it."""
    settings: Any = importlib.import_module("airflow.settings")
    before, path = settings.DAGS_FOLDER, list(sys.path)
    settings.DAGS_FOLDER = str(root)
    sys.path.append(str(root))
    try:
        yield
    finally:
        settings.DAGS_FOLDER = before
        sys.path[:] = path


@contextmanager
def _in_silence() -> Iterator[None]:
    """Standard output belongs to the answer: whatever a DAG file prints, by whatever means, goes to standard error. Airflow's logs of
    errors, which are told later, go nowhere.
    """
    disabled, out, python_out = logging.root.manager.disable, os.dup(1), sys.stdout
    os.dup2(2, 1)
    logging.disable(max(disabled, logging.ERROR))
    try:
        yield
    finally:
        logging.disable(disabled)
        sys.stdout = python_out
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()
        os.dup2(out, 1)
        os.close(out)


def _relative(file: str, root: Path) -> str:
    path = Path(file)
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
