"""The baseline that a lint reads, or writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_sf_health.commands.console import complain
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.lint_found import Linted, Read
from airflow_sf_health.commands.lint_places import Place, listed
from airflow_sf_health.commands.writing import refuse_place, write_whole
from airflow_sf_health.enforcement.baseline import Baseline, Entry, UnusableBaseline, place_of

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
        try:
            return cls(file, Baseline.read(file))
        except UnusableBaseline as error:
            if not given:
                raise
            raise CommandError(f"the file of --baseline, {given}, cannot be used: {error.why}. {error.cure}.") from None

    def compare(self, places: Sequence[Place], *, writing: bool) -> None:
        """Tell where it seems to name its files from another folder than this lint does.

        :raises CommandError: it would be written so, with names from two folders.
        """
        if not self.baseline.entries or not all(each.is_guessed for each in places):
            return
        files = {file for file, _, _ in self.baseline.entries}
        if all(_is_gone(each.root / file) for each in places for file in files):
            folder = "Give the folder that they are named from: --dags-folder"
            said = f"none of the baseline's files is in {listed(places)}. {folder}."
            if writing:
                raise CommandError(said)
            complain(said)

    def stale(self, found: Linted) -> tuple[Entry, ...]:
        """What is guarded, waived or gone by now, of the files that this lint is about."""
        needed = {each.entry for each in found.tasks if each.status in _UNGUARDED}
        gone = (each for each in self.baseline.entries - needed if any(_concerns(each, read) for read in found.read))
        return tuple(sorted(gone))

    def write(self, found: Linted) -> Baseline:
        """Keep what this lint is not about, put the unguarded tasks in, and tell how many."""
        now = {each.entry for each in found.tasks if each.status in _UNGUARDED}
        before, gone = self.baseline.entries, set(self.stale(found))
        baseline = Baseline.of((before - gone) | now)
        if self.file is not None:
            write_whole(self.file, baseline.text())
        new, tasks = len(baseline.entries - before), len(baseline.entries)
        said = f"{tasks} {'task' if tasks == 1 else 'tasks'}, {new} new, {len(gone)} not needed any more"
        complain(f"wrote {self.file}: {said}.")
        folders = listed(each.place for each in found.read)
        complain(
            f"files are named in it relative to {folders}. Where Airflow has them from another folder, give that one: --dags-folder."
        )
        return baseline


def _concerns(entry: Entry, read: Read) -> bool:
    """Whether what was read tells that the entry's task is not unguarded: its file was read as a whole, or is gone.

    What is not in a folder that was only guessed may well be in the one that the baseline names its files from.
    """
    file, place = entry[0], read.place
    for each in read.files:
        if _is_in(file, each):
            return not any(_is_in(error.file, each) for error in read.errors)
    return not place.is_guessed and place.has(place.root / file) and _is_gone(place.root / file)


def _is_in(file: str, whole: str) -> bool:
    """Whether it is that, or something in that archive or folder."""
    return file == whole or file.startswith(f"{whole}/")


def _is_gone(path: Path) -> bool:
    """Known for sure: a folder that may not be entered, or an archive, may hold it."""
    try:
        path.lstat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False
