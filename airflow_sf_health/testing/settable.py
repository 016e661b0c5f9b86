"""What may be changed in a running org by dotted keys: ``user.active``, ``users.admin@acme.com.active``, ``org.name``.

A key walks from a root through attributes and through list items by their name; names may hold dots themselves, the
longest one that fits is taken. Permissions are true or false: ``user.permissions.ApiEnabled=false`` takes one away,
wherever the user has it from. ``user.license`` is the name of the licence of the user's profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, get_type_hints

from airflow_sf_health.testing.coerce import Address, SettingError, coerce
from airflow_sf_health.testing.settable_schema import Change, check_known, plain_schema, rights_change, schema_change
from airflow_sf_health.testing.state import PermissionHolder, RefreshToken, User, timestamp
from airflow_sf_health.testing.system_objects import PERMISSIONS

if TYPE_CHECKING:
    from airflow_sf_health.testing.context import Timing
    from airflow_sf_health.testing.state import OrgState

__all__ = ["Settable", "SettingError"]

NAMES_OF_ITEMS = ("username", "family", "consumer_key", "name")
ROOTS = (
    "org",
    "users",
    "licenses",
    "profiles",
    "permission_sets",
    "permission_set_groups",
    "permission_set_licenses",
    "package_licenses",
    "queues",
    "partner_connections",
    "apps",
    "refresh_tokens",
)
LEAVES = ("api_usage", "api_limit", "bulk_batches", "client_ip", "schema_stamp_frozen", "permission_stamp_frozen")
LEAVES_OF_TIMING = ("latency", "part_latency", "clock_offset")
DESCRIBE_LATENCY = "describe_latency"
HINTS = {"client_ip": Address}
"""What a leaf must be, where that is more than its type says."""

HIDDEN: dict[object, tuple[str, ...]] = {RefreshToken: ("value",)}
"""What is not shown: the text of a refresh token, which goes by its family (the newest token of that family)."""


class Settable:
    """The keys over one state as it is now."""

    def __init__(self, state: OrgState, timing: Timing) -> None:
        user = state.users[0]
        self._state = state
        self._timing = timing
        self._leaves: dict[str, Any] = {**dict.fromkeys(LEAVES, state), **dict.fromkeys(LEAVES_OF_TIMING, timing)}
        self._roots: dict[str, Any] = {name: getattr(state, name) for name in ROOTS}
        self._shortcuts = {"user": user, "profile": state.profile_of(user), "app": state.apps[0]}

    def assign(self, values: Mapping[str, Any]) -> None:
        """Set all values or, where one key or value is wrong, nothing.

        :raises SettingError: naming the wrong key, and the nearest right one.
        """
        changes = [self._change(key, value) for key, value in values.items()]
        for change in changes:
            change()

    def plain(self) -> dict[str, Any]:
        """Everything as it is, in plain JSON values."""
        leaves = {name: getattr(owner, name) for name, owner in self._leaves.items()}
        more = {"schema": plain_schema(self._state), DESCRIBE_LATENCY: self._timing.describe_latency}
        return {name: _plain(value) for name, value in {**self._roots, **leaves, **more}.items()}

    def _change(self, key: str, value: Any) -> Change:
        if key in self._leaves:
            return _attribute(key, self._leaves[key], key, value, HINTS.get(key))
        roots = {**self._roots, **self._shortcuts}
        root, rest = _step(key, key, [*roots, *self._leaves, "schema", DESCRIBE_LATENCY])
        if root == "schema":
            return schema_change(key, self._state, rest, value)
        if root == DESCRIBE_LATENCY:
            return self._slow_describe(key, rest, value)
        return self._walk(key, roots.get(root), rest, value)

    def _walk(self, key: str, node: Any, path: str, value: Any) -> Change:
        if not path:
            raise SettingError(f"{key!r} cannot be set as a whole.")
        children = _children(node)
        name, rest = _step(key, path, children)
        if name == "permissions" and rest:
            return self._permission(key, node, rest, value)
        if name == "objects" and rest:
            holders = self._sources(node) if isinstance(node, User) else [node]
            return rights_change(key, self._state, holders, rest, value)
        if name == "license" and isinstance(node, User):
            return self._license(key, node, value)
        if rest:
            return self._walk(key, children[name], rest, value)
        return _attribute(key, node, name, value)

    def _permission(self, key: str, owner: User | PermissionHolder, name: str, value: Any) -> Change:
        check_known(key, name, PERMISSIONS)
        holders = self._sources(owner) if isinstance(owner, User) else [owner]
        if coerce(key, value, bool):
            return partial(holders[0].permissions.add, name)
        return partial(_discard, [holder.permissions for holder in holders], name)

    def _slow_describe(self, key: str, name: str, value: Any) -> Change:
        check_known(key, name, self._state.schema, f"{DESCRIBE_LATENCY}.")
        return partial(self._timing.describe_latency.__setitem__, name, coerce(key, value, float))

    def _sources(self, user: User) -> list[PermissionHolder]:
        """The profile and the permission sets themselves, where those of a group are less what the group mutes."""
        ids = {holder.id for holder in self._state.holders_of(user)}
        return [self._state.profile_of(user), *(item for item in self._state.permission_sets if item.id in ids)]

    def _license(self, key: str, user: User, value: Any) -> Change:
        by_name = {each.name: each for each in self._state.licenses}
        check_known(key, value, by_name)
        return partial(setattr, self._state.profile_of(user), "license_id", by_name[value].id)


def _discard(permissions: list[set[str]], name: str) -> None:
    for each in permissions:
        each.discard(name)


def _attribute(key: str, owner: Any, name: str, value: Any, hint: Any = None) -> Change:
    hint = hint or (get_type_hints(type(owner)).get(name) if is_dataclass(owner) else None)
    return partial(setattr, owner, name, coerce(key, value, hint))


def _step(key: str, path: str, names: Iterable[str]) -> tuple[str, str]:
    """The longest name that begins the path, and the rest after it."""
    found = [name for name in names if path == name or path.startswith(f"{name}.")]
    if not found:
        check_known(key, path.partition(".")[0], names, key.removesuffix(path))
    name = max(found, key=len)
    return name, path.removeprefix(name).removeprefix(".")


def _children(node: Any) -> dict[str, Any]:
    """What a key may name next."""
    if isinstance(node, list):
        return {_name_of(item): item for item in node}
    if not is_dataclass(node):
        return {}
    children = {field.name: getattr(node, field.name) for field in fields(node)}
    return {**children, "permissions": None, "license": None, "objects": None} if isinstance(node, User) else children


def _name_of(item: Any) -> str:
    return next(str(getattr(item, name)) for name in NAMES_OF_ITEMS if hasattr(item, name))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        hidden = HIDDEN.get(type(value), ())
        names = (field.name for field in fields(value) if field.name not in hidden)
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, datetime):
        return timestamp(value)
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
