"""Where a user's permission comes from: its profile, a permission set, or a permission set group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from airflow_sf_health.evidence.needs import Row


class SourceKind(StrEnum):
    """What gives permissions. The value is what people read."""

    PROFILE = "profile"
    PERMISSION_SET = "permission set"
    GROUP = "permission set group"


@dataclass(frozen=True, slots=True)
class PermissionSource:
    """One of them; ``str`` is ``permission set 'Nightly Import'``. A profile that may not be read has no name."""

    kind: SourceKind
    name: str | None

    def __str__(self) -> str:
        if self.kind is SourceKind.PROFILE and self.name is None:
            return "the user's profile"
        return f"{self.kind} '{self.name}'"


def permission_sources(rows: Sequence[Row], profile: str | None) -> tuple[PermissionSource, ...]:
    """What rows of PermissionSetAssignment name, each source once. A profile's own permissions are those of a permission set
    that it owns.

    :param profile: the name of the user's profile, where it is known.
    """
    return tuple(dict.fromkeys(_source(row, profile) for row in rows))


def _source(row: Row, profile: str | None) -> PermissionSource:
    held, group = row.get("PermissionSet") or {}, row.get("PermissionSetGroup") or {}
    if held.get("IsOwnedByProfile"):
        return PermissionSource(SourceKind.PROFILE, profile)
    if group:
        return PermissionSource(SourceKind.GROUP, group.get("MasterLabel"))
    return PermissionSource(SourceKind.PERMISSION_SET, held.get("Label"))
