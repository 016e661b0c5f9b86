"""One login for all hooks: of several processes and threads, and when the session dies in the middle of a long task."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession
from workers import at_once, workers

from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.testing import FakeOrg

Connect = Callable[..., None]
QUERY = "SELECT Id FROM Account"
SETUP = "from airflow_sf_health.hooks.salesforce import SalesforceHealthHook"
ASKS = f"SalesforceHealthHook('crm_prod').get_conn().query({QUERY!r})['totalSize'] > 0"
DEFAULTS = {"PASS_TTL": "60", "TOKEN_TTL": "1800", "REFUSAL_TTL": "60"}


@pytest.fixture(autouse=True)
def _shared(crm_prod: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """As at a site that has chosen nothing."""
    for name, seconds in DEFAULTS.items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", seconds)


def client(**arguments: Any) -> Any:
    """A client as another task would get it."""
    return SalesforceHealthHook("crm_prod", **arguments).get_conn()


def logins(org: FakeOrg) -> int:
    return org.counts().logins


# One login in all


@pytest.mark.parametrize(
    "flow", ["jwt", "client_credentials", "password", "soap_token", "soap_organization", "refresh_token"]
)
def test_the_second_hook_makes_no_login(org: FakeOrg, crm_prod: Connect, flow: str) -> None:
    """By each flow that logs in, the token of the first is good for the next."""
    crm_prod(flow)
    for _ in range(3):
        assert client().query(QUERY)["totalSize"] > 0
    assert logins(org) == 1


def test_processes_and_threads_share_one_login(org: FakeOrg) -> None:
    """Three processes that begin at the same time, four threads each, ask by twelve clients: one of them logs in."""
    threads = f"list(ThreadPoolExecutor(4).map(lambda _: {ASKS}, range(4)))"
    with workers(3, f"{SETUP}\nfrom concurrent.futures import ThreadPoolExecutor") as started:
        assert at_once(started, threads) == [[True] * 4] * 3
    assert logins(org) == 1


def test_another_user_has_another_login(org: FakeOrg, crm_prod: Connect) -> None:
    """A connection that was edited shares nothing with what it was."""
    client()
    crm_prod("password")
    client()
    crm_prod("password", username="admin@acme.com")
    client()
    assert logins(org) == 3


def test_a_describe_cache_knows_whose_a_shared_token_is(org: FakeOrg) -> None:
    """The login is another hook's, and the describe is of its user."""
    first = SalesforceHealthHook("crm_prod", cache_metadata=True).describe_object("Account")
    again = SalesforceHealthHook("crm_prod", cache_metadata=True).describe_object("Account")
    assert first == again
    assert org.counts().api_calls == 1
    assert logins(org) == 1


# Which share


@pytest.mark.parametrize(("egress", "number"), [(("east", "west"), 2), (("east", "east"), 1), (("", "east"), 2)])
def test_two_ways_to_the_internet_share_nothing(org: FakeOrg, egress: tuple[str, str], number: int) -> None:
    """Processes whose sites declare another egress each log in and examine for themselves; by the same name they are one."""
    looks = "str(SalesforceHealthHook('crm_prod').examine().verdict)"
    for each in egress:
        with workers(1, SETUP, {"AIRFLOW__SF_HEALTH__EGRESS": each}) as started:
            assert at_once(started, ASKS) == [True]
            assert at_once(started, looks) == ["healthy"]
    assert logins(org) == number
    assert sum(each.path.endswith("/composite") for each in org.requests()) == number


# What shares nothing


def test_a_session_argument_shares_nothing(org: FakeOrg, crm_prod: Connect) -> None:
    """Neither is the given session kept, nor what it is replaced by; and none of the others' is taken for it."""
    ready = org.connection("session")["extra"]
    crm_prod("jwt", instance_url=ready["instance_url"])
    org.expire_sessions()
    for _ in range(2):
        assert client(session_id=ready["session_id"]).query(QUERY)["totalSize"] > 0
    assert logins(org) == 2
    crm_prod("jwt")
    client().query(QUERY)
    assert logins(org) == 3


def test_a_session_of_the_callers_own_shares_nothing(org: FakeOrg) -> None:
    """It may go by another address, for which the token is not good."""
    client()
    client(session=requests.Session())
    assert logins(org) == 2


@pytest.mark.parametrize("store", ["none", "damaged", "not there"])
def test_without_a_store_each_hook_logs_in(
    org: FakeOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    """As before: what cannot be shared is no trouble, neither at the login nor when the session dies."""
    (tmp_path / "damaged").write_bytes(b"no database at all " * 500)
    place = {"none": "none", "damaged": f"sqlite:///{tmp_path}/damaged", "not there": "postgresql://127.0.0.1:9/sf"}
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", place[store])
    first, second = client(), client()
    assert logins(org) == 2
    org.expire_sessions()
    assert first.query(QUERY)["totalSize"] == second.query(QUERY)["totalSize"] > 0
    assert logins(org) == 4


# A session that dies


def insert(one: Any) -> bool:
    [result] = one.bulk.Account.insert([{"Name": "New Ltd"}])
    return bool(result["success"])


LOOPS: dict[str, Callable[[Any], Any]] = {
    "describe": lambda one: one.Account.describe()["fields"],
    "query": lambda one: one.query(QUERY)["totalSize"],
    "bulk": insert,
}


@pytest.mark.parametrize("kind", LOOPS)
def test_a_loop_goes_on_when_its_session_dies(org: FakeOrg, kind: str) -> None:
    """The session ends before the tenth of twenty calls: all twenty are answered, by one further login, which is the others' too."""
    one = client()
    for number in range(20):
        if number == 10:
            org.expire_sessions()
        assert LOOPS[kind](one)
    assert logins(org) == 2
    assert client().query(QUERY)["totalSize"] > 0
    with workers(1, SETUP) as started:
        assert at_once(started, ASKS) == [True]
    assert logins(org) == 2


def test_all_loops_under_way_take_one_new_login(org: FakeOrg) -> None:
    """Eight tasks hold the token that dies; the first to meet it logs in, the others take what it got."""
    clients = [client() for _ in range(8)]
    org.expire_sessions()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda one: one.query(QUERY)["totalSize"], clients))
    assert logins(org) == 2
    assert all(LOOPS["describe"](one) for one in clients)
    assert logins(org) == 2


def test_a_dead_token_of_the_store_is_replaced(org: FakeOrg) -> None:
    """A task that takes a token which has died in the store makes one login, and others take that."""
    client()
    org.expire_sessions()
    assert client().query(QUERY)["totalSize"] > 0
    assert client().query(QUERY)["totalSize"] > 0
    assert logins(org) == 2


def test_a_session_that_stays_refused_ends_the_calls(org: FakeOrg) -> None:
    """A shared token that is refused by policy costs one login, as a token of one's own does."""
    client()
    with org.fault(path="/services/data/*", status=401), pytest.raises(SalesforceExpiredSession):
        client().Account.describe()
    assert logins(org) == 2


# A login that is refused


def test_a_refused_login_is_not_made_again_at_once(org: FakeOrg) -> None:
    """The next hook raises the first one's error, says when that was and when it will be tried, and sends nothing."""
    org.user().active = False
    with pytest.raises(SalesforceAuthenticationFailed, match="inactive user"):
        client()
    before = org.counts().http_requests
    with pytest.raises(
        SalesforceAuthenticationFailed,
        match=r"inactive user, first at .* UTC; next real login attempt not before .* UTC",
    ):
        client()
    assert org.counts().http_requests == before


# What is masked


def test_each_token_is_masked_before_it_is_used(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the login, that of the store, and the one that replaces it; at the moment at which a request first carries it."""
    masked: list[str] = []
    monkeypatch.setattr("airflow_sf_health.compat.mask_secret", lambda secret, *_: masked.append(secret))
    one, other = client(), client()
    tokens = set(org.context.sessions._live)
    assert [masked.count(each) for each in tokens] == [2]
    org.expire_sessions()
    one.query(QUERY)
    other.query(QUERY)
    assert [masked.count(each) for each in org.context.sessions._live] == [2]
