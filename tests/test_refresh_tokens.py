"""The whole job with refresh tokens: what is spent, what is asked, and what is said."""

from __future__ import annotations

from typing import Any

import pytest
from connecting import connect, connect_by_session
from rotating import OURS, is_whole, ours, rotating, uses
from vaults import MemoryVault

from airflow_sf_health import Options, examine
from airflow_sf_health.org.credentials import grant_credential_of
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.present.text import message, one_line
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.testing import FakeOrg

WITHHELD: list[dict[str, Any]] = [{"refresh_token_rotation": "true"}, {"refresh_token_owner": "skyvia"}]
EXAMINATIONS = 100


def of(report: Report, check: str) -> Finding:
    return next(each for each in report.findings if each.check == check)


def cost(report: Report) -> tuple[int, int, int]:
    return report.cost.http_requests, report.cost.api_calls, report.cost.logins


def test_healthy(org: FakeOrg) -> None:
    """A login by refresh token costs what any login costs, and proves as much."""
    report = examine(connect(org, "refresh_token"))
    assert report.verdict is Verdict.HEALTHY
    assert cost(report) == (2, 1, 1)
    assert report.proof is not None
    assert report.proof.fresh
    assert of(report, "session.refresh").level is Level.OK


@pytest.mark.parametrize("beside_a_session", [False, True])
def test_hundred_examinations_spend_no_token(org: FakeOrg, beside_a_session: bool) -> None:
    """With rotation on and told, the one refresh token is as good after a hundred examinations as before."""
    connect_it = connect_by_session if beside_a_session else connect
    connection = connect_it(org, "refresh_token", refresh_token_rotation=True)
    org.state.apps[0].refresh_token_rotation = True
    before = [(token.value, token.spent, token.revoked) for token in org.state.refresh_tokens]
    reports = [examine(connection) for _ in range(EXAMINATIONS)]
    assert [(token.value, token.spent, token.revoked) for token in org.state.refresh_tokens] == before
    assert {of(report, "session.refresh").level for report in reports} == {Level.OK}
    paths = [each.path for each in org.requests()]
    assert "/services/oauth2/token" not in paths
    assert paths.count("/services/oauth2/introspect") == EXAMINATIONS
    assert org.counts().logins == 0


@pytest.mark.parametrize("extra", WITHHELD)
def test_withheld(org: FakeOrg, extra: dict[str, Any]) -> None:
    """That no login was made is said and not punished; one request asks whether the token is alive."""
    report = examine(connect(org, "refresh_token", **extra))
    assert (report.verdict, report.may_proceed, report.proof) == (Verdict.DEGRADED, True, None)
    assert (of(report, "session.login").level, cost(report)) == (Level.WARNING, (1, 0, 0))
    assert of(report, "session.login").summary.startswith("no login was made: its refresh token ")
    assert "no login was made" in message(report)


@pytest.mark.parametrize("extra", WITHHELD)
@pytest.mark.parametrize("beside_a_session", [False, True])
def test_withheld_and_dead(org: FakeOrg, extra: dict[str, Any], beside_a_session: bool) -> None:
    """A dead token is unhealthy before the session beside it ends."""
    connect_it = connect_by_session if beside_a_session else connect
    connection = connect_it(org, "refresh_token", **extra)
    for token in org.state.refresh_tokens:
        token.revoked = True
    report = examine(connection)
    assert report.main is not None
    assert (report.verdict, report.main.cause) == (Verdict.UNHEALTHY, "refresh_token_expired")
    assert report.main.check == "session.refresh"
    assert report.cost.logins == 0


def test_dead_session_that_a_withheld_token_cannot_replace(org: FakeOrg) -> None:
    """A dead ready session stays a failure: no login may replace it."""
    connection = connect_by_session(org, "refresh_token", refresh_token_rotation=True)
    org.expire_sessions()
    report = examine(connection)
    assert report.main is not None
    assert (report.verdict, report.main.cause) == (Verdict.UNHEALTHY, "session_expired")
    assert (report.repairs, report.cost.logins) == ((), 0)


def test_dead_session_replaced_by_a_refresh_token(org: FakeOrg) -> None:
    """Without rotation a dead session is replaced, and the login that does so tells of the next token too."""
    connection = connect_by_session(org, "refresh_token")
    org.expire_sessions()
    report = examine(connection)
    assert report.verdict is Verdict.HEALTHY
    assert report.repairs
    assert report.cost.logins == 1
    assert of(report, "session.refresh").level is Level.OK


@pytest.mark.parametrize("selected", [None, ["user"]])
def test_rotation_that_nobody_told(org: FakeOrg, selected: list[str] | None) -> None:
    """The token is spent by the first login; that is a failure with what to do, whatever is selected, and no second login
    revokes what came from it.
    """
    connection = connect(org, "refresh_token")
    org.state.apps[0].refresh_token_rotation = True
    report = examine(connection, selected=selected)
    assert report.main is not None
    assert (report.verdict, report.main.cause, report.main.certain) == (
        Verdict.UNHEALTHY,
        "refresh_token_expired",
        True,
    )
    assert "refresh_token_rotation to true" in report.main.hint
    assert report.cost.logins == 1
    assert not any(token.revoked for token in org.state.refresh_tokens)
    assert report.no_retry_heals
    assert "crm" in one_line(report)


@pytest.mark.parametrize("reauthenticate", [False, True])
def test_rotation_that_nobody_told_beside_a_session(org: FakeOrg, reauthenticate: bool) -> None:
    """A session that lives needs no login: however often it is examined, the token behind it is neither spent nor revoked."""
    connection = connect_by_session(org, "refresh_token")
    org.state.apps[0].refresh_token_rotation = True
    reports = [examine(connection, options=Options(reauthenticate=reauthenticate)) for _ in range(3)]
    assert [report.verdict for report in reports] == [Verdict.HEALTHY] * 3
    assert [of(report, "session.refresh").level for report in reports] == [Level.OK] * 3
    assert not any(token.spent or token.revoked for token in org.state.refresh_tokens)
    assert org.counts().logins == 0


@pytest.mark.parametrize("extra", WITHHELD)
@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        ({"stall": "headers"}, "network_timeout"),
        ({"connection": "forbidden"}, "network_dns_or_tls"),
        ({"status": 503, "body": "maintenance"}, "org_maintenance_or_unavailable"),
    ],
)
def test_withheld_and_nobody_answers(org: FakeOrg, extra: dict[str, Any], trouble: dict[str, Any], cause: str) -> None:
    """The introspection is all that is sent then, so without an answer to it nothing is known, and the task does not go on."""
    connection = connect(org, "refresh_token", read_timeout=0.2, **extra)
    with org.fault(**trouble):
        report = examine(connection)
    assert report.main is not None
    assert (report.verdict, report.main.check, report.main.cause) == (Verdict.UNDETERMINED, "session.refresh", cause)
    assert not report.may_proceed


@pytest.mark.parametrize("extra", WITHHELD)
def test_withheld_and_not_allowed_to_ask(org: FakeOrg, extra: dict[str, Any]) -> None:
    """An answer shows that Salesforce can be reached; who may not introspect may well refresh."""
    connection = connect(org, "refresh_token", **extra)
    org.state.apps[0].consumer_secret = "another"
    report = examine(connection)
    assert (report.verdict, of(report, "session.refresh").level) == (Verdict.DEGRADED, Level.UNKNOWN)


@pytest.fixture
def sharing(org: FakeOrg) -> Sharing:
    """A vault that keeps grants and shares nothing else; of tokens there are those of the test alone."""
    org.state.refresh_tokens.clear()
    return Sharing(vault=MemoryVault(), egress="a", token_age=0.0, refusal_age=0.0)


def test_rotating_token_of_ours(org: FakeOrg, sharing: Sharing) -> None:
    """Each examination logs in by the newest token: a proof like any other, and one more request before the very first."""
    connection = rotating(org)
    reports = [examine(connection, sharing=sharing) for _ in range(3)]
    assert [report.verdict for report in reports] == [Verdict.HEALTHY] * 3
    assert [cost(report) for report in reports] == [(3, 1, 1), (2, 1, 1), (2, 1, 1)]
    assert of(reports[-1], "session.refresh").level is Level.OK
    assert reports[-1].proof is not None
    assert uses(org) == [1, 1, 1, 0]
    assert is_whole(org)


def lose(org: FakeOrg, sharing: Sharing, connection: Any) -> None:
    """A process is killed after the token was spent, and before the next one was kept."""
    sharing.vault.begin_spending(grant_credential_of(connection).fingerprint, "killed")
    org.state.refresh_tokens[-1].spent = True


def test_rotating_token_that_is_lost(org: FakeOrg, sharing: Sharing) -> None:
    """The message says what happened and when, and how to reconnect; nobody retries for it, and the token is sent no second time."""
    connection = rotating(org)
    examine(connection, sharing=sharing)
    lose(org, sharing, connection)
    report = examine(connection, sharing=sharing)
    assert report.main is not None
    assert (report.verdict, report.main.cause, report.main.certain) == (
        Verdict.UNHEALTHY,
        "refresh_token_expired",
        True,
    )
    assert report.no_retry_heals
    said = " ".join(message(report).split())
    assert "a process began to spend the refresh token at 20" in said
    assert (
        "UTC, and ended or lost the reply before the new one was kept; the token is dead now, so the grant is lost"
        in said
    )
    assert "Authorise the app anew and put the new token into the extra refresh_token of the connection." in said
    assert uses(org) == [1, 0]
    assert is_whole(org)


def test_rotating_token_that_may_be_spent(org: FakeOrg, sharing: Sharing) -> None:
    """Without a consumer_secret nobody can tell: that is said, since when, and what mends it."""
    connection = rotating(org, consumer_secret=None)
    examine(connection, sharing=sharing)
    lose(org, sharing, connection)
    said = " ".join(message(examine(connection, sharing=sharing)).split())
    assert "whether it was spent cannot be asked without a consumer_secret, so it is not sent a second time" in said
    assert "Give the connection the app's consumer_secret" in said
    assert uses(org) == [1, 0]


def test_rotating_token_without_a_store_that_works(org: FakeOrg) -> None:
    """Nothing is spent and nothing is known: undetermined, with the store's own sentence, and a retry may heal it."""
    org.state.refresh_tokens.clear()
    vault = MemoryVault("The store (SQLite) is read-only.")
    report = examine(rotating(org), sharing=Sharing(vault=vault, egress="a"))
    assert report.main is not None
    assert (report.verdict, report.main.cause) == (Verdict.UNDETERMINED, "token_store_unusable")
    assert "The store (SQLite) is read-only" in " ".join(message(report).split())
    assert uses(org) == [0]


def test_dead_session_replaced_by_a_rotating_token(org: FakeOrg, sharing: Sharing) -> None:
    """A ready session that is dead is replaced by one rotation; one that lives costs none, and the newest token is asked about."""
    org.state.apps[0].refresh_token_rotation = True
    fields = {**org.connection("refresh_token")["extra"], **OURS, "login_flow": None}
    for expected in ([1, 0], [1, 1, 0]):
        connection = ours({**fields, **org.connection("session")["extra"]})
        org.expire_sessions()
        assert examine(connection, sharing=sharing).repairs
        assert uses(org) == expected
    report = examine(ours({**fields, **org.connection("session")["extra"]}), sharing=sharing)
    assert (report.verdict, of(report, "session.refresh").level) == (Verdict.HEALTHY, Level.OK)
    assert (report.cost.logins, uses(org)) == (0, [1, 1, 0])
