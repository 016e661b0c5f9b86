"""Templates in arguments: those that wait to be rendered, and those that nobody renders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from textwrap import shorten
from typing import Any

from airflow_sf_health.errors import RequirementsError
from airflow_sf_health.plain import TEMPLATE_MARKS
from airflow_sf_health.requirements import Requirements

_TEMPLATE = re.compile(r"\{([{%#]).{1,1000}?[}%#]\}", re.DOTALL)
_LONGEST_SHOWN = 60


def is_template(value: object) -> bool:
    """Whether it is a text that Airflow has yet to render."""
    return isinstance(value, str) and any(mark in value for mark in TEMPLATE_MARKS)


def refuse_templates(requirements: Any) -> None:
    """Refuse a template that is left: Salesforce would be asked of things by names that nobody means.

    :raises RequirementsError: there is one, in a key or a value; names the place.
    """
    value = requirements.as_dict() if isinstance(requirements, Requirements) else requirements
    for place, text in _texts(value, ""):
        if found := _TEMPLATE.search(text):
            raise RequirementsError(
                f"Requirements: '{place}' has the template '{shorten(found[0], _LONGEST_SHOWN, placeholder=' …')}', which nobody renders. Airflow renders what an operator is "
                "given as a dict or as a text, but no file and no Requirements(…). Write its value, or give a dict."
            )


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Each text within, keys too, with the place of its value."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            inner = f"{place}.{name}".lstrip(".")
            yield inner, str(name)
            yield from _texts(each, inner)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each, place)
