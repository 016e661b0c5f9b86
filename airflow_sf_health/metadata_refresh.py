"""Describe objects afresh, and accept what they are now as what they should be.

No Airflow here: the operator and the command ``sf-health metadata refresh`` hand in what they have resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.evidence.memory import Memory, Whose
    from airflow_sf_health.options import Options
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.report import Cost
    from airflow_sf_health.requirements import ObjectUse
    from airflow_sf_health.schema.change import Change
    from airflow_sf_health.schema.shape import ObjectShape


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshedObject:
    """One object. ``shape`` is what it is now, None where it could not be described: then ``refusal`` says why, in Salesforce's
    words. ``changes`` are those against the former baseline, which was taken at ``before``; None: there was none.
    """

    name: str
    shape: ObjectShape | None = None
    refusal: str = ""
    changes: tuple[Change, ...] = ()
    before: pendulum.DateTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What came of a refresh.

    ``refusal``: why nothing could be described at all (a login that was refused, say), a sentence; then ``objects`` is empty.
    ``whose`` and ``username``: of whom the schemas are, as far as the login told. ``problem``: why nothing was kept, a sentence;
    empty: all objects that have a ``shape`` are kept as baselines. ``reach``: how far the memory reaches.
    """

    conn_id: str
    at: pendulum.DateTime
    cost: Cost
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


def refresh(
    connection: OrgConnection,
    objects: Sequence[ObjectUse | str],
    memory: Memory | None,
    options: Options | None = None,
) -> Refreshed:
    """Describe these objects afresh, whatever is remembered, and keep them as accepted baselines.

    :param objects: by API name; an :class:`~airflow_sf_health.requirements.ObjectUse` has the changes judged by what the task
        does with the object, a bare name only has them told.
    :param memory: None keeps nothing, and says so in ``problem``.
    :return: always; a refused login and an object that is not there are told in it. It takes no longer than
        ``connection.time_limits.examination`` seconds, and half a second to end.
    """
    raise NotImplementedError
