"""What a task sent, as far as the task itself tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_sf_health.compat import Context

IDEMPOTENT = ("update", "delete", "hard_delete")
"""Operations that, done twice, leave the org as done once. An upsert is one by an external id, and an insert never."""
_INTO = {
    "insert": "insert into",
    "update": "update of",
    "upsert": "upsert into",
    "delete": "delete from",
    "hard_delete": "hard delete from",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One bulk load. Of a task that is no bulk operator everything but the results is unknown, and empty here."""

    conn_id: str = ""
    operation: str = ""
    object_name: str = ""
    external_id_field: str = ""
    payload: tuple[Any, ...] | None = None
    jobs: tuple[str, ...] = ()
    try_number: int = 1

    @classmethod
    def of(cls, context: Context, jobs: Iterable[str] = ()) -> Load:
        """Read it from the task, whose templates are rendered."""
        task = context["task"]
        named = {
            name: str(getattr(task, attribute, None) or "")
            for name, attribute in (
                ("conn_id", "salesforce_conn_id"),
                ("operation", "operation"),
                ("object_name", "object_name"),
                ("external_id_field", "external_id_field"),
            )
        }
        number = getattr(context["ti"], "try_number", 1)
        return cls(
            payload=_rows(getattr(task, "payload", None)),
            jobs=tuple(jobs),
            try_number=number if isinstance(number, int) else 1,
            **named,
        )

    @property
    def deletes(self) -> bool:
        return self.operation in ("delete", "hard_delete")

    @property
    def by_external_id(self) -> bool:
        return self.operation == "upsert" and self.external_id_field.lower() not in ("", "id")

    @property
    def repeatable(self) -> bool:
        """Whether sending the same rows again can make no second record of one."""
        return self.operation in IDEMPOTENT or self.by_external_id

    @property
    def words(self) -> str:
        """``insert into Account``."""
        if not self.operation:
            return "load"
        return f"{_INTO.get(self.operation, self.operation)} {self.object_name}".rstrip()

    def row(self, number: int) -> Mapping[str, Any] | None:
        """The row that was sent, counted from 1; None where it is not known."""
        if self.payload is None or number > len(self.payload):
            return None
        row = self.payload[number - 1]
        return row if isinstance(row, Mapping) else None


def _rows(payload: Any) -> tuple[Any, ...] | None:
    """A list, or what a mapped task gave, which is read from XCom row by row."""
    if payload is None or isinstance(payload, str | bytes | Mapping):
        return None
    try:
        return tuple(payload)
    except Exception:  # noqa: BLE001 - read from XCom only now, which may be away; the rows were sent all the same
        return None
