"""Describes that take their time."""

from __future__ import annotations

import pytest
import requests

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.call import Call
from airflow_sf_health.testing.context import Timing
from airflow_sf_health.testing.direct import Direct


def seconds(timing: Timing, path: str, body: object = None) -> float:
    """What a call would take."""
    client = Direct()
    return timing.of(Call(client.state, client.user, "62.0", "GET", path, {}, {}, body))


def part(path: str) -> dict[str, str]:
    return {"referenceId": "a", "method": "GET", "url": f"/services/data/v62.0/{path}"}


def test_a_slow_describe_is_slow_alone_and_in_company() -> None:
    """By itself and as a part, whatever the case of its name; other objects and resources are not."""
    timing = Timing(part_latency=1.0, describe_latency={"Account": 35.0})
    assert seconds(timing, "sobjects/account/describe") == 35
    assert seconds(timing, "sobjects/Lead/describe") == 0
    assert seconds(timing, "sobjects/Account") == 0
    parts = [part("sobjects/Account/describe"), part("query?q=SELECT+Id+FROM+Account"), {"url": None}, "none"]
    assert seconds(timing, "composite", {"compositeRequest": parts}) == 38
    assert seconds(timing, "composite", b"{") == 0


def test_others_do_not_wait_for_it(org: FakeOrg, client: requests.Session) -> None:
    """While one describe takes its time, the org answers what else it is asked."""
    org.describe_latency["Account"] = 3_600
    sobjects = f"https://{org.state.org.host}/services/data/v62.0/sobjects"
    with pytest.raises(requests.ReadTimeout):
        client.get(f"{sobjects}/Account/describe", timeout=(30, 0.1))
    assert client.get(f"{sobjects}/Lead/describe", timeout=30).status_code == 200


def test_a_reset_ends_it(org: FakeOrg) -> None:
    """A new org is quick."""
    org.describe_latency["Account"] = 35
    org.reset()
    assert org.describe_latency == {}
