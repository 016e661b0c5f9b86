"""What the guarded task needs of the org."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_sf_health import plain
from airflow_sf_health.errors import RequirementsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What the task is going to do; each field that is left out asks nothing.

    :param api_only: False: someone must be able to log in to the user interface with this user; True: it should be an
        API-only one, as is the rule for integration users, and is worth a warning where it is not; None: either is right.
    :param org_id: id of the expected org, 15 or 18 characters.
    :param sandbox: whether the expected org is a sandbox.
    :param user_license: name or key of the expected user licence, e.g. ``Salesforce Integration``.
    :param writes: False: the task only reads, so a read-only org is no obstacle; None is taken for a task that writes.
    :param permission_set_licenses: keys or labels of the permission-set licences that the user must have.
    :param packages: namespaces of the managed packages that the user must have a licence for.
    :raises RequirementsError: a value of the wrong type; names the field.

    A list is taken for a tuple, and an empty one asks nothing.
    """

    api_only: bool | None = None
    org_id: str | None = None
    sandbox: bool | None = None
    user_license: str | None = None
    writes: bool | None = None
    permission_set_licenses: tuple[str, ...] | None = None
    packages: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if kind is tuple:
                object.__setattr__(self, name, _names(name, value))
            elif value is not None and not isinstance(value, kind):
                raise RequirementsError(f"Requirements: '{name}' must be {_words(kind)}, and is {value!r}.")
        if self.org_id is not None and not (self.org_id.startswith("00D") and len(self.org_id) in (15, 18)):
            raise RequirementsError(
                f"Requirements: 'org_id' is '{self.org_id}', which is no org id (00D…, 15 or 18 characters)."
            )

    @classmethod
    def of(cls, value: Requirements | Mapping[str, Any] | None) -> Requirements:
        """Read requirements from a dict, as an operator argument or a file gives them.

        :raises RequirementsError: an unknown key (the nearest right one is named) or a wrong value.
        """
        return plain.read(cls, value, RequirementsError)

    def as_dict(self) -> dict[str, Any]:
        """The fields that ask something, JSON-ready; :meth:`of` reads it back."""
        return {name: list(each) if isinstance(each, tuple) else each for name, each in plain.dump(self).items()}


_KINDS: dict[str, type] = {
    "api_only": bool,
    "org_id": str,
    "sandbox": bool,
    "user_license": str,
    "writes": bool,
    "permission_set_licenses": tuple,
    "packages": tuple,
}


def _names(field: str, value: object) -> tuple[str, ...] | None:
    if isinstance(value, str):
        raise RequirementsError(f"Requirements: '{field}' is the text '{value}'. Write a list: ['{value}'].")
    if value is None or value in ([], ()):
        return None
    if not isinstance(value, list | tuple):
        raise RequirementsError(f"Requirements: '{field}' must be a list of texts, and is {value!r}.")
    for each in value:
        if not isinstance(each, str) or not each.strip():
            raise RequirementsError(f"Requirements: '{field}' must hold names, and holds {each!r}.")
    return tuple(value)


def _words(kind: type) -> str:
    return "true or false" if kind is bool else "a text"
