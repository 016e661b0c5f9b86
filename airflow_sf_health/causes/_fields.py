"""The parts of a cause file while it is read: its lines, its tables, and errors that name line and field."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from airflow_sf_health.causes._cause import PLACEHOLDERS, CauseFileError

SECTIONS = ("Means", "Shows", "Do", "Works again")
FENCE = "+++"

Choice = TypeVar("Choice", bound=StrEnum)


def split(text: str, file: str) -> Source:
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        raise CauseFileError(f"must begin with a line {FENCE}", file=file, line=1)
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        raise CauseFileError(f"has no second line {FENCE} that ends the front matter", file=file)
    source = Source(file, lines, end)
    source.check_placeholders()
    return source


def front_matter(source: Source) -> dict[str, Any]:
    try:
        # An empty line stands for the fence, so that the line numbers of tomllib are those of the file.
        return tomllib.loads("\n" + "\n".join(source.lines[1 : source.end]))
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"at line (\d+)", str(error))
        raise source.error(f"is no valid TOML: {error}", int(match[1]) if match else source.end) from error


def nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


@dataclass(frozen=True)
class Source:
    """The lines of a file; ``end`` is the index of the second fence."""

    file: str
    lines: list[str]
    end: int

    def error(self, problem: str, line: int | None = None, field: str | None = None) -> CauseFileError:
        return CauseFileError(problem, file=self.file, line=line, field=field)

    def check_placeholders(self) -> None:
        for number, line in enumerate(self.lines, 1):
            for name in re.findall(r"\{(\w*)\}", line):
                if name not in PLACEHOLDERS:
                    raise self.error(f"unknown placeholder {{{name}}}; {nearest(name, list(PLACEHOLDERS))}", number)

    def sections(self) -> dict[str, tuple[int, list[str]]]:
        """Each section's first line number and lines; the headings must be :data:`SECTIONS`, in this order."""
        heads = [number for number in range(self.end + 1, len(self.lines)) if self.lines[number].startswith("## ")]
        names = [self.lines[number][3:].strip() for number in heads]
        for number, name in zip(heads, names, strict=True):
            if name not in SECTIONS:
                raise self.error(f"unknown section; {nearest(name, list(SECTIONS))}", number + 1, name)
        ends = [*heads[1:], len(self.lines)]
        found = {
            name: (head + 2, self.lines[head + 1 : end]) for name, head, end in zip(names, heads, ends, strict=True)
        }
        for name in SECTIONS:
            if not "".join(found.get(name, (0, []))[1]).strip():
                raise self.error("the section is missing or empty", None, name)
        for count, head in enumerate(heads, 1):
            if tuple(names[:count]) != SECTIONS[:count]:
                raise self.error(f"the sections must be {', '.join(SECTIONS)}, once each and in this order", head + 1)
        return found

    def line_of(self, table: str, index: int, key: str | None) -> int | None:
        """Where a key stands: in the ``index``-th ``[[table]]``, or above all tables when ``table`` is empty."""
        seen = -1 if table else 0
        for number, line in enumerate(self.lines[1 : self.end], 2):
            if line.startswith("[["):
                seen = seen + 1 if table and line.startswith(f"[[{table}]]") else seen
                if not table:
                    break
                if seen == index and key is None:
                    return number
            elif key is not None and seen == index and re.match(rf"{re.escape(key)}\s*=", line):
                return number
        return None


@dataclass
class Table:
    """One TOML table while it is read: takes keys by type, and refuses at the end what nobody took."""

    source: Source
    values: dict[str, Any]
    name: str = ""
    index: int = 0
    taken: list[str] = field(default_factory=list)

    def error(self, key: str | None, problem: str) -> CauseFileError:
        path = f"{self.name}[{self.index}]" if self.name else ""
        return self.source.error(
            problem, self.source.line_of(self.name, self.index, key), ".".join(part for part in (path, key) if part)
        )

    def _take(self, key: str, kind: type, called: str) -> Any:
        self.taken.append(key)
        value = self.values.get(key)
        if value is not None and type(value) is not kind:
            raise self.error(key, f"must be {called}, not {value!r}")
        return value

    def words(self, key: str) -> str | None:
        value: str | None = self._take(key, str, "a text in quotes")
        if value is not None and not value.strip():
            raise self.error(key, "must not be empty")
        return value

    def text(self, key: str) -> str:
        value = self.words(key)
        if value is None:
            raise self.error(key, "is missing")
        return value

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        value = self.text(key)
        known = [str(choice) for choice in choices]
        if value not in known:
            raise self.error(key, f"must be one of {', '.join(known)}, not {value!r}")
        return choices(value)

    def number(self, key: str) -> int | None:
        value: int | None = self._take(key, int, "a whole number")
        return value

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        value: bool | None = self._take(key, bool, "true or false")
        value = default if value is None else value
        if value is None:
            raise self.error(key, "is missing")
        return value

    def list_of_words(self, key: str) -> tuple[str, ...]:
        value = self._take(key, list, "a list of texts") or []
        if not all(isinstance(item, str) for item in value):
            raise self.error(key, f"must be a list of texts, not {value!r}")
        return tuple(value)

    def list_of_numbers(self, key: str) -> tuple[int, ...]:
        value = self._take(key, list, "a list of whole numbers") or []
        if not all(type(item) is int for item in value):
            raise self.error(key, f"must be a list of whole numbers, not {value!r}")
        return tuple(value)

    def choices(self, key: str, choices: type[Choice]) -> tuple[Choice, ...]:
        known = [str(choice) for choice in choices]
        for word in self.list_of_words(key):
            if word not in known:
                raise self.error(key, f"must name some of {', '.join(known)}, not {word!r}")
        return tuple(choices(word) for word in self.list_of_words(key))

    def tables(self, key: str) -> list[Table]:
        value = self._take(key, list, f"tables that begin with [[{key}]]") or []
        if not all(isinstance(item, dict) for item in value):
            raise self.error(key, f"must be tables that begin with [[{key}]]")
        return [Table(self.source, item, key, index) for index, item in enumerate(value)]

    def finish(self) -> None:
        for key in self.values:
            if key not in self.taken:
                raise self.error(key, f"is not known here; {nearest(key, self.taken)}")
