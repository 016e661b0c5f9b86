"""The owners that a task assigns records to: what is asked of the org about them, and what it answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import Query, Row
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.spelling import OwnerForm, owner_form

OWNERS_PER_QUERY = 200
LONGEST_LIST = 9_000
"""Characters of one list of names. Percent-encoded it is a half longer, and an address may have 16,384 bytes."""
ASSIGNED = ("insert", "update", "upsert")
"""The operations that can give a record an owner."""
OWNER = "ownerid"
OWNER_PATHS = ("owner.", "owner:")
"""How a path begins that gives the owner by an external id of its own."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The owners of one kind, as the requirements name them."""

    ids: tuple[str, ...]
    names: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        return iter((*self.ids, *self.names))

    def __bool__(self) -> bool:
        return bool(self.ids or self.names)


def users(requirements: Requirements) -> Listed:
    """Those that are user ids or user names."""
    return _of_form(requirements, "user id", "username")


def queues(requirements: Requirements) -> Listed:
    """Those that are ids of groups or developer names of queues."""
    return _of_form(requirements, "queue id", "queue name")


def _of_form(requirements: Requirements, by_id: OwnerForm, by_name: OwnerForm) -> Listed:
    forms = {each: owner_form(each) for each in requirements.owners or ()}
    ids, names = ([each for each, form in forms.items() if form == wanted] for wanted in (by_id, by_name))
    return Listed(tuple(ids), tuple(names))


def user_queries(requirements: Requirements) -> tuple[Query, ...]:
    """One query for each 200 users."""
    select = "SELECT Id, Username, Name, IsActive FROM User"
    return _queries("owners", select, users(requirements), "Id", "Username")


def queue_queries(requirements: Requirements) -> tuple[Query, ...]:
    """One query for each 200 queues."""
    return _queries("queues", "SELECT Id, DeveloperName, Type FROM Group", queues(requirements), "Id", "DeveloperName")


def support_queries(requirements: Requirements) -> tuple[Query, ...]:
    """Which of the objects the queues may own, where objects are named that the task assigns."""
    uses = assigned(requirements)
    if not uses:
        return ()
    select, only = (
        "SELECT QueueId, SobjectType FROM QueueSobject",
        _condition("SobjectType", [use.name for use in uses]),
    )
    return _queries("queue_objects", select, queues(requirements), "QueueId", "Queue.DeveloperName", only)


def assigned(requirements: Requirements) -> tuple[ObjectUse, ...]:
    """The objects whose records get an owner."""
    return tuple(dict.fromkeys(use for use, _ in _assigning(requirements)))


def only_updates(requirements: Requirements) -> bool:
    """Whether the task says that it assigns owners to records that are there already, and not to new ones."""
    return {operation for _, operation in _assigning(requirements)} == {"update"}


def _assigning(requirements: Requirements) -> list[tuple[ObjectUse, str]]:
    """What is done with which object where an owner is set: where OwnerId is written or no field is named; anything that is written
    where nothing says OwnerId.
    """
    written = [
        (use, each, [name.casefold() for name in getattr(use, each)])
        for use in requirements.objects or ()
        for each in ASSIGNED
        if getattr(use, each) is not None
    ]
    says_so = any(_names_owner(names) for _, _, names in written)
    return [(use, each) for use, each, names in written if not says_so or not names or _names_owner(names)]


def sets_owner(use: ObjectUse) -> bool | None:
    """Whether the fields that it writes name the owner; None where an operation names no field."""
    lists = [[name.casefold() for name in names] for each in ASSIGNED if (names := getattr(use, each)) is not None]
    if any(map(_names_owner, lists)):
        return True
    return False if all(lists) else None


def _names_owner(names: Sequence[str]) -> bool:
    return any(each == OWNER or each.startswith(OWNER_PATHS) for each in names)


def found(evidence: Evidence, queries: Iterable[Query]) -> tuple[Row, ...]:
    """The rows of all the queries.

    :raises Unavailable: one of them was refused.
    """
    return tuple(row for query in queries for row in evidence[query])


def named(owner: str, rows: Sequence[Row], field: str) -> Row | None:
    """The row that an id or a name means; an id of 15 characters is one of 18, and names have no case."""
    if owner_form(owner) in ("user id", "queue id"):
        return next((row for row in rows if str(row.get("Id"))[:15] == owner[:15]), None)
    return next((row for row in rows if str(row.get(field)).casefold() == owner.casefold()), None)


def _queries(name: str, select: str, listed: Listed, by_id: str, by_name: str, only: str = "") -> tuple[Query, ...]:
    texts = []
    for chunk in _chunks(tuple(listed)):
        ids, names = [each for each in chunk if each in listed.ids], [each for each in chunk if each in listed.names]
        either = " OR ".join(_condition(field, part) for field, part in ((by_id, ids), (by_name, names)) if part)
        texts.append(f"{select} WHERE {f'{only} AND ({either})' if only else either}")
    names_of = (name if number == 1 else f"{name}_{number}" for number in range(1, len(texts) + 1))
    return tuple(Query(each, text, late=True) for each, text in zip(names_of, texts, strict=True))


def _condition(field: str, values: Sequence[str]) -> str:
    return f"{field} IN ({','.join(_quoted(each) for each in values)})"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _chunks(values: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    length = 0
    for value in values:
        longer = length + len(_quoted(value)) + 1
        if chunk and (len(chunk) == OWNERS_PER_QUERY or longer > LONGEST_LIST):
            yield chunk
            chunk, longer = [], len(_quoted(value)) + 1
        chunk, length = [*chunk, value], longer
    if chunk:
        yield chunk
