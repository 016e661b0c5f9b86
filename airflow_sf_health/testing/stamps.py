"""``ETag`` and ``Last-Modified`` of describe: mostly those of the whole org, newer for an object that changed by itself.

Facts 4.4: Last-Modified is the later of the org's stamp and the object's own, and ETag follows it, not the content
(inferred from recordings). A 304 so means "surely the schema did not change" at best: that rights move the stamp is
documented nowhere. Here they do, unless ``state.schema_stamp_frozen``.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from airflow_sf_health.testing.call import Call
from airflow_sf_health.testing.state import OrgState

ORG = ""
"""Stands for the org as a whole among the names of objects."""


def validators(state: OrgState, object_name: str | None = None) -> dict[str, str]:
    """The two headers, of one object or of all together."""
    changed = format_datetime(_changed(state, object_name), usegmt=True)
    tag = hashlib.blake2s(changed.encode(), digest_size=4).hexdigest()
    return {"ETag": f'"{tag}"', "Last-Modified": changed}


def is_known(call: Call, headers: dict[str, str]) -> bool:
    """Whether the client has what these validators stand for: 304."""
    if "if-none-match" in call.headers:
        tags = [tag.strip().removeprefix("W/") for tag in call.headers["if-none-match"].split(",")]
        return headers["ETag"] in tags
    since = call.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        known: datetime = parsedate_to_datetime(since).astimezone(UTC)
    except ValueError:
        return False
    return parsedate_to_datetime(headers["Last-Modified"]) <= known


def _changed(state: OrgState, object_name: str | None) -> datetime:
    _note(state)
    own = state.object_changed
    if object_name is None:
        return max([state.schema_changed, *own.values()])
    return max(state.schema_changed, own.get(object_name, state.schema_changed))


def _note(state: OrgState) -> None:
    """Move the stamps on where anything is not as it was at the last look."""
    seen = _looks(state)
    before, state.schema_seen = state.schema_seen, seen
    if not before or before == seen or state.schema_stamp_frozen:
        return
    latest = max([state.schema_changed, *state.object_changed.values()])
    now = max(datetime.now(UTC).replace(microsecond=0), latest + timedelta(seconds=1))
    if before.keys() != seen.keys() or before[ORG] != seen[ORG]:
        state.schema_changed = now
    else:
        state.object_changed |= {name: now for name in seen if seen[name] != before[name]}


def _looks(state: OrgState) -> dict[str, int]:
    """A fingerprint of each object, and of who has which rights."""
    held = [(user.id, user.profile_id, user.permission_set_ids, user.permission_set_group_ids) for user in state.users]
    switches = (state.org.audit_fields_enabled, state.org.s2s_enabled)
    holders = (state.profiles, state.permission_sets, state.permission_set_groups, switches)
    return {name: hash(repr(spec)) for name, spec in state.schema.items()} | {ORG: hash(repr((held, holders)))}
