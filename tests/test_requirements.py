"""Requirements, and options: what may be asked and chosen, from Python or from a dict, with errors that help."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from airflow_sf_health import Requirements
from airflow_sf_health.errors import ConfigurationError, RequirementsError

ALL: dict[str, Any] = {
    "api_only": True,
    "org_id": "00DHs0000000001MAA",
    "sandbox": False,
    "user_license": "Salesforce Integration",
    "writes": False,
    "permission_set_licenses": ["SalesforceAPIIntegrationPsl"],
    "packages": ["acme", "npsp"],
}


@pytest.mark.parametrize("given", [{}, ALL, {"sandbox": False}, {"org_id": "00DHs0000000001"}])
def test_round_trip(given: dict[str, Any]) -> None:
    """What was asked is written as JSON and read back; what was not asked is not written."""
    requirements = Requirements(**given)
    assert requirements.as_dict() == given
    assert Requirements.of(json.loads(json.dumps(requirements.as_dict()))) == requirements


def test_lists_and_tuples() -> None:
    """What JSON makes a list is a tuple in the value, so that it can be compared and cannot be changed."""
    assert Requirements.of({"packages": ["acme"]}) == Requirements(packages=("acme",))
    assert hash(Requirements(packages=["acme"])) == hash(Requirements(packages=("acme",)))  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [None, {}, Requirements(), {"packages": []}, {"permission_set_licenses": ()}])
def test_nothing_asked(given: Any) -> None:
    """None, an empty dict and an empty value ask the same: nothing."""
    assert Requirements.of(given) == Requirements()


def test_value_is_taken_as_it_is() -> None:
    """A value that is one already is given back, and cannot be changed."""
    requirements = Requirements(sandbox=True)
    assert Requirements.of(requirements) is requirements
    with pytest.raises(FrozenInstanceError):
        requirements.sandbox = False  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"api_onyl": True}, "there is no 'api_onyl'. Did you mean 'api_only'?"),
        ({"zzz": 1}, "Known are objects, queries, owners, records, audit_fields"),
        ({7: 1}, "there is no '7'"),
        ({"api_only": "yes"}, "'api_only' must be true or false, and is 'yes'"),
        ({"sandbox": 1}, "'sandbox' must be true or false, and is 1"),
        ({"org_id": 7}, "'org_id' must be a text"),
        ({"user_license": ["x"]}, "'user_license' must be a text"),
        ({"writes": "no"}, "'writes' must be true or false"),
        ({"packages": "acme"}, "'packages' is the text 'acme'. Write a list: ['acme']."),
        ({"permission_set_licenses": "A"}, "'permission_set_licenses' is the text 'A'"),
        ({"packages": {"acme"}}, "'packages' must be a list of texts"),
        ({"packages": ["acme", 7]}, "'packages' must hold names, and holds 7"),
        ({"packages": [" "]}, "'packages' must hold names, and holds ' '"),
        ({"org_id": "acme"}, "'acme', which is no org id (00D…, 15 or 18 characters)"),
        ({"org_id": "00D1"}, "no org id"),
        ({"org_id": "005Hs0000000001MAA"}, "no org id"),
        ("sandbox", "Requirements must be a Requirements or a dict, and is of type str"),
        ([("sandbox", True)], "is of type list"),
    ],
)
def test_slips(given: Any, words: str) -> None:
    """A wrong key or value is refused with the field and the nearest right one."""
    with pytest.raises(RequirementsError) as raised:
        Requirements.of(given)
    assert words in str(raised.value)
    assert isinstance(raised.value, ConfigurationError)
