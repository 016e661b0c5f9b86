"""The whole job with logins that are shared: what a look costs, what it proves, and what becomes of a token that is dead."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from connecting import LOGIN_FLOWS, connect, connect_by_session
from known import SILENCE
from vaults import MemoryVault

from airflow_sf_health import Options, examine
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.credentials import Credential, credential_of
from airflow_sf_health.org.kept_tokens import opened_login, sealed_login
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.present.payload import dump, load
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.store import open_store
from airflow_sf_health.testing import FakeOrg

GOOD = (Verdict.HEALTHY, Verdict.DEGRADED)
"""Who logs in by a password is warned."""
REPLACED = "The shared session was dead and was replaced by one fresh login (JWT bearer)."


@pytest.fixture
def sharing(tmp_path: Path) -> Sharing:
    return Sharing(vault=open_store(f"sqlite:///{tmp_path}/store.sqlite").vault, egress="host a")


def cost(report: Report) -> tuple[int, int, int]:
    return report.cost.http_requests, report.cost.api_calls, report.cost.logins


def counted(org: FakeOrg) -> tuple[int, int, int]:
    """What the org itself has counted since it was last asked."""
    counts = org.counts()
    org.reset_counts()
    return counts.http_requests, counts.api_calls, counts.logins


def outcome(report: Report) -> tuple[Verdict, str | None, bool | None]:
    main = report.main
    return report.verdict, main.cause if main else None, main.certain if main else None


def of(report: Report, check: str) -> Finding:
    return next(each for each in report.findings if each.check == check)


def words(report: Report) -> str:
    return " ".join(message(report).split())


def credential(connection: OrgConnection, sharing: Sharing) -> Credential:
    return credential_of(connection, sharing.egress)


def age(connection: OrgConnection, sharing: Sharing, seconds: int) -> None:
    """Let the kept login be one that was made so much earlier."""
    own = credential(connection, sharing)
    sealed = sharing.vault.recall(own.fingerprint).token
    assert sealed is not None
    login = opened_login(own, sealed, connection.flow)
    assert login is not None
    sharing.vault.forget(own.fingerprint)
    sharing.vault.keep_token(own.fingerprint, sealed_login(own, replace(login, at=login.at.subtract(seconds=seconds))))


# One login for many


@pytest.mark.parametrize("name", LOGIN_FLOWS)
def test_a_proven_login_of_another_task(org: FakeOrg, sharing: Sharing, name: str) -> None:
    """The second look makes one HTTP request, which is one API call, and no login; it says whose proof it is and how old."""
    connection = connect(org, name)
    first = examine(connection, sharing=sharing)
    assert (cost(first), counted(org)) == ((2, 1, 1), (2, 1, 1))
    age(connection, sharing, 48)
    second = examine(connection, sharing=sharing)
    assert (cost(second), counted(org)) == ((1, 1, 0), (1, 1, 0))
    assert second.cost.connections == 1
    assert second.verdict is first.verdict
    assert second.verdict in GOOD
    assert second.identity == first.identity
    assert second.proof is not None
    assert (second.proof.fresh, second.proof.shared, first.proof.shared if first.proof else None) == (True, True, False)
    assert re.search(f"login proven (48|49|5.) s ago by {connection.flow.label}, by a shared login", words(second))
    assert of(second, "session.login").level is Level.OK
    assert "s ago, and is shared" in of(second, "session.refresh").summary
    assert load(dump(second)) == second


def test_nothing_is_shared_without_being_told(org: FakeOrg, sharing: Sharing) -> None:
    """An examination without sharing logs in for itself, and keeps nothing."""
    connection = connect(org, "jwt")
    examine(connection, sharing=sharing)
    assert cost(examine(connection)) == (2, 1, 1)
    assert cost(examine(connection, sharing=replace(sharing, egress="host b"))) == (2, 1, 1)


def test_a_login_that_is_no_proof_any_more(org: FakeOrg, sharing: Sharing) -> None:
    """A token older than what counts as proof is speed for others; an examination makes a login of its own."""
    connection = connect(org, "jwt")
    examine(connection, sharing=sharing)
    age(connection, sharing, 61)
    report = examine(connection, sharing=sharing)
    assert cost(report) == (2, 1, 1)
    assert of(report, "session.login").summary.startswith("fresh login by JWT bearer")


def test_a_vault_that_cannot_be_used(org: FakeOrg) -> None:
    """It is as good as none, and changes no verdict."""
    broken = Sharing(vault=MemoryVault("the store is locked"), egress="host a")
    report = examine(connect(org, "jwt"), sharing=broken)
    assert (report.verdict, cost(report)) == (Verdict.HEALTHY, (2, 1, 1))


def test_asked_afresh(org: FakeOrg, sharing: Sharing) -> None:
    """Nothing that is remembered counts, and what is met is remembered for others."""
    connection = connect(org, "jwt")
    examine(connection, sharing=sharing)
    assert cost(examine(connection, sharing=replace(sharing, afresh=True))) == (2, 1, 1)
    assert cost(examine(connection, sharing=sharing)) == (1, 1, 0)


# Frozen, with sessions that live on


def test_frozen_user_whose_sessions_live_on(org: FakeOrg, sharing: Sharing) -> None:
    """Within the time that a proof counts the age of the proof is told; after it a login is made, which is refused."""
    connection = connect(org, "jwt")
    examine(connection, sharing=sharing)
    org.user().frozen = True
    assert org.state.org.frozen_sessions_live
    age(connection, sharing, 40)
    young = examine(connection, sharing=sharing)
    assert (young.verdict, young.cost.logins) == (Verdict.HEALTHY, 0)
    assert re.search(r"login proven 4\d s ago by JWT bearer, by a shared login", words(young))
    assert re.match(r"a shared login succeeded 4\d s ago", of(young, "user.frozen").summary)
    age(connection, sharing, 20)
    report = examine(connection, sharing=sharing)
    assert (report.verdict, report.proof) == (Verdict.UNHEALTHY, None)
    assert "user_frozen_or_locked" in {
        each.cause for each in (report.main, *(report.main.candidates if report.main else ())) if each is not None
    }


def test_unfrozen_and_cleared(org: FakeOrg, sharing: Sharing) -> None:
    """Once the user is unfrozen, a look that asks afresh is healthy at once, and so is each one after it."""
    connection = connect(org, "jwt")
    org.user().frozen = True
    refused = examine(connection, sharing=sharing)
    org.user().frozen = False
    assert examine(connection, sharing=sharing).verdict is refused.verdict is Verdict.UNHEALTHY
    assert examine(connection, sharing=replace(sharing, afresh=True)).verdict is Verdict.HEALTHY
    assert cost(examine(connection, sharing=sharing)) == (1, 1, 0)


# A dead token


@pytest.mark.parametrize("reauthenticate", [True, False])
def test_dead_token_of_another_task(org: FakeOrg, sharing: Sharing, reauthenticate: bool) -> None:
    """It is replaced by one login, which is told, and no later look meets it. Without it there would have been a login, too."""
    connection, options = connect(org, "jwt"), Options(reauthenticate=reauthenticate)
    examine(connection, sharing=sharing)
    org.expire_sessions()
    org.reset_counts()
    report = examine(connection, options=options, sharing=sharing)
    assert (report.verdict, report.repairs) == (Verdict.HEALTHY, (REPLACED,))
    assert report.cost.logins == org.counts().logins == 1
    assert report.cost.http_requests == org.counts().http_requests == 3
    assert report.proof is not None
    assert not report.proof.shared
    after = examine(connection, options=options, sharing=sharing)
    assert (cost(after), after.repairs) == ((1, 1, 0), ())


@pytest.mark.parametrize("reauthenticate", [True, False])
def test_token_that_is_refused_by_policy(org: FakeOrg, sharing: Sharing, reauthenticate: bool) -> None:
    """Where the one login that replaces a shared token is refused as well, it is a policy; its token is left to nobody."""
    connection, options = connect(org, "jwt"), Options(reauthenticate=reauthenticate)
    examine(connection, sharing=sharing)
    org.fault(path="/services/data/*", status=401)
    report = examine(connection, options=options, sharing=sharing)
    assert outcome(report) == (Verdict.UNHEALTHY, "session_refused_by_policy", True)
    assert (report.cost.http_requests, report.cost.logins, report.repairs) == (3, 1, ())
    assert sharing.vault.recall(credential(connection, sharing).fingerprint).token is None


def test_dead_token_and_a_login_that_is_refused(org: FakeOrg, sharing: Sharing) -> None:
    """A deactivation ends sessions and logins: the cause is the login's, and the next task repeats it without asking."""
    connection = connect(org, "jwt")
    examine(connection, sharing=sharing)
    org.user().active = False
    report = examine(connection, sharing=sharing)
    assert outcome(report) == (Verdict.UNHEALTHY, "user_inactive", True)
    assert (report.cost.logins, report.repairs) == (1, ())
    assert outcome(examine(connection, sharing=sharing)) == outcome(report)


def test_dead_token_that_others_have_replaced(org: FakeOrg, sharing: Sharing) -> None:
    """A second task that held the dead token takes the new one, and makes no login of its own."""

    class Late(MemoryVault):
        """Hands out the dead token once more, as to a task that had asked just before it was replaced."""

    connection = connect(org, "jwt")
    vault = Late()
    sharing = replace(sharing, vault=vault)
    examine(connection, sharing=sharing)
    own = credential(connection, sharing)
    dead = vault.recall(own.fingerprint).token
    assert dead is not None
    org.expire_sessions()
    examine(connection, sharing=sharing)
    newer = vault.recall(own.fingerprint)
    really, answers = vault.recall, [replace(newer, token=dead)]
    vault.recall = lambda fingerprint: answers.pop() if answers else really(fingerprint)  # type: ignore[method-assign]
    report = examine(connection, sharing=sharing)
    assert (report.verdict, report.cost.logins) == (Verdict.HEALTHY, 0)
    assert report.repairs == ("The shared session was dead and was replaced by a shared login (JWT bearer).",)


def test_own_session_that_is_ended_at_once(org: FakeOrg, sharing: Sharing) -> None:
    """A login of this very look whose session somebody ended at that moment is made once more, as without sharing."""
    connection = connect(org, "jwt")
    org.fault(path="*/composite", status=401, times=1)
    report = examine(connection, sharing=sharing)
    assert (report.verdict, report.cost.logins) == (Verdict.HEALTHY, 2)
    assert report.repairs == ("The session was dead and was replaced by one fresh login (JWT bearer).",)
    assert cost(examine(connection, sharing=sharing)) == (1, 1, 0)


# A refused login


def inactive(org: FakeOrg) -> None:
    org.user().active = False


def other_password(org: FakeOrg) -> None:
    org.user().password = "another-password"


@pytest.mark.parametrize(
    ("name", "change"), [("jwt", inactive), ("soap_token", other_password), ("password", other_password)]
)
@pytest.mark.filterwarnings("ignore:\\s*If your connected app:UserWarning")
def test_refused_login_is_not_tried_again(
    org: FakeOrg, sharing: Sharing, name: str, change: Callable[[FakeOrg], None]
) -> None:
    """Others repeat the refusal for a while: same verdict, same cause, nothing sent, and when it is really tried again."""
    connection = connect(org, name)
    change(org)
    first = examine(connection, sharing=sharing)
    org.reset_counts()
    again = examine(connection, sharing=sharing)
    assert (cost(again), counted(org)) == ((0, 0, 0), (0, 0, 0))
    assert outcome(again) == outcome(first)
    assert first.main is not None
    assert again.main is not None
    assert again.main.candidates == first.main.candidates
    assert first.next_login == again.next_login
    assert first.next_login is not None
    met, until = first.main.saw[-12:-4], first.next_login.format("HH:mm:ss")
    assert again.main.saw.endswith(f" · as refused at {met} UTC; not tried again before {until} UTC")
    for report in (first, again):
        assert f"Next real login attempt not before {until} UTC." in words(report)


def test_refused_login_is_no_reason_to_look_again(org: FakeOrg, sharing: Sharing) -> None:
    """What decides is the login, met or remembered, and of that no second look is taken."""
    connection = connect(org, "soap_token")
    other_password(org)
    reports = [examine(connection, sharing=sharing) for _ in range(2)]
    assert {each.main.check for each in reports if each.main} == {"session.login"}
    assert org.counts().logins == 1


def test_silence_is_not_remembered(org: FakeOrg, sharing: Sharing) -> None:
    """Nobody answered, so nobody refused: the next look tries again."""
    connection = connect(org, "client_credentials")
    with org.fault(reset=True):
        silent = examine(connection, sharing=sharing)
    assert (silent.verdict, silent.next_login) == (Verdict.UNDETERMINED, None)
    assert SILENCE.not_before == ""
    assert examine(connection, sharing=sharing).verdict is Verdict.HEALTHY


# Beside a ready session, and a second user


def test_the_login_beside_a_ready_session_is_shared(org: FakeOrg, sharing: Sharing) -> None:
    """Whether the next token can be had is found out once for many, too."""
    connection = connect_by_session(org)
    assert cost(examine(connection, sharing=sharing)) == (3, 1, 1)
    report = examine(connection, sharing=sharing)
    assert cost(report) == (2, 1, 0)
    assert "s ago, and is shared" in of(report, "session.refresh").summary


def test_dead_ready_session_is_replaced_by_another_tasks_login(org: FakeOrg, sharing: Sharing) -> None:
    """The next task takes the login that replaced it; a dead one of those is replaced as well."""
    connection = connect_by_session(org)
    org.expire_sessions()
    first, second = (examine(connection, sharing=sharing) for _ in range(2))
    assert [each.cost.logins for each in (first, second)] == [1, 0]
    assert first.repairs == ("The ready session was dead and was replaced by one fresh login (JWT bearer).",)
    assert second.repairs == ("The ready session was dead and was replaced by a shared login (JWT bearer).",)
    org.expire_sessions()
    third = examine(connection, sharing=sharing)
    assert (third.verdict, third.cost.logins, third.repairs) == (Verdict.HEALTHY, 1, first.repairs)


def test_the_second_users_login_is_shared(org: FakeOrg, sharing: Sharing) -> None:
    """It is asked by the token of the last task that asked it; a dead one of those is replaced."""
    second = replace(connect(org, "soap_token", username="admin@acme.com"), conn_id="crm_admin")
    connection = replace(connect(org, "soap_token"), diagnostic=second)
    org.user().frozen = True
    logins = []
    for ended in (False, False, True):
        if ended:
            org.expire_sessions()
        org.reset_counts()
        report = examine(connection, sharing=sharing)
        logins.append(org.counts().logins)
        assert report.main is not None
        assert report.main.cause == "user_frozen_or_locked"
        assert "crm_admin" in report.main.saw
    assert logins == [2, 0, 1]
