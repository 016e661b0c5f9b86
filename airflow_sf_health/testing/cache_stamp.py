"""``UserPermissionAccess.LastCacheUpdate``: moves when what a user may do changes, unless ``state.permission_stamp_frozen``.

What moves it in Salesforce is documented nowhere; that effective permissions and rights on objects do is inferred.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_sf_health.testing.people import Rights
from airflow_sf_health.testing.state import OrgState, User, timestamp


def last_cache_update(state: OrgState, user: User) -> str:
    """When the user's rights were last seen to have changed; before that, when the org was made."""
    seen = _looks(state, user)
    before, at = state.permission_stamps.get(user.id, (seen, datetime.fromisoformat(state.org.created)))
    if before != seen and not state.permission_stamp_frozen:
        at = max(datetime.now(UTC), at + timedelta(seconds=1))
    state.permission_stamps[user.id] = (seen, at)
    return timestamp(at)


def _looks(state: OrgState, user: User) -> str:
    """What the user may do, in a form that is the same whenever the rights are."""
    rights = [
        sorted((name, _plain(each)) for name, each in holder.objects.items()) for holder in state.holders_of(user)
    ]
    org = state.org
    return repr((sorted(state.permissions_of(user)), rights, org.audit_fields_enabled, sorted(org.unknown_permissions)))


def _plain(rights: Rights) -> tuple[object, ...]:
    fields = sorted(rights.hidden_fields), sorted(rights.read_only_fields)
    kinds = None if rights.record_types is None else sorted(rights.record_types)
    return (rights.read, rights.create, rights.edit, rights.delete, *fields, kinds)
