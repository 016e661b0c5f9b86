"""The one resource of the User Interface API that is served: ``ui-api/object-info/<object>``."""

from __future__ import annotations

from airflow_sf_health.testing.call import Call, Reply, not_found
from airflow_sf_health.testing.errors import ApiError


def object_info(call: Call, object_name: str) -> Reply:
    """The head of an object's description (documented keys, a selection).

    :raises ApiError: 404 for an object that does not exist, and 403 for one that is hidden, unlike in describe.
    """
    sight = call.sight
    spec = sight.object(object_name)
    if spec is None and object_name in call.state.schema:
        # captured
        message = "You don't have access to this record. Ask your administrator for help or to request access."
        raise ApiError(403, "INSUFFICIENT_ACCESS", message)
    if spec is None:
        raise not_found()
    rights = sight.rights(spec)
    may = {"createable": rights.create, "updateable": rights.edit, "deletable": rights.delete, "queryable": True}
    names = {"apiName": spec.name, "label": spec.label, "labelPlural": spec.label_plural, "keyPrefix": spec.key_prefix}
    return Reply(body={**names, **may, "custom": spec.custom})
