"""The baseline that a lint reads, or writes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.lint_found import Linted
from airflow_sf_health.commands.lint_places import Place
from airflow_sf_health.commands.writing import refuse_place
from airflow_sf_health.edges.dag_files import DagFiles
from airflow_sf_health.enforcement.baseline import Baseline, Entry, place_of

_UNGUARDED = ("unguarded", "baseline")


@dataclass(frozen=True, slots=True)
class Known:
    """The tasks that are known to be unguarded, and the file that says so; None: there is none."""

    file: str | None
    baseline: Baseline

    @classmethod
    def of(cls, given: str | None, configured: str, *, writing: bool) -> Known:
        """:raises CommandError: there is no file to read or write; SettingsError: it is no baseline."""
        # The policy takes a path of the settings from Airflow's home, and whoever types one from where he is.
        file = str(Path(given).resolve()) if given else str(place_of(configured)) if configured else None
        if writing and file is None:
            raise CommandError("--write-baseline needs a file: --baseline FILE, or [sf_health] policy_baseline.")
        if writing and file is not None:
            refuse_place(file)
        if file is None or (writing and not Path(file).exists()):
            return cls(file, Baseline())
        if given and not Path(file).is_file():
            raise CommandError(f"there is no file {given}. Write it with --write-baseline.")
        return cls(file, Baseline.read(file))

    def stale(self, found: Linted) -> tuple[Entry, ...]:
        """What is guarded, waived or gone by now, of the files that this lint is about."""
        needed = {each.entry for each in found.tasks if each.status in _UNGUARDED}
        gone = (each for each in self.baseline.entries - needed if any(_concerns(each, *read) for read in found.read))
        return tuple(sorted(gone))

    def write(self, found: Linted) -> Baseline:
        """Keep what this lint is not about, put the unguarded tasks in, and tell how many."""
        now = {each.entry for each in found.tasks if each.status in _UNGUARDED}
        before, gone = self.baseline.entries, set(self.stale(found))
        baseline = Baseline.of((before - gone) | now)
        if self.file is not None:
            baseline.write(self.file)
        new, tasks = len(baseline.entries - before), len(baseline.entries)
        said = f"{tasks} {'task' if tasks == 1 else 'tasks'}, {new} new, {len(gone)} not needed any more"
        print(f"sf-health: wrote {self.file}: {said}.", file=sys.stderr)
        return baseline


def _concerns(entry: Entry, place: Place, files: DagFiles) -> bool:
    """Whether what was read tells that the entry's task is not unguarded: its file was read as a whole, or is gone."""
    file = entry[0]
    if any(file == each or file.startswith(f"{each}/") for each in files.files):
        return file not in files.errors
    path = files.root / file
    return not path.exists() and place.has(path)
