"""The page on failing tasks shows code that exists."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "failing-tasks.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_what_it_imports_of_ours_exists(block: str) -> None:
    """Each example is Python, and the names that it takes from this package are public there."""
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("airflow_sf_health"):
            assert {each.name for each in node.names} <= set(importlib.import_module(str(node.module)).__all__)


def test_the_notice_shown_is_one_that_is_sent() -> None:
    """The lines of the page's notice are those of `notification_text`, in their order."""
    [shown] = re.findall(r"```text\n(\[SEV.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    severity, action, who, where, runbook, link = shown.splitlines()
    assert severity.startswith("[SEV2] Task 'load' failed on Salesforce connection 'crm_prod': ")
    assert action.endswith("; retries will not help.")
    assert " · contact " in who
    assert where.endswith("try 1 of 4. Failed at once; 3 retries were not spent.")
    assert runbook.startswith("Runbook: https://")
    assert link.startswith("https://")
