"""The choices of an examination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, get_args

from airflow_sf_health import plain
from airflow_sf_health.errors import OptionsError

OnUndetermined = Literal["retry", "fail", "proceed"]
OnStale = Literal["refresh", "warn", "fail"]
OnDrift = Literal["fail_if_breaking", "fail", "warn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One frozen value with the choices of an examination; what is left None comes from the ``[sf_health]`` section.

    :param on_undetermined: what a task does when the org could not be asked: ``retry`` (a retryable error), ``fail`` (fail at
        once) or ``proceed`` (a warning in the log).
    :param reauthenticate: whether a dead session is replaced by one fresh login, once, where the connection has a flow for it.
    :param trust_status: whether a failure asks Salesforce's public status page for an incident of the org's instance.
    :param max_age: seconds (or a ``timedelta``) for which what is remembered counts: a snapshot of a schema that is older by more than
        a twentieth is stale. 0 asks everything afresh, logins and verdicts too; as the site's choice, schemas alone.
    :param compare_every: seconds (or a ``timedelta``) after which a schema is read and compared as a whole, though Salesforce says
        that it is unchanged. Objects that the task writes are compared as a whole each time.
    :param on_stale: what is done about a stale snapshot: ``refresh`` it, ``warn``, or ``fail``.
    :param on_drift: what is done about a schema that changed: ``fail_if_breaking`` what the task uses, ``fail`` whatever of what it
        uses has changed, or ``warn``.
    :raises OptionsError: a value that is not allowed; names field and choices.
    """

    on_undetermined: OnUndetermined | None = None
    reauthenticate: bool | None = None
    trust_status: bool | None = None
    max_age: float | None = None
    compare_every: float | None = None
    on_stale: OnStale | None = None
    on_drift: OnDrift | None = None

    def __post_init__(self) -> None:
        for name, kind in _CHOICES.items():
            if getattr(self, name) not in (None, *get_args(kind)):
                raise OptionsError(
                    f"Options: '{name}' is {getattr(self, name)!r}. It takes one of {', '.join(get_args(kind))}."
                )
        for name in ("max_age", "compare_every"):
            object.__setattr__(self, name, _seconds(name, getattr(self, name)))
        for name in ("reauthenticate", "trust_status"):
            if not isinstance(getattr(self, name), bool | None):
                raise OptionsError(f"Options: '{name}' must be true or false, and is {getattr(self, name)!r}.")

    @classmethod
    def of(cls, value: Options | Mapping[str, Any] | None) -> Options:
        """Read options from a dict, as an operator argument gives them.

        :raises OptionsError: an unknown key (the nearest right one is named) or a wrong value.
        """
        return plain.read(cls, value, OptionsError)

    def filled(self, defaults: Options | None = None) -> Options:
        """The same options with the given defaults where nothing was chosen; without any, with the plugin's own."""
        own = OWN_DEFAULTS if defaults is None else defaults
        return Options(**{**plain.dump(own), **plain.dump(self)})

    def as_dict(self) -> dict[str, Any]:
        """The choices made, JSON-ready; :meth:`of` reads it back."""
        return plain.dump(self)


LONGEST = 1e10
"""Seconds, some three hundred years: a number above is a slip, and no calendar reaches back that far for long."""
_CHOICES = {"on_undetermined": OnUndetermined, "on_stale": OnStale, "on_drift": OnDrift}


def _seconds(name: str, value: object) -> float | None:
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LONGEST):
        return value
    raise OptionsError(f"Options: '{name}' must be a number of seconds from 0 up, or a timedelta, and is {value!r}.")


OWN_DEFAULTS = Options(
    on_undetermined="retry",
    reauthenticate=True,
    trust_status=False,
    max_age=86_400,
    compare_every=21_600,
    on_stale="refresh",
    on_drift="fail_if_breaking",
)
"""What holds where neither the task nor ``[sf_health]`` chooses."""
