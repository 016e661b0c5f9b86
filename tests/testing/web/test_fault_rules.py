"""What a fault's rule may say, by chance and by mistake, in Python and from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_sf_health import cli
from airflow_sf_health.testing import FakeOrg

if TYPE_CHECKING:
    import requests

VERSIONS = "https://acme.my.salesforce.com/services/data/"


def statuses(client: requests.Session, times: int) -> list[int]:
    return [client.get(VERSIONS, timeout=10).status_code for _ in range(times)]


def by_chance(org: FakeOrg, client: requests.Session, asked: int = 20, **rule: Any) -> list[int]:
    """The statuses of so many requests under a new rule."""
    with org.fault(status=503, **rule):
        return statuses(client, asked)


def test_one_seed_makes_one_sequence(org: FakeOrg, client: requests.Session) -> None:
    """A rule with a probability meets the same requests each time it is made with the same seed, and others with another."""
    first = by_chance(org, client, probability=0.3, seed=7)
    assert 0 < first.count(503) < 20
    assert by_chance(org, client, probability=0.3, seed=7) == first
    assert by_chance(org, client, probability=0.3, seed=8) != first
    assert by_chance(org, client, probability=0.3) == by_chance(org, client, probability=0.3)


@pytest.mark.parametrize(("probability", "hits"), [(0, 0), (1, 5)])
def test_never_and_always(org: FakeOrg, client: requests.Session, probability: float, hits: int) -> None:
    """A probability of nought never meets, of one always does."""
    assert by_chance(org, client, 5, probability=probability).count(503) == hits


def test_chance_within_a_number_of_times(org: FakeOrg, client: requests.Session) -> None:
    """By chance too a rule begins at the nth request and ends once it has met its number."""
    found = by_chance(org, client, 40, probability=0.5, seed=1, nth=3, times=2)
    assert found[:2] == [200, 200]
    assert found.count(503) == 2


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"stall": "feet"}, "stall must be 'headers' or 'body'"),
        ({"truncate": 0.5}, "truncate must be 'text' or 'transfer'"),
        ({"connection": True}, "connection must be 'refused' or 'unresolvable'"),
        ({"tls": "bad"}, "tls must be 'other_ca' or"),
        ({"status": "503"}, "status must be a whole number, not '503'"),
        ({"nth": 0}, "nth must be 1 or more"),
        ({"times": "2"}, "times must be a whole number"),
        ({"times": 0}, "times must be 1 or more"),
        ({"delay": "5s"}, "delay must be a number"),
        ({"delay": -1}, "delay must be 0 or more"),
        ({"probability": 30}, "probability must be between 0 and 1"),
        ({"probability": "0.3"}, "probability must be a number"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"client": 7}, "client must be a text"),
        ({"reset": "yes"}, "reset must be true or false"),
        ({"stall": "body", "reset": True}, "stall and reset cannot go together"),
        ({"connection": "refused", "path": "/services/*"}, "cannot say path, only host and client"),
        ({"tls": "cut", "status": 503}, "cannot say status"),
        ({"tls": "cut", "connection": "refused"}, "connection and tls cannot go together"),
        ({"no_such": 1}, "no_such"),
    ],
)
def test_rules_that_make_no_sense(org: FakeOrg, rule: dict[str, Any], told: str) -> None:
    """A rule with a wrong or unknown parameter is refused when it is made, in words that name it."""
    with pytest.raises(TypeError, match=told):
        org.fault(**rule)


@pytest.mark.parametrize(
    ("pairs", "attributes"),
    [
        (["status=503", "times=2"], {"status": 503, "times": 2}),
        (["probability=0.3", "seed=7", "reset=true"], {"probability": 0.3, "seed": 7, "reset": True}),
        (["connection=refused", "host=login.*"], {"connection": "refused", "host": "login.*"}),
        (["tls=other_ca"], {"tls": "other_ca"}),
        (["truncate=transfer", "method=get"], {"truncate": "transfer", "method": "GET"}),
        (["body=login_page", "content_type=text/html"], {"body": "login_page", "content_type": "text/html"}),
        (['body=[{"own": 1}]', "status=409"], {"body": [{"own": 1}], "status": 409}),
        (["drip=1", "delay=0.5"], {"drip": 1, "delay": 0.5}),
    ],
)
def test_from_the_command_line(org: FakeOrg, pairs: list[str], attributes: dict[str, Any]) -> None:
    """Each parameter is understood as text of a command line: numbers, booleans and JSON are taken for what they are."""
    assert cli.main(["fake-org", "fault", *pairs, "--control", org.control_url]) == 0
    [fault] = org.faults
    assert {name: getattr(fault, name) for name in attributes} == attributes


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        (["statu=503"], "sf-health: No such fault: 'statu' is no parameter. Nearest: status.\n"),
        (["xyz=1"], "'xyz' is no parameter. There is: host, path, method, client, nth, times, probability, seed,"),
        (["tls=bad"], "tls must be 'other_ca' or 'other_name' or 'expired' or 'cut', not 'bad'\n"),
    ],
)
def test_mistakes_on_the_command_line(
    org: FakeOrg, capsys: pytest.CaptureFixture[str], pairs: list[str], told: str
) -> None:
    """A mistake is one line that names what is wrong, and what there is."""
    assert cli.main(["fake-org", "fault", *pairs, "--control", org.control_url]) == 2
    assert told in capsys.readouterr().err


def test_contain_from_the_command_line(org: FakeOrg, capsys: pytest.CaptureFixture[str]) -> None:
    """`contain` freezes the integration user, or the one that is named."""
    assert cli.main(["fake-org", "contain", "--control", org.control_url]) == 0
    assert [user.frozen for user in org.state.users] == [True, False]
    assert cli.main(["fake-org", "contain", "admin@acme.com", "--control", org.control_url]) == 0
    assert org.user("admin@acme.com").frozen
    assert cli.main(["fake-org", "contain", "nobody", "--control", org.control_url]) == 2
    assert capsys.readouterr().err == "sf-health: No user 'nobody' in the fake org.\n"
