"""Where in a file a task is written."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

_AGAIN = re.compile(r"__\d+$")
"""What Airflow adds to the id of a function that is called once more."""


@dataclass(frozen=True)
class Source:
    """The text of a DAG file, as far as it can be read: a zip archive has none, nor one of a factory elsewhere."""

    path: Path
    text: str

    @classmethod
    def of(cls, path: Path) -> Source:
        return _source(path)

    def line_of(self, dag_id: str, task_id: str) -> int:
        """The line of a task; of its DAG where the id is not written out in the file; 1 where that is not either."""
        dag_line = self._nearest(dag_id, "dag_id", 0) or 1
        names = dict.fromkeys((task_id, task_id.rpartition(".")[2], _AGAIN.sub("", task_id.rpartition(".")[2])))
        found = (self._nearest(name, "task_id", dag_line if name != dag_id else 0) for name in names)
        return next((line for line in found if line), dag_line)

    def line_of_error(self, text: str) -> int:
        """The last line of this file that a traceback names."""
        lines = re.findall(rf'File "{re.escape(str(self.path))}", line (\d+)', text)
        return int(lines[-1]) if lines else 1

    def _nearest(self, name: str, argument: str, after: int) -> int | None:
        """The first line from ``after`` on that gives this id, or else the first at all; ids as they stand before those with gaps."""
        for exact in (True, False):
            lines = [each.line for each in self._ids if each.gives(name, argument, exact=exact)]
            if lines:
                return min((line for line in lines if line >= after), default=min(lines))
        return None

    @cached_property
    def _ids(self) -> tuple[_Id, ...]:
        try:
            return tuple(_ids(ast.parse(self.text)))
        except (SyntaxError, ValueError, RecursionError):
            return ()


@lru_cache(maxsize=64)
def _source(path: Path) -> Source:
    try:
        with tokenize.open(path) as file:
            return Source(path, file.read())
    except (OSError, SyntaxError, UnicodeDecodeError):
        return Source(path, "")


@dataclass(frozen=True, slots=True)
class _Id:
    """An id that a file gives.

    :param text: the id itself, or where it is put together a pattern.
    :param argument: ``task_id`` or ``dag_id``; empty for the name of a function, which may be either.
    """

    text: str
    argument: str
    line: int
    is_exact: bool = True

    def gives(self, name: str, argument: str, *, exact: bool) -> bool:
        if exact is not self.is_exact or self.argument not in (argument, ""):
            return False
        return self.text == name if exact else re.fullmatch(self.text, name) is not None


def _ids(tree: ast.AST) -> Iterator[_Id]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
            yield _Id(node.name, "", node.lineno)


def _of_call(call: ast.Call) -> Iterator[_Id]:
    for keyword in call.keywords:
        if keyword.arg in ("task_id", "dag_id"):
            yield from _of_value(keyword.value, keyword.arg, call.lineno)
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("DAG", "dag") and call.args:
        yield from _of_value(call.args[0], "dag_id", call.lineno)


def _of_value(value: ast.expr, argument: str, line: int) -> Iterator[_Id]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield _Id(value.value, argument, line)
    elif isinstance(value, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else None for each in value.values]
        if any(parts):  # of one that is nothing but a gap, anything could be said
            yield _Id("".join(".+" if each is None else re.escape(str(each)) for each in parts), argument, line, False)
