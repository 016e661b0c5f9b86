"""A page for each check, from its module."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any

from lists import first_sentence

from airflow_sf_health import causes, checks
from airflow_sf_health.checks._check import Check
from airflow_sf_health.evidence import facts, needs
from airflow_sf_health.evidence.needs import Need, Query, Record
from airflow_sf_health.requirements import Requirements
from pages.markdown import cause_link, cell, check_link, page, shown, toctree


def checks_index() -> str:
    rows = [f"| {check_link(each, '.')} | {first_sentence(_module(each).__doc__)} |" for each in checks.CATALOGUE]
    return page(
        "# Checks",
        "Each check is one question, in the order in which they are judged: of several failures the first with a known "
        "cause leads the message. `checks=[…]` of the operator and the sensor selects among them by id or family; "
        f"{' and '.join(f'`{each}`' for each in checks.ALWAYS)} are always looked at.",
        "\n".join(["| check | asks |", "| --- | --- |", *rows]),
        toctree(each.replace(".", "/") for each in checks.CATALOGUE),
    )


def check_page(check_id: str) -> str:
    check, module = checks.load(check_id), _module(check_id)
    named = [f"* {cause_link(each, '../../causes')}: {shown(causes.cause(each).title)}" for each in causes_of(check_id)]
    if _judges_refusals(module):
        named.append("* whatever the refusal is recognised as, of [all causes](../../causes/index.md)")
    return page(
        f"# `{check_id}`",
        f"**{check.title}**",
        inspect.cleandoc(module.__doc__ or ""),
        "" if not check.essential else "Without an answer to this the whole verdict is `undetermined`.",
        "## What it asks",
        _needs_table(check, module),
        "" if not _asks_by_requirements(check) else "What the task requires can add further questions.",
        *(["## Causes that it can name", "\n".join(named)] if named else []),
    )


def causes_of(check_id: str) -> list[str]:
    """The causes whose ids stand in the code of the check, or of the modules that are made for it."""
    module = _module(check_id)
    trees = [_syntax(module), *(_syntax(each) for each in _helpers(module))]
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return [each for each in causes.CAUSE_IDS if each in texts]


def _helpers(module: ModuleType) -> Iterator[ModuleType]:
    """What the check imports of the modules beside it, save what all checks are made of."""
    for node in _syntax(module).body:
        name = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if name.startswith("airflow_sf_health.checks._") and not name.endswith("._check"):
            yield sys.modules[name]


def _judges_refusals(module: ModuleType) -> bool:
    calls = (node.func for node in ast.walk(_syntax(module)) if isinstance(node, ast.Call))
    return any(isinstance(each, ast.Name) and each.id == "refused" for each in calls)


def _asks_by_requirements(check: Check) -> bool:
    return check.needs_for is not Check.__dataclass_fields__["needs_for"].default


def _needs_table(check: Check, module: ModuleType) -> str:
    about = {**_described(needs), **_described(module)}
    rows = [f"| `{each.name}` | {_asked(each)} | {cell(about.get(each.name, ''))} |" for each in check.needs]
    return "\n".join(["| question | asked by | what it is |", "| --- | --- | --- |", *rows])


def _asked(need: Need[Any]) -> str:
    if isinstance(need, Query):
        return f"`{cell(need.soql)}`"
    if isinstance(need, Record):
        whose = {"{user_id}": "the integration user", "{org_id}": "the org"}.get(need.record)
        of = whose or f"`{need.record.strip('@{}')}`"
        return f"`{need.sobject}` of {of}: {', '.join(f'`{name}`' for name in need.fields)}"
    return "the examination itself"


def _described(module: ModuleType) -> dict[str, str]:
    """What is written below the needs that are a module's constants, by the name of the need."""
    found = {}
    for statement, after in pairwise(_syntax(module).body):
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        need = getattr(module, target.id, None) if isinstance(target, ast.Name) else None
        words = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
        if isinstance(need, Need):
            found[need.name] = _plain(words) if isinstance(words, str) else _type_described(statement)
    return found


def _type_described(statement: ast.Assign | ast.AnnAssign) -> str:
    """The first sentence about the type of the answer, where a constant like `LOGIN: Given[LoginFacts]` has none of its own."""
    names = {node.id for node in ast.walk(getattr(statement, "annotation", statement)) if isinstance(node, ast.Name)}
    kinds = [getattr(facts, name) for name in names if hasattr(facts, name)]
    kinds += [Requirements] if "Requirements" in names else []
    return _plain(kinds[0].__doc__).partition(". ")[0].rstrip(".") + "." if kinds else ""


def _plain(docstring: str) -> str:
    """On one line, and without Sphinx's roles."""
    return re.sub(r":\w+:(?=`)", "", " ".join(docstring.split()).replace("``", "`"))


def _module(check_id: str) -> ModuleType:
    return sys.modules[checks.load(check_id).evaluate.__module__]


@cache
def _syntax(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))
