"""YAML that people write: read in no more time and space than its length is worth."""

from __future__ import annotations

from typing import Any

from yaml import MarkedYAMLError, SafeLoader
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from airflow_sf_health.plain import RepeatedKeyError

MOST_NODES = 100_000
"""Values of a document with each alias written out. A thousand characters of aliases of aliases can stand for billions."""


def load_yaml(text: str) -> Any:
    """The value of a document, as ``yaml.safe_load`` gives it.

    :raises YAMLError: it is none, is nested too deeply, or has aliases that hold themselves or too much.
    :raises ValueError: a date or a number that cannot be; a :class:`RepeatedKeyError` where it says two things of one key.
    """
    loader = SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _size(node, {})
        return loader.construct_document(node)
    except RecursionError:
        raise MarkedYAMLError(problem="it is nested too deeply") from None
    finally:
        loader.dispose()


def _size(node: Node, known: dict[int, int]) -> int:
    """How many values a node stands for. A node is 0 in ``known`` while it is counted."""
    found = known.get(id(node))
    if found is None:
        known[id(node)] = 0
        _refuse_repeated(node)
        found = known[id(node)] = 1 + sum(_size(each, known) for each in _parts(node))
    elif found == 0:
        raise MarkedYAMLError(problem="an alias holds itself", problem_mark=node.start_mark)
    if found > MOST_NODES:
        raise MarkedYAMLError(
            problem=f"it stands for more than {MOST_NODES:,} values with its aliases written out",
            problem_mark=node.start_mark,
        )
    return found


def _refuse_repeated(node: Node) -> None:
    """PyYAML lets the last of equal keys win. A key that is merged in (``<<``) as well stands once."""
    seen: dict[tuple[str, str], int] = {}
    keys = [key for key, _ in node.value] if isinstance(node, MappingNode) else []
    for key in keys:
        if isinstance(key, ScalarNode):
            line = key.start_mark.line + 1
            if (key.tag, key.value) in seen:
                raise RepeatedKeyError(
                    key.value, f", first in line {seen[key.tag, key.value]} and again in line {line}"
                )
            seen[key.tag, key.value] = line


def _parts(node: Node) -> list[Node]:
    if not isinstance(node, CollectionNode):
        return []
    return [part for each in node.value for part in (each if isinstance(each, tuple) else (each,))]
