"""Options: the choices of an examination."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_sf_health import Options
from airflow_sf_health.errors import OptionsError


@pytest.mark.parametrize(
    "given", [{}, {"on_undetermined": "fail"}, {"reauthenticate": False, "on_undetermined": "proceed"}]
)
def test_round_trip(given: dict[str, Any]) -> None:
    """The choices made are written as JSON and read back; what was left open is not written."""
    options = Options(**given)
    assert options.as_dict() == given
    assert Options.of(json.loads(json.dumps(given))) == options


def test_defaults_fill_what_was_left_open() -> None:
    """A choice stays; what was left open takes the site's default, else ours."""
    site: dict[str, Any] = {"on_undetermined": "fail", "reauthenticate": False, "trust_status": True}
    assert Options().filled() == Options(on_undetermined="retry", reauthenticate=True, trust_status=False)
    assert Options().filled(**site) == Options(**site)
    chosen = Options(on_undetermined="proceed", reauthenticate=True, trust_status=False)
    assert chosen.filled(**site) == chosen


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"on_undetermined": "ignore"}, "'on_undetermined' is 'ignore'. It takes one of retry, fail, proceed."),
        ({"on_undetermined": ["fail"]}, "It takes one of"),
        ({"reauthenticate": "no"}, "'reauthenticate' must be true or false, and is 'no'"),
        ({"reauthenticate": 1}, "must be true or false"),
        ({"trust_status": "yes"}, "'trust_status' must be true or false, and is 'yes'"),
        ({"reauthenticat": True}, "Did you mean 'reauthenticate'?"),
        (True, "is of type bool"),
    ],
)
def test_slips(given: Any, words: str) -> None:
    """A wrong key or value is refused with the field and what it takes."""
    with pytest.raises(OptionsError) as raised:
        Options.of(given)
    assert words in str(raised.value)
