"""One field before and after."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_sf_health.schema._uses import FieldUse
from airflow_sf_health.schema.change import Change, Kind
from airflow_sf_health.schema.shape import FieldShape

__all__ = ["Pair"]


@dataclass(slots=True)
class Pair:
    """A field as it was and as it is, under one name, and what the task does with it. Not frozen, which takes longer to make."""

    sobject: str
    before: FieldShape
    after: FieldShape
    use: FieldUse

    @property
    def name(self) -> str:
        return f"{self.sobject}.{self.before.name}"

    @property
    def retyped(self) -> bool:
        return self.before.type != self.after.type

    def lost(self, flag: str) -> bool:
        return bool(getattr(self.before, flag)) and not getattr(self.after, flag)

    def change(
        self,
        kind: Kind,
        said: str,
        *,
        breaking: bool = False,
        notable: bool = False,
        advice: str = "",
        regain: str = "",
        guess: str | None = None,
    ) -> Change:
        """A change of this field, ``said`` without its name; advice is given where it is needed."""
        return Change(
            kind=kind,
            sobject=self.sobject,
            field=self.before.name,
            said=f"{self.sobject}.{self.before.name} {said}",
            breaking=breaking,
            notable=notable and not breaking,
            used=self.use.used,
            advice=advice if breaking or notable else "",
            regain=regain if breaking else "",
            guess=guess,
        )
