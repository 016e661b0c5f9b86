"""The name that was likely meant."""

from __future__ import annotations

import pytest

from airflow_sf_health.schema.suggest import core, nearest, similarity

KNOWN = ("Id", "Name", "Phone", "OwnerId", "Region__c", "acme__Region__c", "acme__Due_Date__c", "AmountDue__c", "Site")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("phone", "Phone"),
        ("Phnoe", "Phone"),
        ("Region", "Region__c"),
        ("region__C", "Region__c"),
        ("beta__Region__c", "Region__c"),
        ("acme__Region", "acme__Region__c"),
        ("Due_Date__c", "acme__Due_Date__c"),
        ("DueDate", "acme__Due_Date__c"),
        ("Amount_Due__c", "AmountDue__c"),
        ("Owner", "OwnerId"),
        ("NameId", "Name"),
        ("Regoin__c", "Region__c"),
        ("City", None),
        ("Zzz__c", None),
        ("", None),
        ("__c", None),
    ],
)
def test_nearest(name: str, near: str | None) -> None:
    """A name that differs in case, suffix, namespace or underscores alone goes before one that is spelled alike."""
    assert nearest(name, KNOWN) == near


def test_nothing_known() -> None:
    """Among no names there is none."""
    assert nearest("Name", []) is None


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("acme__Region_Code__c", "regioncode"),
        ("Region_Code__c", "regioncode"),
        ("RegionCode", "regioncode"),
        ("my_ns__Foo__mdt", "foo"),
        ("Owner__r", "owner"),
    ],
)
def test_core(name: str, bare: str) -> None:
    """Of a name its own words are left."""
    assert core(name) == bare


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("phone", "phone", True),
        ("amount", "amountdue", True),
        ("colour", "color", True),
        ("phone", "fax", False),
        ("a", "", False),
    ],
)
def test_similarity(one: str, other: str, alike: bool) -> None:
    """Names that share most of their letters in order are alike."""
    assert (similarity(one, other) >= 0.6) is alike
    assert similarity(one, other) == similarity(other, one)
