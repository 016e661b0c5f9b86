"""Options: the choices of an examination."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from airflow_sf_health import Options
from airflow_sf_health.errors import OptionsError
from airflow_sf_health.options import OWN_DEFAULTS


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
    site = Options(on_undetermined="fail", reauthenticate=False, trust_status=True, max_age=60, compare_every=0)
    site = site.filled()
    assert Options().filled() == OWN_DEFAULTS
    assert Options().filled(site) == site
    assert Options(on_undetermined="proceed", max_age=0).filled(site) == replace(
        site, on_undetermined="proceed", max_age=0
    )


def test_a_span_may_be_a_timedelta() -> None:
    """Seconds are what is kept, and written as JSON."""
    assert Options.of({"max_age": timedelta(hours=1)}).as_dict() == {"max_age": 3600.0}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"on_undetermined": "ignore"}, "'on_undetermined' is 'ignore'. It takes one of retry, fail, proceed."),
        ({"on_undetermined": ["fail"]}, "It takes one of"),
        ({"reauthenticate": "no"}, "'reauthenticate' must be true or false, and is 'no'"),
        ({"reauthenticate": 1}, "must be true or false"),
        ({"trust_status": "yes"}, "'trust_status' must be true or false, and is 'yes'"),
        ({"on_stale": "ignore"}, "'on_stale' is 'ignore'. It takes one of refresh, warn, fail."),
        ({"on_drift": True}, "It takes one of fail_if_breaking, fail, warn."),
        ({"max_age": -1}, "'max_age' must be a number of seconds from 0 up, or a timedelta, and is -1"),
        ({"max_age": 10**400}, "must be a number of seconds from 0 up, or a timedelta"),
        ({"compare_every": "1h"}, "'compare_every' must be a number of seconds"),
        ({"max_age": True}, "must be a number of seconds"),
        ({"reauthenticat": True}, "Did you mean 'reauthenticate'?"),
        (True, "is of type bool"),
    ],
)
def test_slips(given: Any, words: str) -> None:
    """A wrong key or value is refused with the field and what it takes."""
    with pytest.raises(OptionsError) as raised:
        Options.of(given)
    assert words in str(raised.value)
