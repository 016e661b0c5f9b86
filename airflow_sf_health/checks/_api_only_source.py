"""Where the permission "API Only User" comes from, and so where it must be taken away (Salesforce 000386367)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from airflow_sf_health.evidence.permission_source import PermissionSource, SourceKind

FIXED_PROFILE = "minimum access api only integrations"
"""The profile in which it cannot be switched off, without the dashes that are written in several ways."""


def advice(found: Sequence[PermissionSource], profile: str | None) -> str:
    """What to do, a sentence for each kind of source; where none is known, where to look."""
    if not found:
        return " ".join([_look(profile), *_fixed(profile)])
    whole = "It comes from " + ", ".join(map(str, found)) + "."
    rest = "All of them must go, since each alone keeps it." if len(found) > 1 else ""
    return " ".join(each for each in (whole, *_steps(found, profile), rest) if each)


def _steps(found: Sequence[PermissionSource], profile: str | None) -> Iterator[str]:
    kinds = [each.kind for each in found]
    if SourceKind.PROFILE in kinds:
        yield from _fixed(profile) or [
            "Clear it in the profile, which changes everybody who has that profile, or give the user another profile."
        ]
    if SourceKind.PERMISSION_SET in kinds:
        yield f"Clear it in the {_nouns(SourceKind.PERMISSION_SET, kinds)} or take the assignment from the user."
    if SourceKind.GROUP in kinds:
        groups = _nouns(SourceKind.GROUP, kinds)
        yield f"Clear it in the permission set within the {groups}, mute it there, or take the assignment away."


def _nouns(kind: SourceKind, kinds: Sequence[SourceKind]) -> str:
    return str(kind) if kinds.count(kind) == 1 else f"{kind}s"


def _fixed(profile: str | None) -> list[str]:
    if re.sub(r"[^a-z]+", " ", (profile or "").casefold()).strip() != FIXED_PROFILE:
        return []
    cannot = f"In the profile '{profile}' it cannot be switched off, by Data Loader neither"
    return [f"{cannot}: the user needs another profile, and with it another user licence."]


def _look(profile: str | None) -> str:
    first = f"the profile '{profile}'" if profile else "the user's profile"
    return (
        "This user may not read where the permission comes from. Look in Setup > Users, on the user's page: "
        f"at {first} first, then at each permission set and permission set group assigned."
    )
