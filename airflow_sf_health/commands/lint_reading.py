"""Read and judge the DAG files of a place, in processes of their own: user code may do there what it likes."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.lint_found import FileError, LintedTask, Read, Trouble
from airflow_sf_health.commands.lint_judging import linted
from airflow_sf_health.commands.lint_places import Place
from airflow_sf_health.edges.apart import Tell, apart
from airflow_sf_health.edges.dag_files import DEPTH, UnsearchableError, read_dags
from airflow_sf_health.enforcement.policy import observing
from airflow_sf_health.enforcement.values import PolicySettings


def read(place: Place, settings: PolicySettings) -> Read:
    """One process for the place, and a further one, for the files that are left, each time that a file has ended it.

    :raises CommandError: no file can be looked for, or the process ends before any is read.
    """
    files: set[str] = set()
    tasks: list[dict[str, Any]] = []
    errors: list[FileError] = []
    while True:
        done = apart(partial(_judge_all, place, settings, frozenset(files)))
        begun = [file for kind, file, *_ in done.said if kind == "begin"]
        for each in done.said:
            if each[0] == "unsearchable":
                raise CommandError(f"DAG files cannot be looked for in {place.root}: {each[1]}", ExitCode.NOT_ASKED)
            if each[0] == "end":
                tasks += each[2]
                errors += [_error(place, *error) for error in each[3]]
        for file in _unfinished(done.said):
            text = f"It ended the process that read it ({done.ended or 'unknown why'})."
            errors.append(_error(place, file, text))
        files.update(begun)
        if not done.ended:
            break
        if not begun:
            raise CommandError(f"DAG files could not be read: {done.ended}.", ExitCode.NOT_ASKED)
    return Read(place=place, files=frozenset(files), tasks=_sorted(tasks), errors=tuple(sorted(errors, key=_by_file)))


def _unfinished(said: Iterable[Sequence[Any]]) -> list[str]:
    ended = {file for kind, file, *_ in said if kind == "end"}
    return [file for kind, file, *_ in said if kind == "begin" and file not in ended]


def _error(place: Place, file: str, text: str, topic: Trouble = "unread", dag_id: str | None = None) -> FileError:
    return FileError(file=file, path=place.root / file, text=text, topic=topic, dag_id=dag_id)


def _by_file(error: FileError) -> tuple[str, str]:
    return error.file, error.text


def _sorted(tasks: Iterable[dict[str, Any]]) -> tuple[LintedTask, ...]:
    """By file, DAG and task, and of two that are alike in these by whatever differs: the same way each time."""
    keys = ("path", "dag_id", "task_id")
    found = sorted(tasks, key=lambda each: (*(each[key] for key in keys), json.dumps(each, sort_keys=True)))
    return tuple(map(LintedTask.from_plain, found))


def _judge_all(place: Place, settings: PolicySettings, skipped: frozenset[str], tell: Tell) -> None:
    with observing():
        try:
            read_dags(place.root, _Judge(place, settings, skipped, tell))
        except UnsearchableError as error:
            tell(["unsearchable", str(error)])


@dataclass(frozen=True, slots=True)
class _Judge:
    """:param skipped: files that another process has read."""

    place: Place
    settings: PolicySettings
    skipped: frozenset[str]
    tell: Tell
    errors: list[tuple[str, str, Trouble, str | None]] = field(default_factory=list)

    def enters(self, folder: Path) -> bool:
        return not self.place.is_guessed or self.place.leads_to(folder)

    def wants(self, path: Path) -> bool:
        return self.place.name_of(path) not in self.skipped and self.place.has(path)

    def unreadable(self, path: Path, why: str) -> None:
        name = self.place.name_of(path)
        if name not in self.skipped and self.place.leads_to(path):
            self.begin(name)
            self.end(name, (), {name: why})

    def begin(self, file: str) -> None:
        self.errors.clear()
        self.tell(["begin", file])

    def end(self, file: str, dags: Sequence[Any], errors: Mapping[str, str]) -> None:
        self.errors.extend((name, text, "unread", None) for name, text in errors.items())
        tasks = []
        for dag_id, same in groupby(sorted(dags, key=lambda dag: str(dag.dag_id)), key=lambda dag: str(dag.dag_id)):
            listed = list(same)
            if len(listed) > 1:
                text = f"dag_id '{dag_id}' {_TIMES.get(len(listed), 'several times')}; Airflow keeps one of them."
                self.errors.append((file, text, "twice", dag_id))
            tasks += [asdict(task) for dag in listed for task in self._judged(file, dag)]
        self.tell(["end", file, tasks, self.errors])

    def _judged(self, file: str, dag: Any) -> list[LintedTask]:
        """What cannot be judged hides no other DAG."""
        try:
            return list(linted(dag, self.place.root, self.settings))
        except Exception:  # noqa: BLE001 - of a task whose class or arguments are like none that we know
            text = traceback.format_exc(limit=-DEPTH)
            self.errors.append((file, text.strip(), "unjudged", str(dag.dag_id)))
            return []


_TIMES = {2: "twice"}
