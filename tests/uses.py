"""Evidence by hand on objects that a task uses: as described, as a query showed them, as they were."""

from __future__ import annotations

from typing import Any

from known import AT, HEALTHY

from airflow_sf_health.checks._trials import trials
from airflow_sf_health.checks._uses import describes, rights
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Described, MemoryFacts, Remembered, RememberedUser
from airflow_sf_health.evidence.needs import MEMORY, OWN_PERMISSION_SETS, REQUIREMENTS, RUNNING_USER, Need, Query, Row
from airflow_sf_health.evidence.rights import rights_digest
from airflow_sf_health.org.errors import Refusal, Shape, no_answer
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

SLOW = no_answer("read time limit reached")
GONE = Refusal(
    shape=Shape.REST,
    status=404,
    code="NOT_FOUND",
    message="The requested resource does not exist",
    where="description of Account",
)
SETS: tuple[Row, ...] = (
    {"PermissionSetId": "0PS1", "PermissionSet": {"Label": "Minimum Access", "IsOwnedByProfile": True}},
    {"PermissionSetId": "0PS2", "PermissionSet": {"Label": "Nightly Import", "IsOwnedByProfile": False}},
)
USER: Row = {"Id": "005Hs0000000001MAA", "ProfileId": "00e1", "IsActive": True}
RIGHTS: dict[Need[Any], Any] = {RUNNING_USER: USER, OWN_PERMISSION_SETS: SETS}
"""Of a user who may read its own permission sets."""
BOTH: dict[str, Any] = {"createable": True, "updateable": True}


def text(name: str, **facts: Any) -> FieldShape:
    return FieldShape(name=name, **{"type": "string", "label": name.removesuffix("__c"), **BOTH, **facts})


def shape(*fields: FieldShape | str, name: str = "Account", **facts: Any) -> ObjectShape:
    """An object that the user may do everything with, with an Id and these fields."""
    named = [FieldShape(name="Id", type="id", id_lookup=True), *(text(f) if isinstance(f, str) else f for f in fields)]
    return ObjectShape(name=name, **{**BOTH, "deletable": True, **facts}, fields={each.name: each for each in named})


def described(*fields: FieldShape | str, unchanged: bool = False, **facts: Any) -> Described:
    return Described(shape=shape(*fields, **facts), at=AT, unchanged=unchanged)


def no_column(name: str, sobject: str = "Account") -> Refusal:
    """Salesforce's words when a query names a column that is not there."""
    advice = "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
    words = f"SELECT {name} ^ ERROR at Row:1:Column:8 No such column '{name}' on entity '{sobject}'. {advice}"
    return Refusal(shape=Shape.REST, status=400, code="INVALID_FIELD", message=words, where=f"query on {sobject}")


def no_object(name: str = "Account") -> Refusal:
    advice = "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
    words = f"SELECT Id FROM {name} ^ ERROR at Row:1:Column:16 sObject type '{name}' is not supported. {advice}"
    return Refusal(shape=Shape.REST, status=400, code="INVALID_TYPE", message=words, where=f"query on {name}")


def malformed(words: str) -> Refusal:
    message = f"SELECT Id FROM Account LIMIT 0 ^ ERROR at Row:1:Column:24 {words}"
    return Refusal(shape=Shape.REST, status=400, code="MALFORMED_QUERY", message=message, where="query")


def no_relationship(name: str) -> Refusal:
    words = f"SELECT {name}.Name ^ ERROR at Row:1:Column:8 Didn't understand relationship '{name}' in field path."
    return Refusal(shape=Shape.REST, status=400, code="INVALID_FIELD", message=words, where="query on Account")


def looked(required: dict[str, Any], *described: Described | Refusal, **asked: Any) -> dict[Need[Any], Any]:
    """The evidence on what is required: the describes in their order (none: nothing was told), the queries by name, else as an
    org answers them that has what the describes show.
    """
    requirements = Requirements.of(required)
    queries = (*rights(requirements), *(trial for _, trial in trials(requirements) if trial is not None))
    given: dict[Need[Any], Any] = dict(zip(describes(requirements), (*described, *([SLOW] * 9)), strict=False))
    shapes = [each.shape for each in given.values() if isinstance(each, Described) and not each.unchanged]
    return {
        REQUIREMENTS: requirements,
        **{need: asked.get(need.name, _rights(need, shapes)) for need in queries},
        **given,
    }


def _rights(need: Query, shapes: list[ObjectShape]) -> Refusal | tuple[Row, ...]:
    """No row, or the first name that the describe of its object does not show."""
    names, _, after = need.soql.removeprefix("SELECT ").partition(" FROM ")
    found = (each for each in shapes if need.name.startswith("rights_") and each.name == after.removesuffix(" LIMIT 0"))
    for shape in found:
        gone = next((name for name in names.split(", ") if shape.field_of(name) is None), None)
        if gone is not None:
            hop = shape.hop(gone)
            return no_relationship(hop) if hop else no_column(gone, shape.name)
    return ()


def remembered(*shapes: ObjectShape, digest: bool = True, **user: Any) -> dict[Need[Any], Any]:
    """The rights of now, and a memory of yesterday in which the user had the same ones.

    :param digest: whether they could be read then.
    :param user: what was otherwise of the user then.
    """
    at, rights_then = AT.subtract(days=1), rights_digest(Evidence({**HEALTHY, **RIGHTS}))
    kept = {
        each.name: Remembered(
            shape=each, taken_at=at, compared_at=at, confirmed_at=at, rights=rights_then if digest else None
        )
        for each in shapes
    }
    facts = {
        "profile_id": "00e1",
        "profile_name": "Minimum Access",
        "permission_sets": {"0PS2": "Nightly Import"},
        **user,
    }
    was = RememberedUser(at=at, org_id="00D1", user_id="005Hs0000000001MAA", **facts)
    return {**RIGHTS, MEMORY: MemoryFacts(reach="this host only", snapshots=kept, user=was)}
