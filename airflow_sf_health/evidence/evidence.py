"""Answers by need, and the third possibility beside good and bad: could not be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from airflow_sf_health.evidence.needs import Need
from airflow_sf_health.org.errors import Refusal

T = TypeVar("T")


class Unavailable(Exception):
    """The answer to a need could not be had; ``refusal`` says what was refused.

    Raised by ``evidence[need]``: a check that does not care lets it pass, and becomes UNKNOWN with this reason.
    """

    def __init__(self, need: Need[Any], refusal: Refusal) -> None:
        super().__init__(f"{need.name}: {refusal.said}")
        self.need = need
        self.refusal = refusal


class NotGathered(LookupError):
    """A check looked up what it has not declared among its needs; nobody asked for it then."""

    def __init__(self, need: Need[Any]) -> None:
        super().__init__(f"the need '{need.name}' was not gathered: name it in the check's needs or needs_for")
        self.need = need


class Evidence:
    """Immutable answers: ``evidence[NEED]`` gives a value of the need's type, or raises :class:`Unavailable`, or
    :class:`NotGathered` where the need was not declared.
    """

    __slots__ = ("_answers",)

    def __init__(self, answers: Mapping[Need[Any], Any]) -> None:
        self._answers = dict(answers)

    def __getitem__(self, need: Need[T]) -> T:
        answer = self._answer(need)
        if isinstance(answer, Refusal):
            raise Unavailable(need, answer)
        value: T = answer
        return value

    def get(self, need: Need[T]) -> T | None:
        """The answer, or None where it could not be had."""
        try:
            return self[need]
        except Unavailable:
            return None

    def plus(self, answers: Mapping[Need[Any], Any]) -> Evidence:
        """The same evidence with these answers beside, or in the place of, its own."""
        return Evidence({**self._answers, **answers})

    def needs(self) -> tuple[Need[Any], ...]:
        """All that was asked, whatever became of it."""
        return tuple(self._answers)

    def refusal(self, need: Need[Any]) -> Refusal | None:
        """Why the need has no answer; None when it has one."""
        answer = self._answer(need)
        return answer if isinstance(answer, Refusal) else None

    def _answer(self, need: Need[Any]) -> Any:
        try:
            return self._answers[need]
        except KeyError:
            raise NotGathered(need) from None
