"""What came of describing objects afresh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.evidence.memory import Whose
    from airflow_sf_health.report.report import Cost, Report
    from airflow_sf_health.schema.change import Change
    from airflow_sf_health.schema.shape import ObjectShape


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshedObject:
    """One object. ``shape`` is what it is now, None where it could not be described: then ``refusal`` says why, in Salesforce's
    words, and ``is_gone`` whether it is not there for this user. ``changes`` are those against the former baseline, which was taken
    at ``before``; None: there was none.
    """

    name: str
    shape: ObjectShape | None = None
    refusal: str = ""
    is_gone: bool = False
    changes: tuple[Change, ...] = ()
    before: pendulum.DateTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What came of a refresh.

    ``refusal``: why nothing could be described at all (a login that was refused, say), a sentence; then ``objects`` is empty, and
    ``report`` has the causes. ``whose`` and ``username``: of whom the schemas are, as far as the login told. ``problem``: why
    nothing was kept, a sentence; empty: all objects that have a ``shape`` are kept as baselines. ``reach``: how far the memory
    reaches.
    """

    conn_id: str
    at: pendulum.DateTime
    cost: Cost
    report: Report
    refusal: str = ""
    problem: str = ""
    reach: str = ""
    whose: Whose | None = None
    username: str | None = None
    objects: tuple[RefreshedObject, ...] = ()

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the objects whose schema now is the baseline."""
        return () if self.problem else tuple(each.name for each in self.objects if each.shape is not None)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without a secret: who, when, the changes in words, and what was kept."""
        return {
            "conn_id": self.conn_id,
            "at": self.at.to_iso8601_string(),
            "org_id": self.whose.org_id if self.whose else None,
            "username": self.username,
            "memory": self.reach,
            "problem": self.problem,
            "kept": list(self.kept),
            "objects": [_object_as_dict(each) for each in self.objects],
            "api_calls": self.cost.api_calls,
        }


def _object_as_dict(found: RefreshedObject) -> dict[str, Any]:
    return {
        "name": found.name,
        "refusal": found.refusal,
        "before": found.before.to_iso8601_string() if found.before else None,
        "changes": [
            {"kind": str(each.kind), "field": each.field, "said": each.said, "breaking": each.breaking}
            for each in found.changes
        ],
    }
