"""What becomes of the Salesforce tasks of one DAG. Imported where there are some: most DAG files have none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from airflow_sf_health.enforcement import judging
from airflow_sf_health.enforcement._faults import Faults
from airflow_sf_health.enforcement.baseline import Baseline, file_of
from airflow_sf_health.enforcement.injecting import inject
from airflow_sf_health.enforcement.rules import asking
from airflow_sf_health.enforcement.unguarded import Refused, Told, refuse, tell
from airflow_sf_health.enforcement.values import Judged, Mode, PolicySettings

_ASKING: tuple[Mode, ...] = ("report", "require")


class Acting:
    """Each connection of a task gets what its mode says. An error at one task leaves the others what they get.

    :param baseline: reads it, where somebody is to be named; None: it cannot be read, so that nobody is.
    :param is_observed: nothing is told and nothing refused.
    """

    def __init__(
        self,
        dag: Any,
        settings: PolicySettings,
        today: date,
        baseline: Callable[[], Baseline | None],
        *,
        is_observed: bool = False,
    ) -> None:
        self._dag, self._settings, self._today = dag, settings, today
        self._asked_of, self._file, self._baseline = asking(dag, settings, today), file_of(dag), baseline
        self._is_observed = is_observed
        self._faults = Faults(dag)
        self._failed: dict[str, str] = {}
        self._told: list[Told] = []
        self._refused: list[Refused] = []

    def act(self) -> None:
        """:raises Exception: an error of ours, when all tasks have been seen to; nothing is refused then."""
        found = self._judged()
        injected = [self._inject(each) for each in found]
        if any(injected):
            found = self._judged()
        named = list(self._named(found))
        self._told += self._left(found)
        if not self._is_observed:
            self._ask(named)
            tell(self._dag, self._told, self._file)
        self._faults.end()
        if self._refused:
            refuse(self._dag, self._refused, self._file)

    def _judged(self) -> tuple[Judged, ...]:
        return judging.judged(self._dag, self._settings.connections, today=self._today, faults=self._faults)

    def _modes(self, each: Judged) -> Mapping[str, Mode]:
        """By connection; of a task that is waived none."""
        return {} if each.waiver is not None and each.waiver.counts else self._asked_of(each)

    def _inject(self, each: Judged) -> bool:
        """:returns: whether to look again: it failed, or was done beside other connections of the task that ask for something else, and
        may have it by now.
        """
        modes = self._modes(each)
        if "inject" not in modes.values():
            return False
        judged = _only(each, modes, "inject")
        try:
            if why := inject(judged, self._settings):
                self._told.append(Told(judged, "inject", why=f", nor can the policy put it there. {why}"))
        except Exception as error:  # noqa: BLE001 - somebody else's class, or a mistake of ours
            self._faults.at(each.task, error, "what can be added to them")
            self._failed[each.task.task_id] = type(error).__name__
            return True
        return judged is not each and bool(judged.unguarded)

    def _left(self, found: Iterable[Judged]) -> Iterator[Told]:
        """Those before which nothing was put since something failed."""
        for each in found if self._failed else ():
            judged = _only(each, self._modes(each), "inject")
            if judged.unguarded and (error := self._failed.get(each.task.task_id)):
                yield Told(judged, "inject", why=f", nor can the policy put it there, which failed with {error}")

    def _named(self, found: Iterable[Judged]) -> Iterator[tuple[Judged, Mode]]:
        """Whom to report or to refuse, each with the connections that ask for it."""
        for each in found:
            modes = self._modes(each) if each.unguarded else {}
            asked = {modes.get(conn_id) for conn_id in each.unguarded} if modes else ()
            for mode in _ASKING if asked else ():
                if mode in asked:
                    yield _only(each, modes, mode), mode

    def _ask(self, named: list[tuple[Judged, Mode]]) -> None:
        baseline = self._baseline() if named else None
        if baseline is None:
            return
        for judged, mode in named:
            known = baseline.covers(self._file, self._dag.dag_id, judged.task.task_id)
            if mode == "require" and not known:
                self._refused.append(Refused(judged, self._advice(judged)))
            else:
                self._told.append(Told(judged, mode, known, " (in the baseline)" if known else ""))

    def _advice(self, judged: Judged) -> str:
        from airflow_sf_health.enforcement.advice import A_TASK_BEFORE, how_to_guard

        try:
            return how_to_guard(judged)
        except Exception as error:  # noqa: BLE001 - as above
            self._faults.at(judged.task, error, "how their authors can guard them")
            return A_TASK_BEFORE


def _only(each: Judged, modes: Mapping[str, Mode], mode: Mode) -> Judged:
    """A task with those of its unguarded connections that ask for this."""
    mine = tuple([conn_id for conn_id in each.unguarded if modes.get(conn_id) == mode])
    return each if mine == each.unguarded else replace(each, unguarded=mine)
