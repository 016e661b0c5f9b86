"""Arguments that stand in a file, or as the text of one. Read when the task runs: a DAG file is parsed where its neighbours may
not be, and often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from airflow_sf_health.edges.rendered import literal
from airflow_sf_health.errors import ConfigurationError
from airflow_sf_health.plain import RepeatedKeyError, from_json

LONGEST_PATH = 1_000
"""Characters; a longer text is no path."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was read, and the file that it stands in; None where the argument itself holds it."""

    value: Any
    file: Path | None = None

    def told(self, error: Exception) -> str:
        """The text of an error of the value, with the file that it is in."""
        return f"{self.file}: {error}" if self.file is not None else str(error)


def read_written(given: Any, name: str, beside: Path | None = None) -> Written:
    """Read an argument that may be a value (it stays as it is), a path, or the text of a file, JSON or YAML.

    :param given: a :class:`Written` has been read already.
    :param name: what messages call it, ``Requirements``.
    :param beside: the folder that a relative path is looked up in first; then comes the working directory.
    :raises ConfigurationError: there is no such file, it cannot be read, or it holds no mapping.
    """
    if isinstance(given, Written):
        return given
    if isinstance(given, PathLike):
        return _of_file(str(given), name, beside)
    if not isinstance(given, str):
        return Written(given)
    found = read_content(given, name)
    return found if found is not None else _of_file(given.strip(), name, beside)


def read_content(text: str, name: str) -> Written | None:
    """Read the text of a file, JSON or YAML, or what a template wrote; None of one that can only be a path.

    :raises ConfigurationError: it is content, and holds no mapping.
    """
    value = literal(text)
    if not isinstance(value, str):
        return Written(value)
    if is_content(value):
        return Written(mapping_of(value, name))
    try:
        found = mapping_of(value, name)  # in one line of YAML
    except ConfigurationError as error:
        if isinstance(error.__cause__, RepeatedKeyError):
            raise
        return None
    return Written(found) if found else None


def is_content(text: str) -> bool:
    """Whether a text is what a file holds; else it can be a path."""
    text = text.strip()
    return "\n" in text or text.startswith("{") or len(text) > LONGEST_PATH


def read_file(path: str, name: str, beside: Path | None) -> tuple[Path, str]:
    """The file that a path leads to, and its text.

    :raises ConfigurationError: there is none, or it cannot be read.
    """
    try:
        folders = (*([beside] if beside is not None else []), Path.cwd())
        places = tuple(dict.fromkeys((folder / Path(path).expanduser()).absolute() for folder in folders))
        file = next((place for place in places if place.is_file()), None)
        content = file.read_bytes() if file is not None else b""
    except (OSError, ValueError, RuntimeError) as error:
        said = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise ConfigurationError(f"{name}: {path} cannot be read: {said}.") from error
    if file is None:
        raise ConfigurationError(
            f"{name}: there is no file '{path}'. Looked at {' and '.join(map(str, places))}. Write its path from the root, or from "
            "the folder of the DAG file; a dict, or the text of the file, will do as well."
        )
    return file, text_of(content, str(file))


def text_of(content: bytes, name: str) -> str:
    """The text of a file, without the mark that Windows puts before UTF-8.

    :raises ConfigurationError: it is none.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name} is no text in UTF-8, at byte {error.start}.") from error


def mapping_of(text: str, name: str) -> Mapping[str, Any] | None:
    """The mapping that a text holds, JSON or YAML; an empty text is none.

    :raises ConfigurationError: it holds something else.
    """
    from yaml import YAMLError

    try:
        value = _json_or_yaml(text)
    except YAMLError as error:
        raise ConfigurationError(f"{name} is neither JSON nor YAML{_place(error)}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{name} cannot be read: {error}.") from error
    if value is not None and not isinstance(value, dict):
        raise ConfigurationError(f"{name} must hold a mapping of names to values, such as `sandbox: false`.")
    return value


def _of_file(path: str, name: str, beside: Path | None) -> Written:
    file, text = read_file(path, name, beside)
    return Written(mapping_of(text, str(file)), file)


def _json_or_yaml(text: str) -> Any:
    """YAML may stand in braces too, which look like JSON; where a text in braces is neither, JSON's error tells more."""
    from yaml import YAMLError

    from airflow_sf_health.edges.yaml_text import load_yaml

    if not text.lstrip().startswith("{"):
        return load_yaml(text)
    try:
        return from_json(text)
    except ValueError as error:
        try:
            return load_yaml(text)
        except RepeatedKeyError:
            raise  # it knows the lines
        except (YAMLError, ValueError):
            raise error from None


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    where = f", in line {mark.line + 1}" if mark is not None else ""
    return f"{where}: {problem}" if problem else where
