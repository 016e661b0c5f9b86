"""The page on requirements: its examples say the same, hold each key, and its errors are those that are raised."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from airflow_sf_health.errors import RequirementsError
from airflow_sf_health.requirements import ObjectUse, Requirements

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "requirements.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def in_python() -> Requirements:
    names: dict[str, Any] = {}
    exec(block("python"), names)
    requirements = names["requirements"]
    assert isinstance(requirements, Requirements)
    return requirements


def test_the_three_forms_are_the_same() -> None:
    """Python, YAML and JSON ask the same."""
    assert Requirements.of(yaml.safe_load(block("yaml"))) == in_python() == Requirements.of(json.loads(block("json")))


def test_each_key_is_shown() -> None:
    """No key of requirements or of an object is without its example and its line."""
    shown = in_python()
    assert [each.name for each in fields(Requirements) if getattr(shown, each.name) is None] == []
    keys = {key for use in shown.objects or () for key in use.as_dict()}
    assert keys == {each.name for each in fields(ObjectUse)} - {"name"}
    assert all(f"\n| `{key}` |" in PAGE for key in (*keys, *(each.name for each in fields(Requirements))))


@pytest.mark.parametrize(
    "given",
    [
        {"objects": {"Account": {"upsret": ["Name"]}}},
        {"objects": {"Account": {"read": "Name, Industry"}}},
        {"owners": ["Support Queue"]},
    ],
)
def test_errors_are_quoted_as_they_are(given: Any) -> None:
    """What the page quotes is what is raised."""
    with pytest.raises(RequirementsError) as raised:
        Requirements.of(given)
    assert str(raised.value) in block("text").splitlines()
