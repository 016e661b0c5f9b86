"""Who may own a row, and the refusal of who may not."""

from __future__ import annotations

from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.ids import same_id
from airflow_sf_health.testing.schema import ObjectSpec
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.state import Row

QUEUE = "00G"


def check_owner(sight: Sight, spec: ObjectSpec, row: Row, existing: Row | None) -> None:
    """An inactive owner is refused, also where it is the owner already, unless the user may update such rows.

    :raises ApiError: 400 with the refusal.
    """
    owner_id = row.get("OwnerId") or (existing or {}).get("OwnerId")
    if "OwnerId" not in spec.fields or owner_id is None:
        return
    if str(owner_id).startswith(QUEUE):
        _check_queue(sight, spec, owner_id)
    else:
        _check_user(sight, spec, owner_id, new=existing is None)


def _check_user(sight: Sight, spec: ObjectSpec, owner_id: str, *, new: bool) -> None:
    owner = next((user for user in sight.state.users if same_id(user.id, owner_id)), None)
    if owner is None:
        raise _unknown(owner_id)
    tolerated = not new and sight.state.org.audit_fields_enabled and sight.may("UpdateWithInactiveOwner")
    if not owner.active and not tolerated:
        # captured; the status is inferred
        message = f"operation performed with inactive user [{owner.id[:15]}] as owner of {spec.label.lower()}"
        raise ApiError(400, "INACTIVE_OWNER_OR_USER", message, [])


def _check_queue(sight: Sight, spec: ObjectSpec, queue_id: str) -> None:
    queue = next((queue for queue in sight.state.queues if same_id(queue.id, queue_id)), None)
    if queue is None:
        raise _unknown(queue_id)
    if spec.name not in queue.objects:
        raise ApiError(400, "INVALID_OPERATION", "Queue not associated with this SObject type", [])  # reported


def _unknown(owner_id: str) -> ApiError:
    """Captured; the status is inferred."""
    message = f"insufficient access rights on cross-reference id: {owner_id[:15]}"
    return ApiError(400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, [])
