"""One login for many: threads, processes and hosts that share a store, at a fake org that counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pendulum
import pytest
from canaries import Canaries
from connecting import LOGIN_FLOWS, connect, connect_by_session
from org.sharer import PATIENT
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession
from vaults import MemoryVault

from airflow_sf_health.causes import book, diagnose
from airflow_sf_health.org import leases
from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.org.credentials import credential_of
from airflow_sf_health.org.errors import Refusal, Refused, Shape, no_answer
from airflow_sf_health.org.kept_refusals import is_rejection, sealed_refusal
from airflow_sf_health.org.kept_tokens import sealed_login
from airflow_sf_health.org.login import Login
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.org.silences import note_silence, silence_since
from airflow_sf_health.org.vault import Kept, Sealed, VaultError
from airflow_sf_health.store import open_store
from airflow_sf_health.testing import FakeOrg

Begin = Callable[..., OrgSession]
QUERY = "SELECT Id FROM Account LIMIT 1"
THREADS, PROCESSES = 8, 4
each_flow = pytest.mark.parametrize("name", LOGIN_FLOWS)


@pytest.fixture(autouse=True)
def _nobody_is_logged_out(org: FakeOrg) -> Iterator[None]:
    """Others may use the session that one of us has: whatever happens, none is ever ended."""
    asked: list[str] = []
    reset = org.reset_counts

    def remember_and_reset() -> None:
        asked.extend(each.path for each in org.requests())
        reset()

    org.reset_counts = remember_and_reset  # type: ignore[method-assign]
    yield
    remember_and_reset()
    del org.reset_counts
    assert not [path for path in asked if "revoke" in path.lower() or "logout" in path.lower()]
    assert {path for path in asked if "/Soap/" in path} <= {"/services/Soap/u/59.0"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.sqlite"


@pytest.fixture
def sharing(url: str) -> Sharing:
    return Sharing(vault=open_store(url).vault, egress="host a")


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Make sessions of this connection that share by this, not yet open."""
    with ExitStack() as stack:
        yield lambda connection, sharing: stack.enter_context(OrgSession(connection, sharing=sharing))


def at_once(act: Callable[[], Any]) -> list[Any]:
    """What each of eight threads got, or the refusal that it met."""
    start = threading.Barrier(THREADS)

    def run(_: int) -> Any:
        start.wait()
        try:
            return act()
        except Refused as refused:
            return refused.refusal

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def refusal_of(session: OrgSession, **how: Any) -> Refusal:
    with pytest.raises(Refused) as raised:
        session.open(**how)
    return raised.value.refusal


def kept(connection: OrgConnection, sharing: Sharing) -> Kept:
    return sharing.vault.recall(credential_of(connection, sharing.egress).fingerprint)


def keep_older(connection: OrgConnection, sharing: Sharing, login: Login, seconds: float) -> None:
    """Let the login be kept as if it had been made so long ago."""
    credential = credential_of(connection, sharing.egress)
    sharing.vault.forget(credential.fingerprint)
    older = replace(login, at=login.at.subtract(microseconds=int(seconds * 1_000_000)))
    sharing.vault.keep_token(credential.fingerprint, sealed_login(credential, older))


class Others:
    """Other processes that share by the same store."""

    def __init__(self, org: FakeOrg, url: str) -> None:
        self._given = {"url": url, "egress": "host a", "lease": 10.0}
        self._org = org
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, fields: Any, number: int = 1, **changes: Any) -> list[subprocess.Popen[str]]:
        """So many of them with this connection, ready to be told what to do."""
        processes = [self._started({"fields": fields, **changes}) for _ in range(number)]
        assert [heard(each) for each in processes] == ["ready"] * number
        return processes

    def _started(self, given: dict[str, Any]) -> subprocess.Popen[str]:
        paths = [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("sharer.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        self.processes.append(process)
        tell(process, json.dumps({**self._given, **given}))
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()


def tell(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def all_answer(processes: list[subprocess.Popen[str]], word: str) -> Counter[str]:
    for process in processes:
        tell(process, word)
    return Counter(heard(process) for process in processes)


@pytest.fixture
def others(org: FakeOrg, url: str) -> Iterator[Others]:
    found = Others(org, url)
    yield found
    found.end()


# One login


@each_flow
def test_the_second_takes_the_first_ones_login(org: FakeOrg, begin: Begin, sharing: Sharing, name: str) -> None:
    """By each flow: the second task makes no request, knows whose the token is and how old, and can use it."""
    connection = connect(org, name)
    first = begin(connection, sharing).open(proven=True)
    session = begin(connection, sharing)
    second = session.open(proven=True)
    assert (first.shared, second.shared, second.fresh) == (False, True, True)
    assert second == replace(first, shared=True, clock_ahead=second.clock_ahead)
    assert (org.counts().http_requests, session.traffic.logins) == (1, 0)
    session.client().query(QUERY)
    assert org.counts().logins == 1


@each_flow
def test_threads_at_once(org: FakeOrg, begin: Begin, sharing: Sharing, name: str) -> None:
    """Eight threads that find no login make one, and the others wait for it."""
    connection = connect(org, name, limits=PATIENT)
    logins = at_once(lambda: begin(connection, sharing).open(proven=True))
    assert sorted(each.shared for each in logins) == [False] + [True] * (THREADS - 1)
    assert len({each.token for each in logins}) == 1
    assert org.counts().logins == 1


def test_processes_at_once(org: FakeOrg, others: Others) -> None:
    """Processes that find no login make one as well."""
    fields = org.connection("soap_token")
    processes = others.start(fields, PROCESSES)
    assert all_answer(processes, "open") == Counter(made=1, shared=PROCESSES - 1)
    assert org.counts().logins == 1


def test_another_egress_logs_in_for_itself(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """A token never leaves its way to the internet."""
    connection = connect(org, "jwt")
    for egress in ("host a", "host b"):
        assert not begin(connection, replace(sharing, egress=egress)).open().shared
    assert org.counts().logins == 2


def test_an_edited_connection_logs_in_for_itself(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """What its owner has changed is proven by a login of its own."""
    begin(connect(org, "jwt"), sharing).open()
    assert not begin(connect(org, "jwt", domain="acme.my"), sharing).open().shared


# Which login counts


@pytest.mark.parametrize(
    ("age", "proven", "shared", "fresh"),
    [
        (50, True, True, True),
        (50, False, True, True),
        (70, True, False, True),
        (70, False, True, False),
        (1790, False, True, False),
        (1810, False, False, True),
        (-3, True, True, True),
        (-30, True, False, True),
        (-30, False, False, True),
    ],
)
def test_how_old_a_login_may_be(
    org: FakeOrg, begin: Begin, sharing: Sharing, age: float, proven: bool, shared: bool, fresh: bool
) -> None:
    """A proof is younger than a minute, a token in use than half an hour; what comes from a clock far ahead is neither, and gives way."""
    connection = connect(org, "client_credentials")
    keep_older(connection, sharing, begin(connection, None).open(), age)
    login = begin(connection, sharing).open(proven=proven)
    assert (login.shared, login.fresh) == (shared, fresh)
    if not shared:
        assert begin(connection, sharing).open(proven=True) == replace(login, shared=True, clock_ahead=None)


@pytest.mark.parametrize(
    ("lifetimes", "proven", "logins"),
    [
        ({"proof": 0}, True, 3),
        ({"proof": 0}, False, 1),
        ({"token_age": 0}, True, 3),
        ({"token_age": 0}, False, 3),
        ({"token_age": 0, "refusal_age": 0}, False, 3),
    ],
)
def test_what_a_site_has_turned_off(
    org: FakeOrg, begin: Begin, sharing: Sharing, lifetimes: dict[str, Any], proven: bool, logins: int
) -> None:
    """A lifetime of 0 seconds: such a login is never taken, and without any for tokens none is kept."""
    connection, chosen = connect(org, "client_credentials"), replace(sharing, **lifetimes)
    for _ in range(3):
        begin(connection, chosen).open(proven=proven)
    assert org.counts().logins == logins
    assert (kept(connection, sharing).token is None) is ("token_age" in lifetimes)


def test_afresh(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Who asks afresh logs in, and the others take that login."""
    connection = connect(org, "client_credentials")
    before = begin(connection, sharing).open()
    afresh = begin(connection, replace(sharing, afresh=True)).open()
    after = begin(connection, sharing).open()
    assert (afresh.shared, after.shared, after.at) == (False, True, afresh.at)
    assert afresh.at > before.at


def test_many_afresh_at_once(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """To all who began to ask before it was made, one login is a fresh one."""
    connection, chosen = connect(org, "jwt", limits=PATIENT), replace(sharing, afresh=True)
    with org.fault(path="*/token", delay=1.0, times=1):
        logins = at_once(lambda: begin(connection, chosen).open(proven=True))
    assert {each.shared for each in logins} == {False, True}
    assert org.counts().logins < THREADS


def test_an_expired_password(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Its login succeeds, and its token is good for nothing: it is kept for nobody."""
    org.user().password_expired = True
    connection = connect(org, "soap_token")
    assert begin(connection, sharing).open().password_expired
    assert kept(connection, sharing).token is None


def test_a_refresh_token_that_was_spent(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Where a login has spent the refresh token, its maker knows, and so do the others: none of them spends it once more."""
    org.state.apps[0].refresh_token_rotation = True
    connection = connect(org, "refresh_token")
    assert begin(connection, sharing).open().rotated
    session = begin(connection, sharing)
    login = session.open()
    assert (login.shared, login.rotated) == (True, True)
    client = session.client()
    org.expire_sessions()
    with pytest.raises(SalesforceExpiredSession):
        client.query(QUERY)
    assert org.counts().logins == 1


@pytest.mark.parametrize("change", ["damaged", "younger", "another's"])
def test_a_token_that_is_no_longer_what_it_was(org: FakeOrg, begin: Begin, sharing: Sharing, change: str) -> None:
    """Changed bytes, an instant that was moved, or what another credential sealed: nobody takes it, and a login replaces it."""
    connection = connect(org, "client_credentials")
    login = begin(connection, sharing).open()
    own, other = credential_of(connection, "host a"), credential_of(connection, "host b")
    token, future = kept(connection, sharing).token, pendulum.now("UTC").add(seconds=2)
    assert token is not None
    changed = {
        "damaged": Sealed(token.blob[:-1] + bytes([token.blob[-1] ^ 1]), future),
        "younger": Sealed(token.blob, future),
        "another's": Sealed(sealed_login(other, login).blob, future),
    }[change]
    sharing.vault.keep_token(own.fingerprint, changed)
    assert not begin(connection, sharing).open(proven=True).shared
    assert begin(connection, sharing).open(proven=True).shared


def test_another_clock_is_ahead(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Its token is good, and stays where our own login fails: it may be our clock that is wrong."""
    connection = connect(org, "jwt")
    keep_older(connection, sharing, begin(connection, None).open(), -30)
    there = kept(connection, sharing)
    org.user().active = False
    for proven in (True, False):
        assert not refusal_of(begin(connection, replace(sharing, refusal_age=0)), proven=proven).repeated
        assert kept(connection, sharing) == there


# Refused logins


def test_a_refused_login_is_not_tried_again(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """The first one meets it and says when the next real attempt is; the others repeat it, with its time, and send nothing."""
    org.user().active = False
    connection = connect(org, "jwt")
    first, second = (refusal_of(begin(connection, sharing), proven=proven) for proven in (True, False))
    assert (first.code, first.message, first.repeated, second.repeated) == (
        "invalid_grant",
        "inactive user",
        False,
        True,
    )
    assert replace(second, repeated=False) == first
    met, until = (datetime.fromisoformat(text) for text in (first.at, first.not_before))
    assert 59 < (until - met).total_seconds() < 61
    assert org.counts().http_requests == 1


@each_flow
def test_many_meet_one_refusal(org: FakeOrg, begin: Begin, sharing: Sharing, name: str) -> None:
    """By each flow: eight at once bring the user no nearer to a lockout than one does."""
    connection = connect(org, name, limits=PATIENT)
    org.user().active = False
    refusals = at_once(lambda: begin(connection, sharing).open(proven=True))
    assert sorted(each.repeated for each in refusals) == [False] + [True] * (THREADS - 1)
    assert len({(each.said, each.at, each.not_before, each.server_date) for each in refusals}) == 1
    assert org.counts().http_requests == 1


def test_processes_meet_one_refusal(org: FakeOrg, others: Others) -> None:
    """Processes too."""
    fields = org.connection("soap_token")
    processes = others.start(fields, PROCESSES)
    org.user().active = False
    said = all_answer(processes, "proven")
    assert sorted(said.values()) == [1, PROCESSES - 1]
    assert len({each.removeprefix("again ") for each in said}) == 1
    assert org.counts().http_requests == 1


def test_after_its_time_it_is_tried_again(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """A refusal is over for whom it counts for a shorter time, and what comes of the next try counts for all."""
    connection = connect(org, "jwt")
    org.user().active = False
    refusal_of(begin(connection, sharing))
    org.user().active = True
    assert refusal_of(begin(connection, sharing)).repeated
    assert begin(connection, replace(sharing, refusal_age=1e-6)).open().fresh
    assert begin(connection, sharing).open().shared


def test_afresh_tries_a_refused_login(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Who asks afresh learns at once that it was mended; with tokens turned off the others learn it too."""
    connection = connect(org, "jwt")
    for lifetime in (1800, 0):
        org.user().active = False
        sharing.vault.forget(credential_of(connection, "host a").fingerprint)
        refusal_of(begin(connection, sharing))
        org.user().active = True
        begin(connection, replace(sharing, afresh=True, token_age=lifetime)).open()
        begin(connection, sharing).open()
    assert org.counts().logins == 2 + 3


def test_of_many_who_were_cleared_one_is_refused(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """What a cleared task was refused counts for others that were cleared, while it is new; who asks by hand gets a real login."""
    connection, cleared = connect(org, "soap_token"), replace(sharing, afresh=True, cleared=True)
    org.user().frozen = True
    refusal_of(begin(connection, sharing))
    refused = [refusal_of(begin(connection, cleared)) for _ in range(3)]
    assert [(each.repeated, each.not_before != "") for each in refused] == [(False, True), (True, True), (True, True)]
    assert org.counts().logins == 2
    refusal_of(begin(connection, replace(sharing, afresh=True)))
    assert org.counts().logins == 3
    refusal_of(begin(connection, cleared))
    assert org.counts().logins == 4, "what was met by hand is no cleared task's"


def test_of_many_who_were_cleared_one_logs_in(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """As long as its login is new; one that an automatic try made a moment ago does not count."""
    connection, cleared = connect(org, "jwt"), replace(sharing, afresh=True, cleared=True)
    begin(connection, sharing).open()
    assert [begin(connection, cleared).open().shared for _ in range(3)] == [False, True, True]
    assert not begin(connection, replace(sharing, afresh=True)).open().shared


@pytest.mark.parametrize("is_refused", [False, True])
def test_what_a_cleared_task_met_a_while_ago(org: FakeOrg, sharing: Sharing, begin: Begin, is_refused: bool) -> None:
    """It counts for the next one that is cleared for a moment only: somebody may have mended it since, or broken it."""
    connection, cleared = connect(org, "jwt"), replace(sharing, afresh=True, cleared=True)
    credential, ago = credential_of(connection, "host a"), pendulum.now("UTC").subtract(seconds=16)
    login = begin(connection, cleared).open()
    sharing.vault.forget(credential.fingerprint)
    if is_refused:
        refusal = Refusal(shape=Shape.OAUTH, code="invalid_grant", message="inactive user", at=ago.isoformat())
        sealed = sealed_refusal(credential, refusal, ago, cleared=True)
        sharing.vault.keep_refusal(credential.fingerprint, sealed, ago.add(seconds=60))
    else:
        sharing.vault.keep_token(credential.fingerprint, sealed_login(credential, replace(login, at=ago), cleared=True))
    assert not begin(connection, cleared).open().shared


def test_refusals_are_turned_off(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """With a lifetime of 0 seconds each one tries for itself, and none is kept."""
    connection, chosen = connect(org, "jwt"), replace(sharing, refusal_age=0)
    org.user().active = False
    for _ in range(2):
        assert not refusal_of(begin(connection, chosen)).not_before
    assert org.counts().logins == 2
    assert kept(connection, sharing).refusal is None


def test_a_user_who_is_shut_out(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """A session that lives on is still used; it proves nothing any more, once a later login was refused."""
    connection = connect(org, "jwt")
    begin(connection, sharing).open(proven=True)
    org.user().active = False
    refusal_of(begin(connection, replace(sharing, afresh=True)))
    assert refusal_of(begin(connection, sharing), proven=True).repeated
    assert begin(connection, sharing).open(proven=False).shared


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        ({"status": 503}, 2),
        ({"status": 400, "body": {"error": "server_error", "error_description": "x"}}, 2),
        ({"status": 400, "body": {"error": "temporarily_unavailable", "error_description": "x"}}, 2),
        (
            {
                "status": 400,
                "body": {"error": "invalid_grant", "error_description": "token request is already being processed"},
            },
            2,
        ),
        ({"status": 400, "body": {"error": "invalid_grant", "error_description": "user hasn't approved"}}, 1),
    ],
)
def test_which_refusals_are_remembered(
    org: FakeOrg, begin: Begin, sharing: Sharing, fault: dict[str, Any], attempts: int
) -> None:
    """Those by which Salesforce has judged the login, and not those of a bad moment."""
    connection = connect(org, "client_credentials")
    with org.fault(path="*/token", **fault):
        for _ in range(2):
            refusal_of(begin(connection, sharing))
    assert org.counts().http_requests == attempts


@pytest.mark.parametrize(("name", "attempts"), [("jwt", 2), ("client_credentials", 1)])
def test_a_wrong_clock_is_this_machines_own(
    org: FakeOrg, begin: Begin, sharing: Sharing, name: str, attempts: int
) -> None:
    """What a wrong clock explains is remembered for nobody else; only a signed assertion depends on one."""
    org.clock_offset = 600
    org.user().active = name == "jwt"
    connection = connect(org, name)
    for _ in range(2):
        refusal_of(begin(connection, sharing))
    assert org.counts().logins == attempts


def test_an_inactive_user_is_one_whatever_the_clock(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """A clock that is a little off signs what Salesforce takes, and what it says of the user is so for everybody."""
    org.clock_offset, org.user().active = 70, False
    for repeated in (False, True):
        refusal = refusal_of(begin(connect(org, "jwt"), sharing))
        assert (refusal.message, refusal.repeated) == ("inactive user", repeated)
    assert org.counts().logins == 1


def test_which_words_a_clock_explains() -> None:
    """Of all that Salesforce is known to answer to a login, those that the diagnosis weighs against the clocks."""
    said = {each.whole or each.part: each.cause.id for each in book().entries["invalid_grant"]}
    assert len(said) > 20
    for message, cause in said.items():
        refusal = Refusal(
            shape=Shape.OAUTH,
            code="invalid_grant",
            message=message,
            where="token request (JWT bearer)",
            at="2026-11-22T02:00:13Z",
            server_date="Sun, 22 Nov 2026 02:05:13 GMT",
        )
        assert is_rejection(refusal) is (cause not in ("clock_skew", "jwt_invalid", "token_request_busy")), message


@pytest.mark.parametrize(
    ("shape", "code", "message", "expected"),
    [
        (Shape.SOAP, "INVALID_LOGIN", "", True),
        (Shape.SOAP, "PASSWORD_LOCKOUT", "", True),
        (Shape.SOAP, "SERVER_UNAVAILABLE", "", False),
        (Shape.SOAP, "Server", "", False),
        (Shape.OAUTH, "invalid_client_id", "", True),
        (Shape.OAUTH, "SERVER_ERROR", "", False),
        (Shape.OAUTH, None, "", False),
        (Shape.REST, "INVALID_SESSION_ID", "", False),
        (Shape.NO_ANSWER, "REFRESH_TOKEN_LOST", "", False),
    ],
)
def test_what_is_a_rejection(shape: Shape, code: str | None, message: str, expected: bool) -> None:
    """A reason of Salesforce's own about the login."""
    assert is_rejection(Refusal(shape=shape, code=code, message=message)) is expected


@pytest.mark.parametrize(
    ("message", "where", "expected"),
    [
        ("token request is already being processed", "token request (refresh token)", False),
        ("expired authorization code", "token request (refresh token)", False),
        ("expired authorization code", "token request (client credentials)", True),
        ("expired access/refresh token", "token request (refresh token)", True),
    ],
)
def test_a_token_that_is_in_use_is_no_rejection(message: str, where: str, expected: bool) -> None:
    """Whoever asks a moment later may get one; of other flows the words say something else."""
    refusal = Refusal(shape=Shape.OAUTH, code="invalid_grant", message=message, where=where)
    assert is_rejection(refusal) is expected


# Holders that die, or take long


def test_a_holder_that_is_killed(org: FakeOrg, begin: Begin, sharing: Sharing, others: Others) -> None:
    """Killed in the middle of its login, it holds up the others until its lease runs out; then one of them logs in."""
    stalled = org.fault(path="*/token", stall="headers", times=1)
    (killed,) = others.start(org.connection("jwt"), lease=5.0)
    tell(killed, "open")
    while not stalled.met:
        assert killed.poll() is None
    connection = connect(org, "jwt", limits=PATIENT)
    assert leases.take(sharing.vault, f"login:{credential_of(connection, 'host a').fingerprint}") is None
    killed.kill()
    logins = at_once(lambda: begin(connection, sharing).open(proven=True))
    assert sorted(each.shared for each in logins) == [False] + [True] * (THREADS - 1)
    assert org.counts().http_requests == 2


def test_a_holder_that_takes_too_long(org: FakeOrg, begin: Begin, sharing: Sharing, others: Others) -> None:
    """Nobody waits longer for another's login than his own may take."""
    with org.fault(path="*/token", stall="headers", times=1) as stalled:
        (slow,) = others.start(org.connection("jwt"))
        tell(slow, "open")
        while not stalled.met:
            assert slow.poll() is None
        connection = connect(org, "jwt", limits=TimeLimits(connect=1.0, read=5.0))
        assert not begin(connection, sharing).open().shared
    assert begin(connection, sharing).open().shared


def test_who_waits_can_be_told_to_stop(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """An examination whose time is over ends at once, though another still logs in."""
    connection = connect(org, "jwt", limits=PATIENT)
    session = begin(connection, sharing)
    with leases.take(sharing.vault, f"login:{credential_of(connection, 'host a').fingerprint}"):  # type: ignore[union-attr]
        threading.Timer(0.1, session.abort).start()
        refusal = refusal_of(session)
    assert (refusal.said, refusal.where) == ("examination time limit of 120 s reached", "token request (JWT bearer)")
    assert org.counts().http_requests == 0


def test_a_salesforce_that_keeps_silent(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Who has waited for a login that nobody answered knows it by that, and does not wait once more with all the others. It is no
    refusal, and who comes later asks for himself.
    """
    connection = connect(org, "client_credentials", limits=TimeLimits(connect=3.0, read=4.0))
    with org.fault(path="*/token", stall="headers", times=1):
        refusals = at_once(lambda: begin(connection, sharing).open(proven=True))
    assert org.counts().http_requests == 1
    assert Counter(each.message for each in refusals) == {
        "read time limit reached": 1,
        "read time limit reached, in a login that this one waited for": THREADS - 1,
    }
    assert {(each.answered, each.repeated, each.not_before) for each in refusals} == {(False, False, "")}
    assert len({(each.at, each.where, each.host) for each in refusals}) == 1
    assert {diagnose(each).cause for each in refusals} == {"network_timeout"}
    assert begin(connection, sharing).open(proven=True).fresh


@pytest.mark.parametrize("holder", ["less patient", "as patient"])
def test_a_silence_counts_for_the_as_patient(org: FakeOrg, begin: Begin, sharing: Sharing, holder: str) -> None:
    """Who waits longer than another may still get an answer; and a login that is kept counts more than a silence."""
    connection = connect(org, "jwt", limits=TimeLimits(connect=3.0, read=4.0))
    credential, limits = credential_of(connection, "host a"), connection.time_limits
    began = pendulum.now("UTC").subtract(seconds=1)
    silent = no_answer("read time limit reached")
    note_silence(sharing.vault, credential, silent, limits if holder == "as patient" else replace(limits, read=1.0))
    found = silence_since(began, kept(connection, sharing), credential, limits)
    assert (found is not None) is (holder == "as patient")
    assert silence_since(pendulum.now("UTC"), kept(connection, sharing), credential, limits) is None
    assert begin(connection, sharing).open(proven=True).fresh


@pytest.mark.parametrize(
    "why", ["name does not resolve", "connection reset", "examination time limit of 1 s reached", "TLS failed: x"]
)
def test_what_is_no_silence(org: FakeOrg, sharing: Sharing, why: str) -> None:
    """What goes wrong at once, or by one's own hurry, is told to nobody."""
    connection = connect(org, "jwt")
    note_silence(sharing.vault, credential_of(connection, "host a"), no_answer(why), connection.time_limits)
    assert kept(connection, sharing) == Kept()


def test_a_silence_displaces_no_refusal(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Who asks afresh and meets silence does not make the others forget that the login is refused."""
    connection = connect(org, "jwt", limits=TimeLimits(connect=1.0, read=1.0))
    org.user().active = False
    refusal_of(begin(connection, sharing))
    with org.fault(path="*/token", stall="headers", times=1):
        assert not refusal_of(begin(connection, replace(sharing, afresh=True))).answered
    assert refusal_of(begin(connection, sharing)).repeated


def test_a_holder_in_a_bad_moment(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """That Salesforce stumbled over its login is nothing to others: they try for themselves, one after the other."""
    connection = connect(org, "client_credentials", limits=PATIENT)
    with org.fault(path="*/token", status=503, times=1):
        outcomes = at_once(lambda: begin(connection, sharing).open())
    assert sum(isinstance(each, Refusal) for each in outcomes) == 1
    assert org.counts().http_requests == 2


# Sessions that die


@each_flow
def test_a_dead_token_is_replaced_once_for_all(org: FakeOrg, begin: Begin, sharing: Sharing, name: str) -> None:
    """By each flow: users' clients whose session dies share the one login that replaces it, and their loops go on."""
    connection = connect(org, name, limits=PATIENT)
    clients = []
    for _ in range(3):
        session = begin(connection, sharing)
        session.open()
        clients.append(session.client())
    for _ in range(2):
        org.expire_sessions()
        org.reset_counts()
        for client in clients:
            assert client.query(QUERY)["totalSize"] == 1
        assert org.counts().logins == 1


def test_processes_in_a_long_loop(org: FakeOrg, others: Others) -> None:
    """Processes whose sessions die halfway go on, and make one login in all."""
    fields = org.connection("client_credentials")
    processes = others.start(fields, PROCESSES)
    assert all_answer(processes, "open") == Counter(made=1, shared=PROCESSES - 1)
    assert all_answer(processes, "query") == Counter(asked=PROCESSES)
    org.expire_sessions()
    org.reset_counts()
    assert all_answer(processes, "query") == Counter(asked=PROCESSES)
    assert org.counts().logins == 1
    assert org.counts().api_calls == PROCESSES * 10 + PROCESSES


def test_threads_of_one_client(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Threads that share a client, whose token another task has replaced already, need no login."""
    connection = connect(org, "jwt", limits=PATIENT)
    mine, theirs = begin(connection, sharing), begin(connection, sharing)
    for session in (mine, theirs):
        session.open()
    client = mine.client()
    org.expire_sessions()
    theirs.client().query(QUERY)
    org.reset_counts()
    assert len(at_once(lambda: client.query(QUERY)["totalSize"])) == THREADS
    assert org.counts().logins == 0


def test_two_deaths_while_one_was_idle(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Where the token that others made is dead too, it is no policy yet: a login is made, and the call succeeds."""
    connection = connect(org, "jwt")
    mine, theirs = begin(connection, sharing), begin(connection, sharing)
    for session in (mine, theirs):
        session.open()
    client = mine.client()
    org.expire_sessions()
    theirs.client().query(QUERY)
    org.expire_sessions()
    assert client.query(QUERY)["totalSize"] == 1
    assert org.counts().logins == 3


def test_a_policy_is_no_expiry(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Where Salesforce refuses the new session as well, one login was made, the user is told, and nobody takes that token."""
    connection = connect(org, "jwt")
    session = begin(connection, sharing)
    session.open()
    client = session.client()
    org.fault(path="/services/data/*", status=401)
    for _ in range(2):
        with pytest.raises(SalesforceExpiredSession):
            client.query(QUERY)
    assert org.counts().logins == 2
    assert kept(connection, sharing).token is None


def test_a_dropped_token(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """What an examination found dead is taken by nobody, also where another has kept it later; a newer one stays."""
    connection = connect(org, "jwt")
    session = begin(connection, sharing)
    session.drop_token()
    session.open(proven=True)
    begin(connection, replace(sharing, afresh=True)).open()  # the same live session, made later
    org.expire_sessions()
    session.drop_token()
    assert kept(connection, sharing).token is None
    assert not session.open(proven=True).shared
    older = begin(connection, sharing)
    older.open()
    org.expire_sessions()
    newer = begin(connection, replace(sharing, afresh=True)).open()
    older.drop_token()
    assert older.open(proven=True).token == newer.token


def test_a_dropped_token_is_not_taken_again(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Whoever keeps it meanwhile: a conversation that was refused by it does not come back to it."""
    connection = connect(org, "jwt")
    session = begin(connection, sharing)
    dead = session.open(proven=True)
    session.drop_token()
    keep_older(connection, sharing, dead, -1)
    assert not session.open(proven=True).shared


def test_a_dead_session_of_one_who_asked_afresh(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """What others made after its own login may be taken; nothing older."""
    connection = connect(org, "jwt")
    mine, theirs = begin(connection, replace(sharing, afresh=True)), begin(connection, sharing)
    for session in (theirs, mine):
        session.open()
    client = mine.client()
    org.expire_sessions()
    theirs.client().query(QUERY)
    org.reset_counts()
    client.query(QUERY)
    assert org.counts().logins == 0


def test_a_ready_session(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """It is nobody else's; the login that replaces it, once it is dead, is shared."""
    connection = connect_by_session(org)
    clients = []
    for _ in range(2):
        session = begin(connection, sharing)
        assert not session.open().shared
        clients.append(session.client())
    assert connection.renewal is not None
    assert kept(connection.renewal, sharing) == kept(connection, sharing) == Kept()
    org.expire_sessions()
    for client in clients:
        client.query(QUERY)
    assert org.counts().logins == 1


def test_a_refused_renewal(org: FakeOrg, begin: Begin, sharing: Sharing) -> None:
    """Clients whose session died meet one refusal between them, and the error says when it is really tried again."""
    connection = connect(org, "jwt")
    clients = []
    for _ in range(2):
        session = begin(connection, sharing)
        session.open()
        clients.append(session.client())
    org.user().active = False
    said = []
    for client in clients:
        with pytest.raises(SalesforceAuthenticationFailed) as raised:
            client.query(QUERY)
        said.append(str(raised.value))
    assert "inactive user; next real login attempt not before" in said[0]
    assert "inactive user, first at" in said[1]
    assert org.counts().logins == 2


# A vault that fails


class FailingVault(MemoryVault):
    """Fails in one of its methods, from the ``nth`` call on."""

    def __init__(self, name: str, nth: int = 1) -> None:
        super().__init__()
        self.name, self.nth = name, nth

    def _used(self, name: str) -> Any:
        lock = super()._used(name)
        if name == self.name and self.asked[name] >= self.nth:
            raise VaultError("The store cannot be used.")
        return lock


FAILURES = [
    ("recall", 1),
    ("recall", 2),
    ("take_lease", 1),
    ("keep_token", 1),
    ("give_back", 1),
    ("drop_token", 1),
    ("keep_refusal", 1),
    ("forget", 1),
]


@pytest.mark.parametrize(("method", "nth"), FAILURES)
def test_a_vault_that_fails(org: FakeOrg, begin: Begin, monkeypatch: pytest.MonkeyPatch, method: str, nth: int) -> None:
    """Whatever it fails in, each task logs in for itself, and renews its session: the store is no point of failure."""
    monkeypatch.setattr(leases, "SECONDS", 1.0)  # one that cannot be given back is waited for
    sharing = Sharing(vault=FailingVault(method, nth), egress="host a")
    connection = connect(org, "jwt", limits=PATIENT)
    session = begin(connection, sharing)
    assert session.open(proven=True).fresh
    client = session.client()
    org.expire_sessions()
    assert client.query(QUERY)["totalSize"] == 1
    session.drop_token()
    afresh = begin(connection, replace(sharing, afresh=True, token_age=0))
    assert afresh.open(proven=True).fresh
    org.user().active = False
    refusals = [refusal_of(begin(connection, replace(sharing, token_age=0))) for _ in range(2)]
    assert {each.code for each in refusals} == {"invalid_grant"}
    assert bool(refusals[0].not_before) is (method not in ("recall", "take_lease", "keep_refusal"))


def test_no_vault_is_asked_where_nothing_is_shared(org: FakeOrg, begin: Begin) -> None:
    """A site that has turned all of it off pays nothing for it."""
    vault = MemoryVault()
    chosen = Sharing(vault=vault, egress="host a", proof=0, token_age=0, refusal_age=0)
    session = begin(connect(org, "jwt"), chosen)
    session.open(proven=True)
    session.client().query(QUERY)
    assert not vault.asked


def test_a_key_that_cannot_be_read(begin: Begin, sharing: Sharing, org: FakeOrg) -> None:
    """Without the credential nothing is shared, and the login says what is wrong, as it always did."""
    connection = connect(org, "jwt", private_key=None, private_key_file_path="/none/key.pem")
    with pytest.raises(ValueError, match="private_key_file_path"):
        begin(connection, sharing).open()


def test_what_it_costs_when_a_login_is_there(org: FakeOrg, begin: Begin) -> None:
    """One question to the vault, and no lease."""
    vault = MemoryVault()
    sharing = Sharing(vault=vault, egress="host a")
    connection = connect(org, "jwt")
    begin(connection, sharing).open()
    vault.asked.clear()
    begin(connection, sharing).open(proven=True)
    assert vault.asked == {"recall": 1}


# Secrets


@each_flow
def test_nothing_is_told(org: FakeOrg, begin: Begin, sharing: Sharing, tmp_path: Path, name: str) -> None:
    """No token and no secret is in the store's files, in a log, in an error, or in what a session shows."""
    canaries = Canaries(org)
    connection = canaries.connection(name)
    shown: list[str] = []
    with canaries.logs() as logged:
        sessions = [begin(connection, sharing) for _ in range(2)]
        shown += [repr(session.open(proven=True)) for session in sessions]
        client = sessions[0].client()
        org.expire_sessions()
        client.query(QUERY)
        canaries.remember()
        org.user().active = False
        with pytest.raises(SalesforceAuthenticationFailed) as raised:
            sessions[1].client().query(QUERY)
        with pytest.raises(Refused) as again:
            begin(connection, replace(sharing, afresh=True)).open()
        shown += [canaries.error_texts(raised.value), canaries.error_texts(again.value)]
        shown += [repr(kept(connection, sharing)), repr(sharing)]
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert files
    shown += [path.read_bytes().decode("latin-1") for path in files]
    assert canaries.found_in(logged(), *shown) == []
