"""How like a reply of the fake org is to a recorded one: headers, keys, JSON types, codes and texts of errors.

Values are not compared: they belong to the org that was recorded.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

BY_VALUE = ("errorCode", "statusCode", "message", "error", "error_description", "exceptionCode", "faultcode")
"""Keys whose values are compared too: codes and texts of errors."""

XML_BY_VALUE = (*BY_VALUE, "exceptionMessage", "faultstring")

OF_THE_TRANSPORT = ("Date", "Transfer-Encoding", "Content-Length", "Pragma")
"""Headers that say nothing about Salesforce, or nothing about Salesforce of today."""

TELLING = ("Sforce-Limit-Info", "Vary", "WWW-Authenticate", "ETag", "Last-Modified", "Location")
"""Headers whose absence counts too, where a recording has all its headers."""

KINDS = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True)
class Likeness:
    """How strictly a JSON reply is held against a recording."""

    keys: Literal["same", "known", "more"] = "same"
    """The ``same`` keys as the recording; only ``known`` ones, for a part of a large reply; or ``more``, where the
    recording is trimmed or of an older version."""
    loose: tuple[str, ...] = ("urls",)
    """Keys below which any keys will do."""
    newer: tuple[str, ...] = ()
    """Keys that only newer recordings have."""
    values: bool = True
    """Whether codes and texts of errors are compared."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Names in the fake org, and what stands for them in the recording."""

    def differences(self, recorded: Any, answered: Any, at: str = "", loose: bool = False) -> list[str]:
        """Where two JSON values differ; null fits everything, and so does an empty list."""
        if recorded is None or answered is None:
            return []
        kinds = KINDS[type(recorded)], KINDS[type(answered)]
        if kinds[0] != kinds[1]:
            return [f"{at}: {kinds[1]}, recorded {kinds[0]}"]
        if isinstance(recorded, dict):
            return self._of_objects(recorded, answered, at, loose)
        if isinstance(recorded, list):
            pairs = enumerate(zip(recorded, answered, strict=False))
            return [each for n, pair in pairs for each in self.differences(*pair, f"{at}[{n}]", loose)]
        if self.values and at.rpartition(".")[2] in BY_VALUE and recorded != self._translated(answered):
            return [f"{at}: {answered!r}, recorded {recorded!r}"]
        return []

    def _of_objects(self, recorded: dict[str, Any], answered: dict[str, Any], at: str, loose: bool) -> list[str]:
        answered = {self.renamed.get(name, name): value for name, value in answered.items()}
        found = []
        extra, missing = answered.keys() - recorded.keys() - set(self.newer), recorded.keys() - answered.keys()
        if extra and self.keys != "more" and not loose:
            found.append(f"{at}: {sorted(extra)} not recorded")
        if missing and self.keys != "known" and not loose:
            found.append(f"{at}: {sorted(missing)} recorded only")
        for name in recorded.keys() & answered.keys():
            found += self.differences(recorded[name], answered[name], f"{at}.{name}", loose or name in self.loose)
        return found

    def _translated(self, text: Any) -> Any:
        for ours, theirs in self.renamed.items():
            text = text.replace(ours, theirs) if isinstance(text, str) else text
        return text


def header_differences(recorded: Mapping[str, str], answered: Mapping[str, str]) -> list[str]:
    """Headers that are missing; and where all headers were recorded, telling ones that are there and were not."""
    found = [f"no {name}" for name in recorded if name not in answered and name not in OF_THE_TRANSPORT]
    kinds = [headers.get("Content-Type", "").partition(";")[0].lower() for headers in (recorded, answered)]
    if "Content-Type" in recorded and kinds[0] != kinds[1]:
        found.append(f"Content-Type {kinds[1]}, recorded {kinds[0]}")
    if "Strict-Transport-Security" in recorded:
        found += [f"{name} not recorded" for name in TELLING if name in answered and name not in recorded]
    return found


def xml_shape(text: str) -> Any:
    """Names of elements as a tree, with the codes and texts of errors."""
    return _shape(ET.fromstring(text.strip()))


def words(page: str) -> str:
    """The words of an HTML page or a text, without tags."""
    try:
        page = "".join(ET.fromstring(page.replace("<br>", " ")).itertext())
    except ET.ParseError:
        page = page.replace("<br>", " ")
    return " ".join(page.split())


def _shape(element: ET.Element) -> Any:
    name = element.tag.rpartition("}")[2]
    return name, element.text if name in XML_BY_VALUE else None, [_shape(child) for child in element]
