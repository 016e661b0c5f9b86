"""More objects than the default org has, and what a task asks of them."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.checks._owners import queue_queries, support_queries, user_queries
from airflow_sf_health.checks._uses import describes, rights
from airflow_sf_health.evidence.needs import Need, Query
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.people import Rights
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, audit_fields, identity_fields


def add_objects(org: FakeOrg, number: int) -> list[str]:
    """Give the org so many objects that the integration user may read and write, and their names."""
    names = [f"Thing{n}__c" for n in range(1, number + 1)]
    allowed = next(each for each in org.state.permission_sets if "Account" in each.objects)
    for n, name in enumerate(names, 1):
        spec = ObjectSpec(name, f"a{n:02}", label=f"Thing {n}")
        own = (FieldSpec("Name", name_field=True), FieldSpec("Code__c", length=40), FieldSpec("Size__c", length=80))
        for each in (*identity_fields(f"Thing {n}"), *own, *audit_fields()):
            spec.fields[each.name] = each
        org.state.schema[name] = spec
        allowed.objects[name] = Rights()
    return names


def reading(*names: str, **more: Any) -> Requirements:
    """A task that reads these objects."""
    return Requirements.of({"objects": {name: {"read": ["Id", "Name"]} for name in names}, **more})


def asked_for(requirements: Requirements) -> list[Need[Any]]:
    """What these requirements ask of the org beside the first questions."""
    queries = [Query(f"query_{n}", soql, late=True) for n, soql in enumerate(requirements.queries or (), 1)]
    owners = (*user_queries(requirements), *queue_queries(requirements), *support_queries(requirements))
    return [*rights(requirements), *describes(requirements), *queries, *owners]
