"""What a lint finds: plain data, since DAG files are read in another process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from airflow_sf_health.commands.lint_lines import Source
from airflow_sf_health.commands.lint_places import Place, real
from airflow_sf_health.commands.lint_remarks import Remark
from airflow_sf_health.enforcement.baseline import Baseline, Entry
from airflow_sf_health.enforcement.values import How, Mode

Status = Literal["guarded", "waived", "unguarded", "baseline", "not asked", "teardown"]
"""``baseline``: unguarded, as the site knows; ``not asked``: its options or rules leave the task out; ``teardown``: never guarded, since
it has to run when all else failed.
"""
Trouble = Literal["unread", "twice", "unjudged"]
"""``twice``: a DAG stands in the file more than once; ``unjudged``: one of its DAGs is like none that lint knows."""
_TROUBLES = {
    "unread": "could not be read",
    "twice": "has a DAG more than once",
    "unjudged": "has a DAG that could not be judged, '{dag_id}'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LintedTask:
    """:param file: as its bundle names it; ``path``: where it lies; ``line``: of the task, or else of its DAG, or 1;
    ``late``: whether a connection is known only when it runs; ``requirements``: what could be inferred, ``needs``: in short;
    ``todo``: what to write, a line each, and ``advice``: as a text; empty where it is not unguarded.
    """

    file: str
    path: Path
    line: int
    dag_id: str
    task_id: str
    operator: str
    status: Status
    conn_ids: tuple[str, ...]
    late: bool
    how: How
    by: tuple[str, ...]
    unguarded: tuple[str, ...]
    waiver: Mapping[str, Any] | None = None
    requirements: Mapping[str, Any] | None = None
    needs: str = ""
    remarks: tuple[Remark, ...] = ()
    todo: tuple[str, ...] = ()
    advice: str = ""

    @classmethod
    def from_plain(cls, fields: Mapping[str, Any]) -> LintedTask:
        """Of what JSON makes of its fields."""
        lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
        remarks = tuple(Remark(**each) for each in fields["remarks"])
        return cls(**{**fields, **lists, "path": Path(fields["path"]), "remarks": remarks})

    @property
    def entry(self) -> Entry:
        return self.file, self.dag_id, self.task_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FileError:
    """A file that Airflow could not read, or not as a whole, in Airflow's words.

    :param dag_id: the DAG that it is about; None: all that the file may have.
    """

    file: str
    path: Path
    text: str
    topic: Trouble = "unread"
    dag_id: str | None = None

    @property
    def what(self) -> str:
        """What is the matter with it."""
        in_archive = any(each.suffix == ".zip" for each in PurePosixPath(self.file).parents)
        more = "; DAGs of its archive may be missing" if in_archive else ""
        return f"{_TROUBLES[self.topic].format(dag_id=self.dag_id)}{more}"

    @property
    def line(self) -> int:
        return Source.of(self.path).line_of_error(self.text)

    @property
    def last_words(self) -> str:
        """The line that says what it is: of a traceback the first one after the last place, and of others their first one."""
        lines = [line for line in self.text.splitlines() if line.strip()] or [""]
        places = [number for number, line in enumerate(lines) if line.startswith("  File ")]
        after = lines[places[-1] + 1 :] if places else lines
        said = next((line for line in after if not line.startswith("  ")), lines[-1]).strip()
        is_late = "DagBag import timeout" in said
        return f"It took longer than [core] dagbag_import_timeout allows. {said}" if is_late else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read of a place.

    :param files: all that were read, those without a DAG and those with an error too.
    """

    place: Place
    files: frozenset[str]
    tasks: tuple[LintedTask, ...]
    errors: tuple[FileError, ...]

    @property
    def missed(self) -> tuple[Path, ...]:
        """What was asked for though nothing of it was read, and no error says why."""
        paths = [self.place.root / file for file in self.files]
        read = {above for path in (*paths, *map(real, paths)) for above in (path, *path.parents)}
        closed = {error.path for error in self.errors}
        return tuple(
            each
            for each in self.place.wanted
            if read.isdisjoint((each, real(each))) and closed.isdisjoint(each.parents)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """All of it.

    :param policy: the mode of the site's cluster policy.
    :param stale: entries of the baseline that are not needed any more.
    """

    read: tuple[Read, ...]
    tasks: tuple[LintedTask, ...]
    errors: tuple[FileError, ...]
    policy: Mode
    baseline_file: str | None = None
    stale: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, read: Sequence[Read], baseline: Baseline, policy: Mode) -> Linted:
        tasks = with_baseline((task for each in read for task in each.tasks), baseline)
        errors = tuple(error for each in read for error in each.errors)
        return cls(read=tuple(read), tasks=tasks, errors=errors, policy=policy)

    @property
    def files(self) -> int:
        """How many were read."""
        return sum(len(each.files) for each in self.read)

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks have which status."""
        return dict(Counter(each.status for each in self.tasks))


def with_baseline(tasks: Iterable[LintedTask], baseline: Baseline) -> tuple[LintedTask, ...]:
    """Those tasks, and which of the unguarded ones are known."""
    return tuple(
        replace(each, status="baseline") if each.status == "unguarded" and baseline.covers(*each.entry) else each
        for each in tasks
    )
