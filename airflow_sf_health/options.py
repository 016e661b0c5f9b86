"""The choices of an examination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from airflow_sf_health import plain
from airflow_sf_health.errors import OptionsError

OnUndetermined = Literal["retry", "fail", "proceed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One frozen value with the choices of an examination; what is left None comes from the ``[sf_health]`` section.

    :param on_undetermined: what a task does when the org could not be asked: ``retry`` (a retryable error), ``fail`` (fail at
        once) or ``proceed`` (a warning in the log).
    :param reauthenticate: whether a dead session is replaced by one fresh login, once, where the connection has a flow for it.
    :param trust_status: whether a failure asks Salesforce's public status page for an incident of the org's instance.
    :raises OptionsError: a value that is not allowed; names field and choices.
    """

    on_undetermined: OnUndetermined | None = None
    reauthenticate: bool | None = None
    trust_status: bool | None = None

    def __post_init__(self) -> None:
        choices = get_args(OnUndetermined)
        if self.on_undetermined not in (None, *choices):
            raise OptionsError(
                f"Options: 'on_undetermined' is {self.on_undetermined!r}. It takes one of {', '.join(choices)}."
            )
        for name in ("reauthenticate", "trust_status"):
            if not isinstance(getattr(self, name), bool | None):
                raise OptionsError(f"Options: '{name}' must be true or false, and is {getattr(self, name)!r}.")

    @classmethod
    def of(cls, value: Options | Mapping[str, Any] | None) -> Options:
        """Read options from a dict, as an operator argument gives them.

        :raises OptionsError: an unknown key (the nearest right one is named) or a wrong value.
        """
        return plain.read(cls, value, OptionsError)

    def filled(
        self, *, on_undetermined: OnUndetermined = "retry", reauthenticate: bool = True, trust_status: bool = False
    ) -> Options:
        """The same options with the given defaults where nothing was chosen."""
        return Options(
            on_undetermined=on_undetermined if self.on_undetermined is None else self.on_undetermined,
            reauthenticate=reauthenticate if self.reauthenticate is None else self.reauthenticate,
            trust_status=trust_status if self.trust_status is None else self.trust_status,
        )

    def as_dict(self) -> dict[str, Any]:
        """The choices made, JSON-ready; :meth:`of` reads it back."""
        return plain.dump(self)
