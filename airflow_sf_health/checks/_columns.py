"""The column or relationship that Salesforce names when it refuses a query; it names one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from airflow_sf_health.checks._check import seen
from airflow_sf_health.org.errors import Refusal

_SAID = (
    re.compile(r"No such column '(?P<name>[\w.]+)' on (?:entity|sobject of type) '?(?P<sobject>\w+)", re.IGNORECASE),
    re.compile(r"Didn't understand relationship '(?P<name>\w+)'(?P<sobject>)", re.IGNORECASE),
    re.compile(r"No such relation '(?P<name>\w+)' on entity '?(?P<sobject>\w+)", re.IGNORECASE),
    re.compile(r"field '(?P<name>[\w.]+)' can(?:not| not) be (?:filtered|sorted|grouped)(?P<sobject>)", re.IGNORECASE),
)
RELATIONSHIPS = _SAID[1:3]
_PLACE = re.compile(r"ERROR at Row:\d+:Column:\d+")
ANY_OWNER = "Name"
"""What Salesforce calls the object at the end of a relationship that leads to several, as Owner, Who and What do."""


@dataclass(frozen=True, slots=True)
class Column:
    """``sobject`` is empty where the refusal does not name it."""

    name: str
    sobject: str = ""
    is_relationship: bool = False

    @property
    def is_of_any_owner(self) -> bool:
        """Whether it is a column that a query cannot name, though a write may: each of several objects could have it."""
        return self.sobject == ANY_OWNER

    def among(self, paths: Iterable[str], sobject: str) -> list[str]:
        """Those of the fields of ``sobject``, and paths from it, that it is about, the likeliest first: a path ends with a column of
        another object, and goes over a relationship.
        """
        own, wanted = self.sobject.casefold() in ("", sobject.casefold()), self.name.casefold()
        about = [each for each in paths if each.casefold() == wanted or wanted in self._steps(each)]
        return sorted(about, key=lambda each: ("." in each) is own and not self.is_relationship)

    def _steps(self, path: str) -> list[str]:
        steps = path.casefold().split(".")
        return steps[:-1] if self.is_relationship else steps[-1:]


def bad_column(refusal: Refusal) -> Column | None:
    """None where it names none."""
    found = next((match for each in _SAID if (match := each.search(refusal.message))), None)
    if found is None:
        return None
    return Column(found["name"], found["sobject"] or "", found.re in RELATIONSHIPS)


def reason(refusal: Refusal) -> str:
    """Salesforce's own sentence, without the piece of the query before it and the advice on names behind it."""
    message = refusal.message
    if (place := _PLACE.search(message)) is not None:
        message = message[place.end() :]
    return message.partition(". If you are attempting")[0].strip() or refusal.said


def seen_shortly(refusal: Refusal) -> str:
    """What was seen, with no more than :func:`reason` of it."""
    return seen(replace(refusal, message=reason(refusal)))
