"""What a lint finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from airflow_sf_health.commands.lint_lines import Source
from airflow_sf_health.commands.lint_places import Place
from airflow_sf_health.commands.lint_remarks import Remark, remarks_on
from airflow_sf_health.edges.dag_files import DagFiles
from airflow_sf_health.enforcement.baseline import Baseline, Entry, file_of
from airflow_sf_health.enforcement.judging import judged
from airflow_sf_health.enforcement.policy import today
from airflow_sf_health.enforcement.rules import modes_of
from airflow_sf_health.enforcement.values import Judged, Mode, PolicySettings
from airflow_sf_health.inference import uses_of
from airflow_sf_health.requirements import Requirements

Status = Literal["guarded", "waived", "unguarded", "baseline", "not asked", "teardown"]
"""``baseline``: unguarded, as the site knows; ``not asked``: its options or rules leave the task out; ``teardown``: never guarded, since
it has to run when all else failed.
"""
_LEFT_ALONE = ("not asked", "teardown")


@dataclass(frozen=True, slots=True, kw_only=True)
class LintedTask:
    """:param file: as its bundle names it; ``path``: where it lies; ``line``: of the task, or else of its DAG, or 1;
    ``requirements``: what could be inferred.
    """

    file: str
    path: Path
    line: int
    dag_id: str
    judged: Judged
    status: Status
    requirements: Requirements | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def task_id(self) -> str:
        return str(self.judged.task.task_id)

    @property
    def entry(self) -> Entry:
        return self.file, self.dag_id, self.task_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FileError:
    """A file that Airflow could not read, or not as a whole, in Airflow's words."""

    file: str
    path: Path
    text: str

    @property
    def line(self) -> int:
        return Source.of(self.path).line_of_error(self.text)

    @property
    def last_words(self) -> str:
        """The line that says what it is; of a violation its first one."""
        lines = [line for line in self.text.splitlines() if line.strip()] or [""]
        return (lines[-1] if lines[0].startswith("Traceback") else lines[0]).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """All of it.

    :param read: the places, and what was read of each.
    :param policy: the mode of the site's cluster policy.
    :param stale: entries of the baseline that are not needed any more.
    """

    read: tuple[tuple[Place, DagFiles], ...]
    tasks: tuple[LintedTask, ...]
    errors: tuple[FileError, ...]
    policy: Mode
    baseline_file: str | None = None
    stale: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, read: Sequence[tuple[Place, DagFiles]], tasks: Iterator[LintedTask], policy: Mode) -> Linted:
        errors = (
            FileError(file=file, path=files.root / file, text=text)
            for _, files in read
            for file, text in files.errors.items()
        )
        return cls(read=tuple(read), tasks=tuple(tasks), errors=tuple(errors), policy=policy)

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks have which status."""
        return dict(Counter(each.status for each in self.tasks))


def linted(read: Sequence[DagFiles], settings: PolicySettings, baseline: Baseline) -> Iterator[LintedTask]:
    """The Salesforce tasks of these files. Where the policy is off, each of them is asked for a guard all the same."""
    asking = replace(settings, mode="report") if settings.mode == "off" else settings
    for files in read:
        for dag in files.dags:
            mode_of, file = modes_of(dag, asking, today()), file_of(dag, files.root)
            source = Source.of(files.root / file)
            for each in judged(dag, settings.connections):
                status = _status(each, mode_of(each), baseline.covers(file, dag.dag_id, each.task.task_id))
                yield LintedTask(
                    file=file,
                    path=files.root / file,
                    line=source.line_of(dag.dag_id, each.task.task_id),
                    dag_id=dag.dag_id,
                    judged=each,
                    status=status,
                    requirements=getattr(uses_of(each.task, settings.connections), "requirements", None),
                    remarks=tuple(remarks_on(each, dag)) if status not in _LEFT_ALONE else (),
                )


def _status(found: Judged, mode: Mode, is_known: bool) -> Status:
    if found.is_guarded:
        return "teardown" if found.how == "none" else "guarded"
    if found.waiver is not None and found.waiver.counts:
        return "waived"
    if mode == "off":
        return "not asked"
    return "baseline" if is_known else "unguarded"
