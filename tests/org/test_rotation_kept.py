"""A refresh token that may be spent is not sent: where nobody said that it changes, where the vault fails, and where there is none."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import pytest
from connecting import connect
from rotating import Wrapped, is_whole, rotating, uses
from vaults import MemoryVault

from airflow_sf_health import examine
from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.org.credentials import credential_of, grant_credential_of
from airflow_sf_health.org.errors import Refusal, Refused
from airflow_sf_health.org.login import Login
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.org.vault import Vault, VaultError
from airflow_sf_health.report import Verdict
from airflow_sf_health.testing import FakeOrg

LONG = 30.0
UNSAID: dict[str, Any] = {"refresh_token_rotation": False}
PLAIN: dict[str, Any] = {"refresh_token_rotation": None, "refresh_token_owner": None}


@pytest.fixture(autouse=True)
def _no_other_token(org: FakeOrg) -> None:
    """What counts are the tokens of this test, not the one of the environment."""
    org.state.refresh_tokens.clear()


@pytest.fixture
def vault() -> Wrapped:
    return Wrapped(MemoryVault())


def opened(connection: OrgConnection, vault: Vault | Wrapped | None, **how: Any) -> Login | Refusal:
    """The login of a new session, or the refusal of it."""
    return _done(lambda session: session.open(), connection, vault, **how)


def introspected(connection: OrgConnection, vault: Vault | Wrapped | None) -> bool | Refusal:
    return _done(lambda session: session.introspect().active, connection, vault)


def _done(act: Callable[[OrgSession], Any], connection: OrgConnection, vault: Any, **how: Any) -> Any:
    sharing = {"vault": vault, "egress": "a", "token_age": 0.0, "refusal_age": 0.0, **how}
    with OrgSession(connection, sharing=Sharing(**sharing) if vault is not None else None) as session:
        try:
            return act(session)
        except Refused as refused:
            return refused.refusal


def failing(*_: object) -> None:
    raise VaultError("The store is locked.")


def twin(connection: OrgConnection) -> OrgConnection:
    """Another connection with the same token, of which nobody said anything."""
    return replace(connection, conn_id="twin", rotates=False, may_rotate=False)


def assert_unknown(found: object) -> None:
    """Nobody could be asked, which says nothing bad of the org."""
    assert isinstance(found, Refusal), found
    assert (found.code, found.answered) == (None, False)
    assert "the refresh token was not spent" in found.message


class ToldToEnd(BaseException):
    """As Airflow ends a task that runs."""


@contextmanager
def told_to_end(*, after: float) -> Iterator[None]:
    """The main thread is told to end after so many seconds."""

    def tell(*_: object) -> None:
        raise ToldToEnd

    before = signal.signal(signal.SIGALRM, tell)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("vaults", ["failing", "none"])
def test_unsaid_rotation_without_a_vault(org: FakeOrg, vault: Wrapped, vaults: str, *, secret: bool) -> None:
    """A token that has changed before though nobody said so is not sent while the vault with the newest one is out of reach."""
    connection = rotating(org, **UNSAID) if secret else rotating(org, consumer_secret=None, **UNSAID)
    assert isinstance(opened(connection, vault), Login)
    assert isinstance(opened(connection, vault), Login)
    vault.on["grant"] = failing
    assert_unknown(opened(connection, vault if vaults == "failing" else None))
    vault.on.clear()
    assert isinstance(opened(connection, vault), Login)
    assert uses(org) == [1, 1, 1, 0]
    assert is_whole(org)


@pytest.mark.parametrize("extra", [UNSAID, PLAIN])
def test_living_token_without_a_vault(org: FakeOrg, vault: Wrapped, extra: dict[str, Any]) -> None:
    """Where introspection says that the connection's own token lives, it is the newest, and is used though the vault fails."""
    connection = rotating(org, **extra)
    org.state.apps[0].refresh_token_rotation = False
    vault.on["grant"] = failing
    assert isinstance(opened(connection, vault), Login)
    assert [each.path for each in org.requests()] == ["/services/oauth2/introspect", "/services/oauth2/token"]


@pytest.mark.parametrize(("extra", "known"), [(UNSAID, False), (PLAIN, True)])
def test_nobody_can_tell(org: FakeOrg, vault: Wrapped, extra: dict[str, Any], *, known: bool) -> None:
    """Without a right to ask, a token that is declared this installation's is kept back; any other is used as ever."""
    connection = rotating(org, consumer_secret="not the app's", **extra)
    vault.on["grant"] = failing
    found = opened(connection, vault)
    if known:
        assert org.requests()[-1].path == "/services/oauth2/token"
    else:
        assert_unknown(found)
        assert uses(org) == [0]


def test_silence_without_a_vault(org: FakeOrg, vault: Wrapped) -> None:
    """Where nobody answers the question, the token is not sent."""
    connection = rotating(org, **PLAIN)
    vault.on["grant"] = failing
    with org.fault(path="*/introspect", reset=True):
        found = opened(connection, vault)
    assert isinstance(found, Refusal)
    assert not found.answered
    assert uses(org) == [0]


def test_twin_of_which_nobody_said_anything(org: FakeOrg, vault: Wrapped) -> None:
    """A second connection with the same token takes the newest one, and keeps what comes for it."""
    connection = rotating(org)
    assert isinstance(opened(connection, vault), Login)
    assert isinstance(opened(twin(connection), vault), Login)
    assert isinstance(opened(connection, vault), Login)
    assert uses(org) == [1, 1, 1, 0]
    assert is_whole(org)


def test_twin_while_the_vault_fails(org: FakeOrg, vault: Wrapped) -> None:
    """It does not send the spent token either."""
    connection = rotating(org)
    assert isinstance(opened(connection, vault), Login)
    vault.on["grant"] = failing
    assert_unknown(opened(twin(connection), vault))
    assert is_whole(org)


def test_twin_that_asks(org: FakeOrg, vault: Wrapped) -> None:
    """Whether the token of a second connection lives is asked about the newest one; that the connection's own is dead says nothing."""
    connection = rotating(org)
    assert isinstance(opened(connection, vault), Login)
    assert introspected(twin(connection), vault) is True
    vault.on["grant"] = failing
    assert_unknown(introspected(twin(connection), vault))


@pytest.mark.parametrize("others", [{}, {"refresh_token_owner": "skyvia"}])
def test_asking_without_the_vault(org: FakeOrg, vault: Wrapped, others: dict[str, Any]) -> None:
    """A living token is told as such; a dead one that others alone spend is told as dead, since no newer one of it is kept here."""
    connection = rotating(org, **{**PLAIN, **others})
    vault.on["grant"] = failing
    assert introspected(connection, vault) is True
    org.state.refresh_tokens[-1].revoked = True
    if others:
        assert introspected(connection, vault) is False
    else:
        assert_unknown(introspected(connection, vault))


def test_other_flows_ask_no_vault(org: FakeOrg, vault: Wrapped) -> None:
    """A flow without a refresh token has no grant, and works though the vault fails."""
    vault.on["grant"] = failing
    assert isinstance(opened(connect(org, "jwt"), vault), Login)


@pytest.mark.parametrize("how", ["told to end", "out of time"])
def test_examination_that_ends_while_a_reply_is_on_its_way(org: FakeOrg, vault: Wrapped, how: str) -> None:
    """The process may end after it, so it gives up only once the next token is kept."""
    connection = rotating(org, limits=TimeLimits(examination=1.0 if how == "out of time" else 30.0))
    assert isinstance(opened(connection, vault), Login)
    sharing = Sharing(vault=cast("Vault", vault), egress="a", token_age=0.0, refusal_age=0.0)
    org.latency = 2.0
    if how == "out of time":
        assert examine(connection, sharing=sharing).verdict is Verdict.UNDETERMINED
    else:
        with told_to_end(after=1.0), pytest.raises(ToldToEnd):
            examine(connection, sharing=sharing)
    grant = vault.grant(grant_credential_of(connection).fingerprint)
    assert grant.spender == "", "nobody knew whether it was spent, if the process ended now"
    org.latency = 0.0
    assert isinstance(opened(connection, vault), Login)
    assert uses(org) == [1, 1, 1, 0]


def test_end_before_anything_is_spent(org: FakeOrg, vault: Wrapped) -> None:
    """Where the token is still being asked about, nothing is waited for, and it is not sent afterwards."""
    connection = rotating(org)
    let_go = threading.Event()

    def told(act: Callable[..., Any], name: str) -> Any:
        let_go.wait(LONG)
        return act(name)

    vault.on["grant"] = told
    with told_to_end(after=0.5), pytest.raises(ToldToEnd):
        opened(connection, vault)
    assert not let_go.is_set()
    let_go.set()
    for thread in threading.enumerate():
        if thread.name == "sf-health-spending":
            thread.join(LONG)
    assert uses(org) == [0]
    vault.on.clear()
    assert vault.grant(grant_credential_of(connection).fingerprint) is None


@pytest.mark.parametrize("wanted", ["login", "refusal"])
def test_waiters_who_gave_up(org: FakeOrg, vault: Wrapped, wanted: str) -> None:
    """Whoever waited in vain for another's login, and then for the token, takes what came of it meanwhile: one of them spends it for all."""
    connection = rotating(org, limits=TimeLimits(connect=0.5, read=1.0))
    if wanted == "refusal":
        org.user().frozen = True
    vault.take_lease(f"login:{credential_of(connection, 'a').fingerprint}", "a slow one", LONG)
    org.latency = 0.3
    with ThreadPoolExecutor(5) as threads:
        found = list(threads.map(lambda _: opened(connection, vault, token_age=1800.0, refusal_age=60.0), range(5)))
    if wanted == "refusal":
        assert sorted(isinstance(each, Refusal) and each.repeated for each in found) == [False] + [True] * 4
        assert len({each.not_before for each in found if isinstance(each, Refusal)}) <= 2
        assert org.counts().logins == 1
    else:
        assert sorted(isinstance(each, Login) and each.shared for each in found) == [False] + [True] * 4
        assert uses(org) == [1, 0]
