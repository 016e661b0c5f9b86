"""One re-login between two good replies, for every way to call; never more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import requests
from answers import DEAD, GOOD, Answers
from connecting import LOGIN_FLOWS, connect, connect_by_session, fields_of
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceError,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
)

from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.fields import TimeLimits
from airflow_sf_health.org.guarded_session import MOST_RENEWALS, GuardedSession, Renewed, in_words
from airflow_sf_health.org.secret import Secret
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.transport import Traffic
from airflow_sf_health.testing import FakeOrg

Begin = Callable[[OrgConnection], OrgSession]
Call = Callable[[Salesforce, str], Any]

CALLS: dict[str, Call] = {
    "restful": lambda sf, _: sf.restful("sobjects"),
    "query": lambda sf, _: sf.query("SELECT Id FROM Account LIMIT 1"),
    "describe": lambda sf, _: sf.Account.describe(),
    "get": lambda sf, account: sf.Account.get(account),
    "update": lambda sf, account: sf.Account.update(account, {"Industry": "Energy"}),
    "create": lambda sf, _: sf.Account.create({"Name": "Acme"}),
    "bulk": lambda sf, _: sf.bulk.Account.insert([{"Name": "Acme"}]),
    "bulk_query": lambda sf, _: sf.bulk.Account.query("SELECT Id FROM Account"),
    "bulk2": lambda sf, _: list(sf.bulk2.Account.query("SELECT Id FROM Account", wait=0.01)),
    "bulk2_insert": lambda sf, _: sf.bulk2.Account.insert(records=[{"Name": "Acme"}], wait=0.01),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
THREADS = 8


@pytest.fixture
def account(org: FakeOrg) -> str:
    return next(iter(org.state.records["Account"]))


def open_client(org: FakeOrg, begin: Begin, name: str = "client_credentials") -> Salesforce:
    session = begin(connect(org, name))
    session.open()
    return session.client()


def refuse_all_calls(org: FakeOrg) -> None:
    """A policy: logins succeed, and each call is told that its session is dead (by Bulk 1.0 as HTTP 400 in XML)."""
    org.fault(path="/services/data/*", status=401)
    org.fault(path="/services/async/*", status=401)


def in_threads(act: Callable[[], Any]) -> list[Any]:
    """What each of eight threads got, or the error it met."""
    start = threading.Barrier(THREADS)

    def run() -> Any:
        start.wait()
        try:
            return act()
        except SalesforceError as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return [each.result() for each in [pool.submit(run) for _ in range(THREADS)]]


@each_call
def test_persistent_refusal(org: FakeOrg, begin: Begin, account: str, call: Call) -> None:
    """A session that stays refused costs two logins and two API calls in all, and ends as an expired session."""
    client = open_client(org, begin)
    refuse_all_calls(org)
    with pytest.raises(SalesforceExpiredSession):
        call(client, account)
    assert org.counts().logins == 2
    assert org.counts().api_calls == 2
    with pytest.raises(SalesforceExpiredSession):
        call(client, account)
    assert org.counts().logins == 2
    assert org.counts().api_calls == 3


@each_call
def test_persistent_refusal_in_threads(org: FakeOrg, begin: Begin, account: str, call: Call) -> None:
    """Eight threads together cost no more logins than one, and each of them no more calls."""
    client = open_client(org, begin)
    refuse_all_calls(org)
    errors = in_threads(lambda: call(client, account))
    assert {type(error) for error in errors} == {SalesforceExpiredSession}
    assert org.counts().logins == 2
    assert THREADS <= org.counts().api_calls <= 2 * THREADS


@each_call
@pytest.mark.parametrize("name", ["jwt", "soap_token"])
def test_session_expired_once(org: FakeOrg, begin: Begin, account: str, name: str, call: Call) -> None:
    """A session that has really expired is renewed by one login, and the call succeeds."""
    client = open_client(org, begin, name)
    org.expire_sessions()
    call(client, account)
    assert org.counts().logins == 2


@pytest.mark.parametrize("name", LOGIN_FLOWS)
def test_renewal_by_each_flow(org: FakeOrg, begin: Begin, name: str) -> None:
    """Each flow that logs in can do so again."""
    client = open_client(org, begin, name)
    org.expire_sessions()
    assert client.query("SELECT Id FROM Account LIMIT 1")["totalSize"] == 1
    assert org.counts().logins == 2


@each_call
def test_session_expired_once_in_threads(org: FakeOrg, begin: Begin, account: str, call: Call) -> None:
    """Eight threads that meet the same expiry share one new login, and all succeed."""
    client = open_client(org, begin)
    org.expire_sessions()
    results = in_threads(lambda: call(client, account))
    assert not any(isinstance(each, Exception) for each in results)
    assert org.counts().logins == 2


@each_call
def test_two_expiries_with_a_good_reply_between(org: FakeOrg, begin: Begin, account: str, call: Call) -> None:
    """A good reply between shows that it is expiry and not policy: both are healed."""
    client = open_client(org, begin)
    for _ in range(2):
        org.expire_sessions()
        call(client, account)
    assert org.counts().logins == 3


def test_stock_client_logs_in_without_bound(org: FakeOrg) -> None:
    """Beside it: the stock client's ``describe`` logs in once per refusal, here 60 times, until its stack is full."""
    fields = org.connection("client_credentials")["extra"]
    client = Salesforce(**fields)
    with client.session, org.fault(path="*/describe", status=401, times=60):
        client.Account.describe()
    assert org.counts().logins == 61
    assert org.counts().api_calls == 61


def test_stock_bulk_never_logs_in_again(org: FakeOrg) -> None:
    """Beside it: the stock client's bulk handler gives up at the first expiry, with an error that does not name it."""
    client = Salesforce(**org.connection("client_credentials")["extra"])
    org.expire_sessions()
    with client.session, pytest.raises(SalesforceMalformedRequest):
        client.bulk.Account.insert([{"Name": "Acme"}])
    assert org.counts().logins == 1


def test_refused_renewal(org: FakeOrg, begin: Begin) -> None:
    """A renewal that Salesforce refuses is the login error that users of simple-salesforce know, and is not tried again."""
    client = open_client(org, begin)
    org.user().active = False
    with pytest.raises(SalesforceAuthenticationFailed) as raised:
        client.query("SELECT Id FROM Account")
    assert raised.value.code == "invalid_grant"
    assert "inactive user" in str(raised.value)
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account")
    assert org.counts().logins == 2


def test_renewal_that_nobody_answered_is_tried_again(org: FakeOrg, begin: Begin) -> None:
    """A login that met a time limit does not end the client: the next call logs in."""
    session = begin(connect(org, "client_credentials", limits=TimeLimits(read=0.2)))
    session.open()
    client = session.client()
    org.expire_sessions()
    with org.fault(path="*/token", stall="headers"), pytest.raises(SalesforceAuthenticationFailed, match="time limit"):
        client.query("SELECT Id FROM Account LIMIT 1")
    assert client.query("SELECT Id FROM Account LIMIT 1")["totalSize"] == 1


def test_ready_session_with_another_flow(org: FakeOrg, begin: Begin) -> None:
    """A dead ready session is renewed by the connection's own login."""
    session = begin(connect_by_session(org))
    session.open()
    client = session.client()
    org.expire_sessions()
    assert client.query("SELECT Id FROM Account LIMIT 1")["totalSize"] == 1
    assert org.counts().logins == 1


def test_ready_session_alone(org: FakeOrg, begin: Begin) -> None:
    """Without a flow there is nothing to renew by: one call, no login, the plain error."""
    session = begin(connect(org, "session"))
    session.open()
    org.expire_sessions()
    org.reset_counts()
    with pytest.raises(SalesforceExpiredSession):
        session.client().query("SELECT Id FROM Account")
    assert (org.counts().api_calls, org.counts().logins) == (1, 0)


def test_other_refusals_are_the_callers(org: FakeOrg, begin: Begin) -> None:
    """An expired password is no dead session, and neither is a malformed query: no new login."""
    client = open_client(org, begin)
    with pytest.raises(SalesforceMalformedRequest):
        client.query("SELECT Nothing FROM Account")
    org.user().password_expired = True
    with pytest.raises(SalesforceExpiredSession, match="password has expired"):
        client.query("SELECT Id FROM Account")
    assert org.counts().logins == 1


# What needs no org: the session over an adapter that answers from a list.


@pytest.fixture
def guarded() -> GuardedSession:
    connection = fields_of(
        session_id="first", instance_url="https://acme.my.salesforce.com", connect_timeout=3, read_timeout=7
    )
    session = GuardedSession(connection, Traffic())
    session.use(Secret("first"))
    return session


def answering(session: GuardedSession, *answers: tuple[int, Any]) -> Answers:
    adapter = Answers(*answers)
    session.mount("https://", adapter)
    return adapter


def tokens(*own: bool) -> Callable[[], Renewed]:
    """New tokens, each by a login of its own unless said otherwise."""
    names, kinds = iter(["second", "third", "fourth", "fifth"]), iter(own)
    return lambda: Renewed(Secret(next(names)), next(kinds, True))


URL = "https://acme.my.salesforce.com/services/data/v64.0/query"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_older_tokens_are_replaced(guarded: GuardedSession) -> None:
    """A client that still carries an older token of ours speaks with the current one, in either header."""
    adapter = answering(guarded, DEAD, GOOD)
    guarded.renew = tokens()
    for _ in range(2):
        assert guarded.get(URL, headers=bearer("first")).ok
    assert guarded.get(URL, headers={"X-SFDC-Session": "first"}).ok
    assert adapter.tokens == ["Bearer first", "Bearer second", "Bearer second", "second"]


@pytest.mark.parametrize(
    "headers", [bearer("of-another-service"), {"Authorization": "Basic Zm9v"}, {"X-SFDC-Session": "another"}, {}]
)
def test_foreign_headers_stay(guarded: GuardedSession, headers: dict[str, str]) -> None:
    """Our token goes into no header that was not ours: it is nothing for another host."""
    adapter = answering(guarded)
    guarded.get("https://other.example/", headers=headers)
    assert adapter.tokens == [next(iter(headers.values()), None)]


def test_server_error_is_no_good_reply(guarded: GuardedSession) -> None:
    """Between two refusals a 5xx shows nothing of the session, so the second is not renewed."""
    answering(guarded, DEAD, (503, b""), DEAD)
    guarded.renew = tokens()
    assert guarded.get(URL, headers=bearer("first")).status_code == 503
    with pytest.raises(SalesforceExpiredSession):
        guarded.get(URL, headers=bearer("first"))


def test_refused_row_is_a_good_reply(guarded: GuardedSession) -> None:
    """A 404 to the current token shows that the session lives: the next expiry is renewed again."""
    adapter = answering(guarded, DEAD, (404, []), DEAD, GOOD)
    guarded.renew = tokens()
    assert guarded.get(URL, headers=bearer("first")).status_code == 404
    assert guarded.get(URL, headers=bearer("first")).ok
    assert adapter.tokens[-1] == "Bearer third"


def test_late_answer_to_an_older_token_is_no_good_reply(guarded: GuardedSession) -> None:
    """An answer that was under way while the session was renewed says nothing of the new one."""
    guarded.renew = tokens()
    adapter = Answers(DEAD, GOOD)
    renewing = guarded.renew

    class Overtaken(Answers):
        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
            guarded.use(renewing().token)
            return super().send(request, **options)

    guarded.mount("https://", Overtaken(GOOD))
    guarded._renewed_without_good_reply = True
    guarded.get(URL, headers=bearer("first"))
    assert guarded._renewed_without_good_reply
    guarded.mount("https://", adapter)
    with pytest.raises(SalesforceExpiredSession):
        guarded.get(URL, headers=bearer("first"))


def test_stream_is_not_sent_twice(guarded: GuardedSession) -> None:
    """A body that can be read only once is not replayed; the refusal is handed to the caller."""
    answering(guarded, DEAD)
    guarded.renew = tokens()
    assert guarded.post(URL, headers=bearer("first"), data=iter([b"rows"])).status_code == 401


BULK = "https://acme.my.salesforce.com/services/async/64.0/job"
BULK_DEAD = (
    b'<error xmlns="http://www.force.com/2009/06/asyncapi/dataload"><exceptionCode>InvalidSessionId</exceptionCode>'
    b"<exceptionMessage>Invalid session id</exceptionMessage></error>"
)


@pytest.mark.parametrize(("url", "reply"), [(URL, DEAD), (BULK, (400, BULK_DEAD))])
def test_forms_of_a_dead_session(guarded: GuardedSession, url: str, reply: Any) -> None:
    """A dead session is told by its code: REST's 401, or Bulk 1.0's 400 in XML."""
    answering(guarded, reply, GOOD)
    guarded.renew = tokens()
    assert guarded.get(url, headers=bearer("first")).ok


def test_refused_row_that_quotes_a_dead_session(guarded: GuardedSession) -> None:
    """A trigger's callout that met a dead session elsewhere is the row's error: it is neither renewed nor sent again."""
    said = "System.CalloutException: INVALID_SESSION_ID: Session expired or invalid"
    row = [{"errorCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": said}]
    adapter = answering(guarded, (400, row))
    guarded.renew = tokens()
    assert guarded.post(URL, headers=bearer("first"), data="{}").status_code == 400
    assert adapter.tokens == ["Bearer first"]


@pytest.mark.parametrize("path", ["oauth2/token", "Soap/u/59.0", "data/v64.0/query"])
def test_every_request_has_a_time_limit(guarded: GuardedSession, path: str) -> None:
    """A call without one gets the connection's, the login too; a caller's own stays; a prepared request gets one as well."""
    adapter = answering(guarded)
    url = f"https://acme.my.salesforce.com/services/{path}"
    guarded.post(url)
    guarded.post(url, timeout=99)
    guarded.send(requests.Request("GET", url).prepare())
    assert [each["timeout"] for each in adapter.options] == [(3, 7), 99, (3, 7)]


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "http://of-environment:1"),
        ({"https": "http://own:2"}, "http://own:2"),
        ("http://own:2", "http://own:2"),
        ({"all": "http://own:2"}, "http://own:2"),
        ({"http": "http://own:2"}, "http://of-environment:1"),
        ({"https": ""}, ""),
        ({"https": "own:2", "no_proxy": "localhost", "http": None}, "http://own:2"),
    ],
)
def test_proxies_of_the_connection_go_first(monkeypatch: pytest.MonkeyPatch, given: Any, used: str) -> None:
    """The connection's proxy for https goes before the environment's."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://of-environment:1")
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    connection = fields_of(session_id="s", instance_url="https://acme.my.salesforce.com", proxies=given)
    session = GuardedSession(connection, Traffic())
    adapter = answering(session)
    session.get(URL)
    assert adapter.options[0]["proxies"]["https"] == used


def test_settings_of_another_session_are_taken_over(guarded: GuardedSession) -> None:
    """A caller's own session lends its headers and special adapters; the plain adapters give way to ours."""
    own = requests.Session()
    own.headers["X-Team"] = "crm"
    own.verify = "/etc/ca.pem"
    adapter = Answers()
    own.mount("https://acme.my.salesforce.com", adapter)
    guarded.take_over(own)
    assert guarded.get(URL, headers=bearer("first")).ok
    assert adapter.requests[0].headers["X-Team"] == "crm"
    assert adapter.options[0]["timeout"] == (3, 7)
    assert guarded.get_adapter("https://login.salesforce.com") is guarded.transport


def test_proxy_of_the_connection_leads_there(org: FakeOrg, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """End to end: with a dead proxy in the environment, the connection's own one is used, for login and calls."""
    proxy = org.environ("by-connection")["HTTPS_PROXY"]
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    session = begin(connect(org, "jwt", proxies=proxy))
    session.open()
    session.client().query("SELECT Id FROM Account LIMIT 1")
    assert org.counts("by-connection").http_requests == 2


def test_traffic_is_counted(org: FakeOrg, begin: Begin) -> None:
    """Requests, API calls, logins and connections agree with what the org itself has counted."""
    session = begin(connect(org, "jwt"))
    session.open()
    client = session.client()
    client.query("SELECT Id FROM Account LIMIT 1")
    client.bulk.Account.insert([{"Name": "Acme"}])
    counts, traffic = org.counts(), session.traffic
    assert (traffic.http_requests, traffic.api_calls) == (counts.http_requests, counts.api_calls)
    assert (traffic.logins, traffic.connections) == (counts.logins, counts.tls_connections)
    assert traffic.bytes_received > 0
    assert traffic.api_usage is not None
    assert traffic.api_usage[1] == org.state.api_limit


def test_calls_of_the_user_may_take_as_long_as_salesforce_lets_them(org: FakeOrg, begin: Begin) -> None:
    """The read limit is the examination's: a describe of the user's own that takes longer is not cut off."""
    session = begin(connect(org, "client_credentials", limits=TimeLimits(read=0.2)))
    session.open()
    client = session.client()
    with org.fault(path="*/query*", delay=0.5):
        assert client.query("SELECT Id FROM Account LIMIT 1")["totalSize"] == 1
    assert session._http.longest_call > 600


def test_proxies_of_another_session_go_before_the_connections() -> None:
    """Who hands over a session with proxies means those; one without leaves the connection's in force."""
    connection = fields_of(
        session_id="00Dx!s", instance="acme.my.salesforce.com", proxies={"https": "http://connection:1"}
    )
    for given, used in (({"https": "http://session:2"}, "http://session:2"), ({}, "http://connection:1")):
        guarded, other, adapter = GuardedSession(connection, Traffic()), requests.Session(), Answers(GOOD)
        other.proxies.update(given)
        guarded.take_over(other)
        guarded.mount("https://", adapter)
        guarded.get(URL)
        assert adapter.options[-1]["proxies"]["https"] == used


def test_tokens_that_others_made(guarded: GuardedSession) -> None:
    """Tokens taken from others are no login: dead ones are followed by the next, until a login of its own was made."""
    adapter = answering(guarded, DEAD, DEAD, DEAD, GOOD)
    guarded.renew = tokens(False, False, True)
    assert guarded.get(URL, headers=bearer("first")).ok
    assert adapter.tokens == ["Bearer first", "Bearer second", "Bearer third", "Bearer fourth"]


def test_tokens_that_are_all_dead(guarded: GuardedSession) -> None:
    """They come to an end, whoever makes them; and after a login of its own the current one is given up."""
    dropped: list[str] = []
    guarded.dropped = lambda: dropped.append(guarded.authorization["Authorization"])
    adapter = answering(guarded, DEAD)
    guarded.renew = tokens(False, False, False)
    with pytest.raises(SalesforceExpiredSession):
        guarded.get(URL, headers=bearer("first"))
    assert (len(adapter.tokens), dropped) == (1 + MOST_RENEWALS, [])
    guarded.renew = tokens()
    with pytest.raises(SalesforceExpiredSession):
        guarded.get(URL, headers=bearer("first"))
    assert (len(adapter.tokens), dropped) == (1 + MOST_RENEWALS + 2, ["Bearer second"])


def test_each_token_is_told_before_it_is_used() -> None:
    """Whoever must hide tokens knows each of them in time, and what he raises is raised as it is."""
    told: list[str] = []
    connection = fields_of(session_id="first", instance_url="https://acme.my.salesforce.com")
    session = GuardedSession(connection, Traffic(), told.append)
    session.use(Secret("first"))
    adapter = answering(session, DEAD, GOOD)
    session.renew = tokens()
    session.get(URL, headers=bearer("first"))
    assert told == ["first", "second"]

    def refuse(_: str) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        GuardedSession(connection, Traffic(), refuse).use(Secret("first"))
    assert adapter.tokens == ["Bearer first", "Bearer second"]


def test_a_remembered_refusal_in_words() -> None:
    """It says when it was first met and when the login is really tried again."""
    refusal = Refusal(shape=Shape.OAUTH, code="invalid_grant", message="inactive user", at="2026-11-22T02:00:13Z")
    assert in_words(refusal) == "invalid_grant: inactive user"
    kept = replace(refusal, not_before="2026-11-22T02:01:13Z")
    assert in_words(kept) == "invalid_grant: inactive user; next real login attempt not before 02:01:13 UTC"
    assert in_words(replace(kept, repeated=True)) == (
        "invalid_grant: inactive user, first at 02:00:13 UTC; next real login attempt not before 02:01:13 UTC"
    )
