"""Each object that the task uses: as it was described just now, as the lock file has it, and as it is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from airflow_sf_health.checks._absence import is_absence
from airflow_sf_health.checks._uses import describe_of
from airflow_sf_health.checks._words import listed, minute
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Described, Remembered
from airflow_sf_health.evidence.needs import LOCK, MEMORY, REQUIREMENTS
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.change import Change
from airflow_sf_health.schema.drift import changes
from airflow_sf_health.schema.shape import ObjectShape
from airflow_sf_health.schema.uses import use_of, uses

T = TypeVar("T")


@dataclass(frozen=True, eq=False, kw_only=True)
class Schema:
    """One object; ``refusal`` says why it was not described. What is compared with goes by the lock file where there is one, since
    that is what the mapping was made for.
    """

    use: ObjectUse
    described: Described | None
    refusal: Refusal | None
    locked: ObjectShape | None
    remembered: Remembered | None

    @property
    def baseline(self) -> ObjectShape | None:
        return self.locked or (self.remembered.shape if self.remembered is not None else None)

    @property
    def now(self) -> ObjectShape | None:
        return self.described.shape if self.described is not None else None

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What differs from the baseline; nothing where there is none, or where the object was neither described nor is gone."""
        if self.baseline is None or (self.described is None and not self.is_gone):
            return ()
        return changes(self.baseline, self.now, self.use)

    @property
    def is_broken(self) -> bool:
        """Whether something that the task uses has changed so that it fails."""
        return any(each.breaking for each in self.changes)

    @property
    def is_as_remembered(self) -> bool:
        """Whether it was described, and nothing at all has changed since the snapshot."""
        if self.described is None or self.remembered is None:
            return False
        return self.described.unchanged or self.described.shape == self.remembered.shape

    def guess(self, name: str) -> str | None:
        """The likely new name of a field that went, by API name; of one that is there, of the relationship over it."""
        renamed = (each for each in self.changes if each.guess and (each.field or "").casefold() == name.casefold())
        return next((each.guess for each in renamed), None)

    @property
    def is_gone(self) -> bool:
        return self.refusal is not None and is_absence(self.refusal)

    @property
    def compared_with(self) -> str:
        """``the lock file``, ``the snapshot of 2026-11-21 02:00 UTC``."""
        if self.locked is not None or self.remembered is None:
            return "the lock file"
        return f"the snapshot of {minute(self.remembered.taken_at)}"


def schemas(evidence: Evidence) -> Iterator[Schema]:
    """Each object that the task uses, with what its queries select: those that are named, in their order, then the others."""
    for use in uses(evidence[REQUIREMENTS]):
        yield schema_of(evidence, use)


def schema_of(evidence: Evidence, use: ObjectUse) -> Schema:
    """The one of this object."""
    lock = evidence[LOCK]
    locked = named(lock.objects, use.name) if lock is not None else None
    return Schema(
        use=use,
        described=evidence.get(describe_of(use)),
        refusal=evidence.refusal(describe_of(use)),
        locked=locked.shape if locked is not None else None,
        remembered=named(evidence[MEMORY].snapshots, use.name),
    )


def schema_named(evidence: Evidence, sobject: str) -> Schema | None:
    """The one of an object, where the task uses it."""
    use = use_of(evidence[REQUIREMENTS], sobject)
    return schema_of(evidence, use) if use is not None else None


def not_known(found: Sequence[Schema], evidence: Evidence, what: str) -> Finding:
    """The finding on objects that cannot be judged; ``what`` is said of those that nothing is remembered of."""
    memory = evidence[MEMORY]
    refused: dict[str, list[str]] = {}
    for each in found:
        if each.refusal is not None:
            refused.setdefault(each.refusal.said, []).append(each.use.name)
    new = listed([each.use.name for each in found if each.refusal is None and each.use.name not in memory.damaged])
    parts = [f"{listed(names)} could not be described: {said}" for said, names in refused.items()]
    broken = [each.use.name for each in found if each.refusal is None and each.use.name in memory.damaged]
    if broken:
        parts.append(f"the baseline of {listed(broken)} is damaged, and taken anew by a look that can be kept")
    if new and memory.reach:
        parts.append(f"no baseline of {new} before this look")
    elif new:
        why = memory.problem.rstrip(".") or "nothing is remembered of earlier looks, and no lock file was given"
        parts.append(f"{what} {new}: {why}")
    return Finding(level=Level.UNKNOWN, summary="; ".join(parts))


def named(values: Mapping[str, T], name: str) -> T | None:
    """The value of this API name, in any case."""
    return next((value for each, value in values.items() if each.casefold() == name.casefold()), None)
