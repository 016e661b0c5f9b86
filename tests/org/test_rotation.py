"""Logins by a refresh token that changes at each use: none is sent twice, and none is lost in silence."""

from __future__ import annotations

import logging
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from connecting import fields_of
from rotating import OURS, Wrapped, is_whole, ours, rotating, uses
from vaults import MemoryVault

from airflow_sf_health.org import grants, leases, rotating_login
from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.org.credentials import grant_credential_of
from airflow_sf_health.org.errors import Refusal, Refused
from airflow_sf_health.org.grant_refusals import DEAD, LOST, UNSURE
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.org.vault import Grant, Sealed, VaultError
from airflow_sf_health.store import _database, open_store
from airflow_sf_health.testing import FakeOrg

Open = Callable[..., OrgSession]
QUERY = "SELECT Id FROM Account LIMIT 1"
LEASE = 1.5


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes after a lost reply waits for a second, and not for ten."""
    monkeypatch.setattr(leases, "SECONDS", LEASE)
    monkeypatch.setattr(leases, "BEAT", 0.2)
    monkeypatch.setattr(rotating_login, "ON_ITS_WAY", 0.3)


@pytest.fixture(autouse=True)
def _no_other_token(org: FakeOrg) -> None:
    """What counts are the tokens of this test, not the one of the environment."""
    org.state.refresh_tokens.clear()


@pytest.fixture
def vault() -> Wrapped:
    return Wrapped(MemoryVault())


@pytest.fixture
def begin(vault: Wrapped) -> Iterator[Open]:
    """Make sessions that share nothing but the keeping of grants, not yet open."""
    with ExitStack() as stack:

        def make(connection: OrgConnection, **how: Any) -> OrgSession:
            sharing = Sharing(**{"vault": vault, "egress": "a", "token_age": 0.0, "refusal_age": 0.0, **how})
            return stack.enter_context(OrgSession(connection, sharing=sharing))

        yield make


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as raised:
        act()
    return raised.value.refusal


def grant_of(vault: Wrapped, connection: OrgConnection) -> Grant:
    found: Grant | None = vault.grant(grant_credential_of(connection).fingerprint)
    assert found is not None
    return found


def mark(vault: Wrapped, connection: OrgConnection, spender: str = "somebody who is gone") -> None:
    vault.begin_spending(grant_credential_of(connection).fingerprint, spender)


def mark_before(vault: Wrapped, name: str, connection: OrgConnection) -> None:
    """Let somebody else mark the grant just before the vault is next called by this name."""

    def marked(act: Callable[..., Any], *given: Any) -> Any:
        vault.on.clear()
        mark(vault, connection)
        return act(*given)

    vault.on[name] = marked


def test_each_login_spends_the_newest(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Login after login, each token is sent once and the next one is kept; the session works, and the last token lives."""
    connection = rotating(org)
    for _ in range(4):
        login = begin(connection).open()
        assert (login.fresh, login.rotated) == (True, False)
    session = begin(connection)
    session.open()
    assert session.client().query(QUERY)
    assert uses(org) == [1, 1, 1, 1, 1, 0]
    assert is_whole(org)
    assert grant_of(vault, connection).spender == ""


def test_grant_in_a_database(org: FakeOrg, begin: Open, tmp_path: Path) -> None:
    """The store keeps it as well, for all who open it, and without any of the tokens in clear."""
    connection, file = rotating(org), tmp_path / "store.sqlite"
    for egress in ("a", "b", "a"):
        begin(connection, vault=open_store(f"sqlite:///{file}").vault, egress=egress).open()
    assert uses(org) == [1, 1, 1, 0]
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert not [token for token in org.state.refresh_tokens if token.value.encode() in kept]


def test_one_grant_for_every_connection_with_the_token(org: FakeOrg, begin: Open) -> None:
    """Another egress, proxies or secret of the connection make no second grant of the same token."""
    connection = rotating(org)
    without = replace(connection, consumer_secret=None)
    begin(connection).open()
    begin(without, egress="b").open()
    begin(replace(connection, conn_id="another", contact="me")).open()
    assert uses(org) == [1, 1, 1, 0]


def test_new_token_in_the_connection_starts_anew(org: FakeOrg, begin: Open) -> None:
    """What its owner puts there is used, whatever was kept of the one before."""
    begin(rotating(org)).open()
    begin(rotating(org)).open()
    assert uses(org) == [1, 0, 1, 0]


def test_many_at_once(org: FakeOrg, begin: Open) -> None:
    """Eight threads log in one after the other."""
    connection = rotating(org)
    org.latency = 0.02
    sessions = [begin(connection) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        assert all(login.fresh for login in threads.map(lambda session: session.open(), sessions))
    assert uses(org) == [1] * 8 + [0]
    assert is_whole(org)


def test_app_that_does_not_rotate(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """A reply without a new token has spent nothing: the same one is used again."""
    connection = rotating(org)
    org.state.apps[0].refresh_token_rotation = False
    begin(connection).open()
    begin(connection).open()
    assert uses(org) == [2]
    assert grant_of(vault, connection) == Grant(None)


def test_kept_before_it_is_used(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """That a token is being spent is noted before it is sent, and the next one is kept before the login is given to anybody."""
    connection = rotating(org)
    seen: list[tuple[str, list[int]]] = []

    def watch(name: str) -> None:
        def noted(act: Callable[..., Any], *given: Any) -> Any:
            seen.append((name, uses(org)))
            return act(*given)

        vault.on[name] = noted

    watch("begin_spending")
    watch("end_spending")
    begin(connection).open()
    assert seen == [("begin_spending", [0]), ("end_spending", [1, 0])]


@pytest.mark.parametrize("secret", [True, False])
def test_refusal_spends_nothing(org: FakeOrg, begin: Open, vault: Wrapped, *, secret: bool) -> None:
    """A token that Salesforce refused is as good as before, where the refusal is not about the token."""
    connection = rotating(org) if secret else rotating(org, consumer_secret=None)
    begin(connection).open()
    org.user().frozen = True
    assert refusal_of(begin(connection).open).code == "invalid_grant"
    assert grant_of(vault, connection).spender == ""
    org.user().frozen = False
    assert begin(connection).open().fresh


def test_revoked_token(org: FakeOrg, begin: Open) -> None:
    """A grant that was revoked in Salesforce is refused in its words."""
    connection = rotating(org)
    begin(connection).open()
    org.state.refresh_tokens[-1].revoked = True
    assert refusal_of(begin(connection).open).said == "invalid_grant: expired access/refresh token"


@pytest.mark.parametrize("trouble", [{"connection": "refused"}, {"connection": "unresolvable"}, {"tls": "other_ca"}])
def test_token_that_never_left(org: FakeOrg, begin: Open, vault: Wrapped, trouble: dict[str, Any]) -> None:
    """Where no connection was made the token was not sent: nothing has to be asked, with a secret or without one."""
    connection = rotating(org, consumer_secret=None)
    with org.fault(**trouble):
        assert not refusal_of(begin(connection).open).answered
    assert grant_of(vault, connection).spender == ""
    assert begin(connection).open().fresh


@pytest.mark.usefixtures("short_leases")
@pytest.mark.parametrize("lost", [{"truncate": "transfer"}, {"truncate": "text"}, {"stall": "body"}])
def test_reply_that_got_lost(org: FakeOrg, begin: Open, lost: dict[str, Any]) -> None:
    """The next one says that the grant is lost, since when, and sends the token no second time."""
    connection = rotating(org, limits=TimeLimits(read=0.3))
    with org.fault(path="*/token", times=1, **lost):
        assert not refusal_of(begin(connection).open).answered
    for _ in range(2):
        refusal = refusal_of(begin(connection).open)
        assert refusal.code == LOST
        assert "began to spend the refresh token at 20" in refusal.message
        assert "UTC, and ended or lost the reply before the new one was kept; the token is dead now" in refusal.message
    assert uses(org) == [1, 0]
    assert is_whole(org)


@pytest.mark.usefixtures("short_leases")
@pytest.mark.parametrize("trouble", [{"status": 503}, {"stall": "headers"}, {"reset": True}])
def test_reply_that_never_was(org: FakeOrg, begin: Open, vault: Wrapped, trouble: dict[str, Any]) -> None:
    """Where the token was not spent though nobody can know, it is asked about, and used."""
    connection = rotating(org, limits=TimeLimits(read=0.3))
    with org.fault(path="*/token", times=1, **trouble):
        assert not refusal_of(begin(connection).open).answered
    assert grant_of(vault, connection).spender
    began = time.monotonic()
    assert begin(connection).open().fresh
    assert time.monotonic() - began > LEASE / 2, "nobody asks before Salesforce has surely ended with the request"
    assert [each.path for each in org.requests()][-2:] == ["/services/oauth2/introspect", "/services/oauth2/token"]


@pytest.mark.usefixtures("short_leases")
def test_token_in_use_by_somebody_else(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Another request with it may spend it, so it is asked about before the next use."""
    connection = rotating(org)
    with org.context.in_use.hold(org.state.refresh_tokens[-1].value):
        assert "already being processed" in refusal_of(begin(connection).open).message
    assert grant_of(vault, connection).spender
    assert begin(connection).open().fresh


def test_spender_who_died_before_sending(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """A mark of one who is gone costs one question; the token lives, and is used."""
    connection = rotating(org)
    mark(vault, connection)
    assert begin(connection).open().fresh
    assert uses(org) == [1, 0]


@pytest.mark.parametrize("code", [LOST, UNSURE])
def test_spender_who_died_after_sending(org: FakeOrg, begin: Open, vault: Wrapped, code: str) -> None:
    """What is dead is told as lost; what cannot be asked about, for lack of a secret or of a right, is told as such. Neither is sent."""
    connection = rotating(org) if code == LOST else rotating(org, consumer_secret=None)
    begin(connection).open()
    mark(vault, connection)
    org.state.refresh_tokens[-1].spent = True
    refusal = refusal_of(begin(connection).open)
    assert refusal.code == code
    assert uses(org) == [1, 0]
    assert grant_of(vault, connection).spender, "whoever comes next says the same"


def test_unsure_until_a_secret_is_there(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Without a consumer_secret a token that may be spent is not sent; once the connection has one, it is asked about, and used."""
    connection = rotating(org)
    without = replace(connection, consumer_secret=None)
    mark(vault, without)
    refusal = refusal_of(begin(without).open)
    assert refusal.code == UNSURE
    assert "cannot be asked without a consumer_secret, so it is not sent a second time" in refusal.message
    assert org.counts().http_requests == 0
    assert begin(connection).open().fresh


def test_unsure_where_nobody_may_ask(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Where Salesforce refuses to tell, the token is not sent either."""
    connection = rotating(org)
    mark(vault, connection)
    org.state.apps[0].consumer_secret = "another"
    refusal = refusal_of(begin(connection).open)
    assert refusal.code == UNSURE
    assert "could not be asked (HTTP 401" in refusal.message or "could not be asked (invalid_client" in refusal.message
    assert uses(org) == [0]


def test_silence_about_a_marked_token(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Where nobody answers, nothing is known, and the next one asks again."""
    connection = rotating(org)
    mark(vault, connection)
    with org.fault(path="*/introspect", reset=True):
        assert not refusal_of(begin(connection).open).answered
    assert begin(connection).open().fresh


def test_token_that_was_spent_elsewhere(org: FakeOrg, begin: Open) -> None:
    """Before a token is first spent here it is asked about: one that another store has spent is not sent, which would revoke that one's."""
    connection = rotating(org)
    begin(connection, vault=MemoryVault()).open()
    refusal = refusal_of(begin(connection, vault=MemoryVault()).open)
    assert refusal.code == DEAD
    assert uses(org) == [1, 0]
    assert is_whole(org)


def test_damaged_copy(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """A token that is kept and cannot be read is lost; the connection's own, which is spent, does not stand in."""
    connection = rotating(org)
    begin(connection).open()
    found = grant_of(vault, connection)
    assert found.sealed is not None
    damaged = Sealed(found.sealed.blob[:-1], found.sealed.at)
    vault.on["grant"] = lambda act, name: replace(act(name), sealed=damaged)
    assert "copy of the newest refresh token is damaged" in refusal_of(begin(connection).open).message
    assert uses(org) == [1, 0]


@pytest.mark.parametrize("name", ["take_lease", "grant", "begin_spending"])
def test_vault_that_cannot_be_used(org: FakeOrg, begin: Open, vault: Wrapped, name: str) -> None:
    """Without a place for the next token nothing is spent, and nothing is known: the sentence says why."""
    connection = rotating(org)

    def fail(*_: object) -> None:
        raise VaultError("The store (SQLite) is read-only.")

    vault.on[name] = fail
    refusal = refusal_of(begin(connection).open)
    assert (refusal.code, refusal.answered) == (None, False)
    assert refusal.message.startswith(
        "the refresh token was not spent, since what keeps the next one cannot be used: The"
    )
    assert refusal.message.endswith("The store (SQLite) is read-only.")
    assert uses(org) == [0]
    vault.on.clear()
    assert begin(connection).open().fresh


def test_no_vault_at_all(org: FakeOrg) -> None:
    """A conversation that was given none sends nothing."""
    connection = rotating(org)
    with OrgSession(connection) as session:
        assert "cannot be used: this login was given no store" in refusal_of(session.open).message
    assert org.counts().http_requests == 0


def test_vault_that_fails_for_a_moment(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """The only copy of the next token is kept as soon as that can be."""
    connection, failures = rotating(org), [VaultError("Locked.")] * 3

    def fail_at_first(act: Callable[..., bool], *given: Any) -> bool:
        if failures:
            raise failures.pop()
        return act(*given)

    vault.on["end_spending"] = fail_at_first
    assert begin(connection).open().fresh
    assert begin(connection).open().fresh
    assert is_whole(org)


def test_database_that_is_locked_for_a_moment(
    org: FakeOrg, begin: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that failed is not asked again for half a minute, but for the one thing that has no other copy."""
    file = tmp_path / "store.sqlite"
    vault, connection = Wrapped(open_store(f"sqlite:///{file}").vault), rotating(org)
    begin(connection, vault=vault).open()

    def lock(act: Callable[..., bool], *given: Any) -> bool:
        vault.on.clear()
        monkeypatch.setattr(_database, "PATIENCE", 1.0)
        other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(2.5, other.close).start()
        return act(*given)

    vault.on["end_spending"] = lock
    assert begin(connection, vault=vault).open().fresh
    assert begin(connection, vault=Wrapped(open_store(f"sqlite:///{file}").vault)).open().fresh
    assert uses(org) == [1, 1, 1, 0]


@pytest.mark.usefixtures("short_leases")
def test_vault_that_fails_for_good(
    org: FakeOrg,
    begin: Open,
    vault: Wrapped,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The log and the verdict say when the token was spent and why the next one is lost; nobody gets what came with it. No token is shown."""
    monkeypatch.setattr(grants, "KEEPING", 0.5)
    connection = rotating(org)

    def fail(*_: object) -> bool:
        raise VaultError("The store (SQLite) is full.")

    vault.on["end_spending"] = fail
    session = begin(connection)
    with caplog.at_level(logging.DEBUG):
        refusal = refusal_of(session.open)
    assert refusal.code == LOST
    assert "and the new one could not be kept: The store (SQLite) is full, so the grant is lost" in refusal.message
    assert session.login is None
    (error,) = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert error.startswith("Connection 'crm': the refresh token was spent at ")
    assert not [token for token in org.state.refresh_tokens if token.value in caplog.text + refusal.message]
    vault.on.clear()
    assert refusal_of(begin(connection).open).code == LOST
    assert is_whole(org)


def test_late_rival(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Somebody whose lease was over long ago marks the grant while its token is under way: he sends nothing, and the next one is kept."""
    connection = rotating(org)
    mark_before(vault, "end_spending", connection)
    assert begin(connection).open().fresh
    assert grant_of(vault, connection).spender == ""
    assert begin(connection).open().fresh
    assert uses(org) == [1, 1, 0]


def test_rival_who_was_faster(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Whoever finds another's mark where there was none sends nothing, and leaves the grant as uncertain as it is."""
    connection = rotating(org)
    mark_before(vault, "begin_spending", connection)
    assert "another task is using the same refresh token" in refusal_of(begin(connection).open).message
    assert uses(org) == [0]
    assert grant_of(vault, connection).spender
    assert begin(connection).open().fresh


def test_lease_that_was_lost_before_sending(
    org: FakeOrg, begin: Open, vault: Wrapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was held up until the lease is no longer surely his does not send the token, though the connection is made."""
    connection = rotating(org)
    with monkeypatch.context() as patched:
        patched.setattr(leases.Lease, "held_for", lambda self, seconds: seconds == 0)
        assert "this one was held up too long" in refusal_of(begin(connection).open).message
    assert uses(org) == [0]
    assert grant_of(vault, connection).spender == ""
    assert begin(connection).open().fresh


def test_lease_of_another(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Whoever waits in vain sends nothing, and says what he waited for."""
    connection = rotating(org, limits=TimeLimits(connect=0.1, read=0.1))
    vault.take_lease(f"grant:{grant_credential_of(connection).fingerprint}", "another", 60)
    refusal = refusal_of(begin(connection).open)
    assert "another task is using the same refresh token" in refusal.message
    assert org.counts().http_requests == 0


def test_abort_cuts_no_reply(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """An examination whose time is out gets no login; what was sent by then is waited for and kept by nobody but a thread."""
    connection = rotating(org)
    begin(connection).open()
    org.latency = 0.6
    session = begin(connection)
    threading.Timer(0.3, session.abort).start()
    assert "time limit" in refusal_of(session.open).message
    began = time.monotonic()
    while grant_of(vault, connection).spender and time.monotonic() - began < 10:
        time.sleep(0.05)
    org.latency = 0
    assert begin(connection).open().fresh
    assert is_whole(org)


def test_task_that_is_told_to_end(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """An execution time-out in the middle of a login ends the task once the next token is kept."""
    connection = rotating(org)
    begin(connection).open()
    org.latency = 0.5

    def told_to_end(*_: object) -> None:
        raise TimeoutError("execution time-out")

    before = signal.signal(signal.SIGALRM, told_to_end)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeoutError, match="execution time-out"):
            begin(connection).open()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert grant_of(vault, connection).spender == ""
    org.latency = 0
    assert begin(connection).open().fresh
    assert is_whole(org)


def test_renewal_of_a_dead_session(org: FakeOrg, begin: Open) -> None:
    """A client's session is renewed by the newest token, as often as it dies, and never by a spent one."""
    session = begin(rotating(org))
    session.open()
    client = session.client()
    for _ in range(3):
        org.expire_sessions()
        assert client.query(QUERY)
    assert uses(org) == [1, 1, 1, 1, 0]
    assert is_whole(org)


def test_renewal_of_a_ready_session(org: FakeOrg, begin: Open) -> None:
    """A ready session beside such a token is renewed by it."""
    org.state.apps[0].refresh_token_rotation = True
    fields, ready = org.connection("refresh_token")["extra"], org.connection("session")["extra"]
    session = begin(ours({**fields, **ready, **OURS, "login_flow": None}))
    session.open(identify=False)
    client = session.client()
    for _ in range(2):
        org.expire_sessions()
        assert client.query(QUERY)
    assert uses(org) == [1, 1, 0]


def test_shared_login(org: FakeOrg, begin: Open) -> None:
    """Where tokens are shared, one login is enough for two tasks, and one rotation."""
    connection = rotating(org)
    first = begin(connection, token_age=1800.0).open()
    second = begin(connection, token_age=1800.0).open()
    assert (first.shared, second.shared, second.token) == (False, True, first.token)
    assert uses(org) == [1, 0]


def test_introspection_of_the_newest(org: FakeOrg, begin: Open) -> None:
    """The question is about the token in keeping: the connection's own is long spent."""
    connection = rotating(org)
    begin(connection).open()
    assert begin(connection).introspect().active
    org.state.refresh_tokens[-1].revoked = True
    assert not begin(connection).introspect().active


def test_introspection_beside_a_login(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """A token that is dead while another spends it is no bad sign; one whose spender is gone is lost."""
    connection = rotating(org)
    begin(connection).open()
    mark(vault, connection)
    org.state.refresh_tokens[-1].spent = True
    name = f"grant:{grant_credential_of(connection).fingerprint}"
    vault.take_lease(name, "another", 60)
    assert "another task is using the same refresh token" in refusal_of(begin(connection).introspect).message
    vault.give_back(name, "another")
    assert refusal_of(begin(connection).introspect).code == LOST


def test_introspection_that_a_login_overtook(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Where the token was spent and the next one kept while the question was on its way, it is asked about the next one."""
    connection = rotating(org)
    begin(connection).open()
    old = grant_of(vault, connection)
    begin(connection).open()
    answers = [old]
    vault.on["grant"] = lambda act, name: answers.pop() if answers else act(name)
    assert begin(connection).introspect().active


def test_introspection_without_a_vault(org: FakeOrg, begin: Open, vault: Wrapped) -> None:
    """Which token is the newest, only the vault knows."""
    connection = rotating(org)
    vault.vault.problem = "The store (SQLite) is read-only."  # type: ignore[attr-defined]
    assert "cannot be used: The store (SQLite) is read-only." in refusal_of(begin(connection).introspect).message


UNTOLD: dict[str, Any] = {"refresh_token_rotation": False}


def test_rotation_that_nobody_told(org: FakeOrg, begin: Open, caplog: pytest.LogCaptureFixture) -> None:
    """A token that is ours and changes unexpectedly is not lost: the next one is kept and used, and the log says what to set."""
    connection = rotating(org, **UNTOLD)
    assert not connection.rotates
    assert not begin(connection).open().rotated
    assert "Set refresh_token_rotation to true." in caplog.text
    assert not begin(connection).open().rotated
    assert uses(org) == [1, 1, 0]
    assert is_whole(org)


def test_rotation_that_nobody_told_and_nothing_keeps(
    org: FakeOrg, begin: Open, vault: Wrapped, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it cannot be kept it is as without a store: the login is given, and it is said that it spent the token."""
    monkeypatch.setattr(grants, "KEEPING", 0.2)
    vault.vault.problem = "The store (SQLite) is read-only."  # type: ignore[attr-defined]
    assert begin(rotating(org, **UNTOLD)).open().rotated
    assert "the new one could not be kept: The store (SQLite) is read-only." in caplog.text


@pytest.mark.parametrize("extra", [{"refresh_token_owner": None}, {"refresh_token_owner": "acme-airflow"}])
def test_without_rotation(org: FakeOrg, begin: Open, extra: dict[str, Any]) -> None:
    """A token that does not change is used as ever, whoever owns it, and needs no vault that works."""
    connection = rotating(org, **UNTOLD, **extra)
    org.state.apps[0].refresh_token_rotation = False
    assert begin(connection).open().fresh
    assert begin(connection, vault=MemoryVault("The store is gone.")).open().fresh
    assert uses(org) == [2]


def test_token_of_others(org: FakeOrg) -> None:
    """At a site without a store nothing of this is even tried."""
    org.state.apps[0].refresh_token_rotation = True
    fields = org.connection("refresh_token")["extra"]
    connection = fields_of(**fields)
    with OrgSession(connection, sharing=Sharing(vault=MemoryVault(), egress="a")) as session:
        assert session.open().rotated
