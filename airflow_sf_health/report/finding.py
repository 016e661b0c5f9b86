"""One answer of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a finding stands. Bad (``FAILED``) and could-not-ask (``UNKNOWN``) never mix."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another cause that would look the same, and how to tell it apart."""

    cause: str
    tell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    ``summary`` is one line with its number or name. ``cause`` names the cause file with the guidance, where something is
    wrong. ``saw`` quotes what was seen, with where and when. ``certain`` is False where Salesforce masks the reason:
    then ``candidates`` lists what else it may be. ``hint`` is a sentence for this very case that the cause's text cannot know
    ("the permission comes from …"). An ``essential`` UNKNOWN makes the verdict undetermined. ``check`` is filled
    in by the runner, as ``essential`` is for checks that are so as a whole.
    """

    level: Level
    summary: str
    cause: str | None = None
    saw: str = ""
    certain: bool = True
    candidates: tuple[Candidate, ...] = ()
    hint: str = ""
    check: str = ""
    essential: bool = False
