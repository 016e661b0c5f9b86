"""What is shared through a store is nobody's who has the store alone: no secret stands in it, and no part of it opens without its
connection.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from canaries import FLOWS, LOGIN_FLOWS, Canaries
from sqlalchemy import LargeBinary
from store.postgres import Server, running
from stored import everything_in, rows_in

from airflow_sf_health import examine
from airflow_sf_health.org.connection import OrgConnection, org_connection
from airflow_sf_health.org.credentials import credential_of
from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.report import Report
from airflow_sf_health.store import open_store
from airflow_sf_health.store._warm import close_all
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.certificates import new_key_pair

EGRESS = "host of the tests"
CHANGES: dict[str, Callable[[FakeOrg], Any]] = {
    "healthy": lambda _: None,
    "inactive": lambda org: setattr(org.user(), "active", False),
    "other_password": lambda org: setattr(org.user(), "password", "another-password-now"),
    "other_secret": lambda org: setattr(org.state.apps[0], "consumer_secret", "another-secret-now"),
    "expired": lambda org: org.expire_sessions(),
    "policy": lambda org: org.fault(path="/services/data/*", status=401),
    "no_api": lambda org: setattr(org.state.org, "rest_api_enabled", False),
    "maintenance": lambda org: org.fault(status=503),
}
pytestmark = pytest.mark.filterwarnings("ignore:\\s*If your connected app:UserWarning")


@pytest.fixture
def canaries(org: FakeOrg) -> Canaries:
    return Canaries(org)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield f"sqlite:///{tmp_path}/store.sqlite"
    close_all()


def look(url: str, connection: OrgConnection) -> Report:
    """Examine as a task does whose site has that store."""
    store = open_store(url)
    report = examine(connection, memory=store, sharing=Sharing(vault=store.vault, egress=EGRESS))
    store.verdicts.record(report.conn_id, report, "dag.task", keep=500)
    return report


def ask(url: str, connection: OrgConnection) -> int:
    """Ask as a hook does; gives the logins that it made."""
    sharing = Sharing(vault=open_store(url).vault, egress=EGRESS)
    with OrgSession(connection, sharing=sharing) as session, suppress(Refused):
        session.open(identify=False)
        with suppress(Exception):
            session.client().query("SELECT Id FROM Account LIMIT 1")
    return session.traffic.logins


def use(org: FakeOrg, canaries: Canaries, url: str, connection: OrgConnection, state: str) -> None:
    """Well at first; then what comes, twice, as from two tasks."""
    look(url, connection)
    canaries.remember()
    CHANGES[state](org)
    for _ in range(2):
        ask(url, connection)
        look(url, connection)
        canaries.remember()


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("state", CHANGES)
def test_no_secret_is_in_the_file(org: FakeOrg, canaries: Canaries, url: str, name: str, state: str) -> None:
    """By each flow, healthy, refused and repaired: not in any byte of the file and its log, nor in what is packed in it."""
    with canaries.logs() as logged:
        use(org, canaries, url, canaries.connection(name), state)
    rows = rows_in(url)
    assert rows["sf_health_verdicts"]
    assert bool(rows["sf_health_logins"]) is (name != "session")
    assert canaries.found_in(everything_in(url), logged()) == []


@pytest.mark.parametrize("name", FLOWS)
def test_no_secret_is_in_the_tables_of_postgresql(
    org: FakeOrg, canaries: Canaries, postgres: Server, name: str
) -> None:
    """The same in each column of each table of a shared database."""
    url = postgres.new_database()
    try:
        for state in ("expired", "inactive"):
            use(org, canaries, url, canaries.connection(name), state)
        assert rows_in(url)["sf_health_verdicts"]
        assert canaries.found_in(everything_in(url)) == []
    finally:
        close_all()


def test_no_token_of_a_rotation_is_in_the_file(org: FakeOrg, canaries: Canaries, url: str) -> None:
    """Neither the token that stands in the connection nor any that came after it, spent or not."""
    connection = rotating(org, canaries)
    for _ in range(3):
        assert look(url, connection).repairs == ()
        canaries.remember()
        org.expire_sessions()
        ask(url, connection)
    assert len(org.state.refresh_tokens) > 3
    assert any(isinstance(each, bytes) for each in rows_in(url)["sf_health_grants"])
    assert canaries.found_in(everything_in(url)) == []


def test_what_is_searched_would_be_heard(canaries: Canaries, url: str) -> None:
    """The search hears a contact that is a secret, since a report has it, in the history or in what is remembered."""
    look(url, replace(canaries.connection("jwt"), conn_id="canary-password-of-the-user"))
    assert canaries.found_in(everything_in(url))


# A copy of the store


@pytest.mark.parametrize("name", [each for each in LOGIN_FLOWS if each != "refresh_token"])
def test_a_copy_opens_nothing_without_the_connection(
    org: FakeOrg, canaries: Canaries, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whoever has the file and another secret for the same user and app makes a login of his own; with the secret none is needed."""
    look(url, canaries.connection(name))
    close_all()
    shutil.copytree(tmp_path, tmp_path / "copy")
    copy = f"sqlite:///{tmp_path}/copy/store.sqlite"
    assert ask(copy, canaries.connection(name)) == 0
    other = changed_secret(org, canaries, monkeypatch, name)
    assert opened_by(other, copy) == {None}
    assert ask(copy, other) == 1


def test_a_copy_of_a_grant_is_for_its_connection_alone(org: FakeOrg, canaries: Canaries, url: str) -> None:
    """The refresh token in keeping opens for the one that stands in the connection, and for no later one."""
    connection = rotating(org, canaries)
    look(url, connection)
    token, later = org.state.refresh_tokens[-1].value, rotating(org, canaries)
    assert token not in everything_in(url)
    assert opened_by(later, url) == {None}


def test_all_that_is_sealed_is_bytes() -> None:
    """The tables have no further column that holds what only the credential may read."""
    from airflow_sf_health.store._tables import METADATA

    sealed = {
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert {"sf_health_logins.token", "sf_health_logins.refusal", "sf_health_grants.sealed"} < sealed
    assert "sf_health_passes.sealed" in sealed


def rotating(org: FakeOrg, canaries: Canaries) -> OrgConnection:
    """A connection whose refresh token changes at each use, and is this installation's."""
    org.state.apps[0].refresh_token_rotation = True
    fields = canaries.fields("refresh_token", refresh_token_rotation=True, refresh_token_owner="acme-airflow")
    return org_connection("crm", **fields, installation="acme-airflow", keeps_grants=True)


def opened_by(connection: OrgConnection, url: str) -> set[bytes | None]:
    """What the credential of a connection makes of each value that may be sealed."""
    credential = credential_of(connection, EGRESS)
    sealed = [each for values in rows_in(url).values() for each in values if isinstance(each, bytes)]
    return {credential.unseal(kind, each) for each in sealed for kind in ("token", "refusal", "pass", "grant")}


def changed_secret(org: FakeOrg, canaries: Canaries, monkeypatch: pytest.MonkeyPatch, name: str) -> OrgConnection:
    """The same user by the same app, once the secret of this flow was changed on both sides."""
    if name == "jwt":
        key, org.state.apps[0].certificate_pem = new_key_pair()
        monkeypatch.setattr(org, "private_key", key)
    elif name in ("client_credentials", "password"):
        org.state.apps[0].consumer_secret = "CANARY0NEW0SECRET0OF0THE0APP0123456789AB"
    else:
        org.user().password = "canary-new-password-of-the-user"
    return canaries.connection(name)
