"""Where the permission "API Only User" comes from, and so where it must be taken away (Salesforce 000386367)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from airflow_sf_health.evidence.needs import Row

FIXED_PROFILE = "minimum access api only integrations"
"""The profile in which it cannot be switched off, without the dashes that are written in several ways."""
PROFILE, GROUP, SET = "profile", "permission set group", "permission set"


def sources(rows: Sequence[Row], profile: str | None) -> tuple[str, ...]:
    """What the rows of PermissionSetAssignment name: ``profile 'X'``, ``permission set 'Y'``, ``permission set group 'Z'``."""
    return tuple(dict.fromkeys(_source(row, profile) for row in rows))


def advice(found: Sequence[str], profile: str | None) -> str:
    """What to do, a sentence for each kind of source; where none is known, where to look."""
    if not found:
        return " ".join([_look(profile), *_fixed(profile)])
    whole = "It comes from " + ", ".join(found) + "."
    rest = "All of them must go, since each alone keeps it." if len(found) > 1 else ""
    return " ".join(each for each in (whole, *_steps(found, profile), rest) if each)


def _source(row: Row, profile: str | None) -> str:
    held, group = row.get("PermissionSet") or {}, row.get("PermissionSetGroup") or {}
    if held.get("IsOwnedByProfile"):
        return f"{PROFILE} '{profile}'" if profile else "the user's profile"
    return f"{GROUP} '{group.get('MasterLabel')}'" if group else f"{SET} '{held.get('Label')}'"


def _steps(found: Sequence[str], profile: str | None) -> Iterator[str]:
    groups = [each for each in found if each.startswith(GROUP)]
    sets = [each for each in found if each.startswith(SET) and each not in groups]
    if len(groups) + len(sets) < len(found):
        yield from _fixed(profile) or [
            "Clear it in the profile, which changes everybody who has that profile, or give the user another profile."
        ]
    if sets:
        yield f"Clear it in the {_plural(SET, sets)} or take the assignment from the user."
    if groups:
        yield f"Clear it in the permission set within the {_plural(GROUP, groups)}, mute it there, or take the assignment away."


def _plural(noun: str, found: Sequence[str]) -> str:
    return noun if len(found) == 1 else f"{noun}s"


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
