"""Refresh tokens at the token endpoint: spent, rotated, dead, in use by two, and revoked with their family."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from logins import ACME, LOGIN, TEST, ask_jwt, ask_refresh, client, new_refresh_token, post, refusal

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.containment import contain
from airflow_sf_health.testing.refresh_tokens import InUse
from airflow_sf_health.testing.state import App

DEAD = (400, "invalid_grant", "expired access/refresh token")
BUSY = (400, "invalid_grant", "token request is already being processed")


@pytest.fixture
def rotating(org: FakeOrg) -> FakeOrg:
    org.state.apps[0].refresh_token_rotation = True
    return org


def is_live(org: FakeOrg, session_id: str) -> bool:
    told = post(ACME, "introspect", **client(org), token=session_id).json()
    return bool(told["active"])


def test_reply(org: FakeOrg, recorded: Callable[[str], str]) -> None:
    """Without rotation a refresh answers an access token and no refresh token, and the same token does it again."""
    token = new_refresh_token(org)
    reply = ask_refresh(org, refresh_token=token)
    assert set(json.loads(recorded("auth/token_refresh_fixture.json"))) <= set(reply.json())
    assert {"scope", "token_type"} <= set(reply.json())
    assert "refresh_token" not in reply.json()
    assert ask_refresh(org, ACME, refresh_token=token).ok
    assert reply.json()["access_token"] == ask_jwt(org).json()["access_token"]


def test_the_secret_may_be_left_out_but_not_be_wrong(org: FakeOrg) -> None:
    """An app may refresh without its secret; a wrong one is refused."""
    assert ask_refresh(org, client_secret="").ok
    assert refusal(ask_refresh(org, client_secret="wrong")) == (400, "invalid_client", "invalid client credentials")


def test_rotation_gives_a_new_token(rotating: FakeOrg) -> None:
    """With rotation each refresh answers the next token, and the next one works."""
    first = new_refresh_token(rotating)
    second = ask_refresh(rotating, refresh_token=first).json()["refresh_token"]
    third = ask_refresh(rotating, refresh_token=second).json()["refresh_token"]
    assert len({first, second, third}) == 3
    assert len({token.family for token in rotating.state.refresh_tokens if token.value in (first, second, third)}) == 1


def test_reuse_of_a_spent_token_ends_its_family(rotating: FakeOrg) -> None:
    """A spent token ends the whole family, and its access tokens, at once; other families and users live on."""
    admin = rotating.context.open_session(rotating.user("admin@acme.com"))
    first, other = new_refresh_token(rotating), new_refresh_token(rotating)
    reply = ask_refresh(rotating, refresh_token=first).json()
    assert refusal(ask_refresh(rotating, refresh_token=first)) == DEAD
    assert not is_live(rotating, reply["access_token"])
    assert refusal(ask_refresh(rotating, refresh_token=reply["refresh_token"])) == DEAD
    assert ask_refresh(rotating, refresh_token=other).ok
    assert is_live(rotating, admin)


def test_uses_are_counted(rotating: FakeOrg) -> None:
    """A test may ask how often a token came with a token request, and whether it came once too often."""
    first = new_refresh_token(rotating)
    token = rotating.state.refresh_tokens[-1]
    assert token.times_used == 0
    ask_refresh(rotating, refresh_token=first)
    assert (token.times_used, token.reused, rotating.state.refresh_tokens[-1].times_used) == (1, False, 0)
    post(ACME, "introspect", **client(rotating), token=first)
    assert token.times_used == 1
    ask_refresh(rotating, refresh_token=first)
    assert (token.times_used, token.reused) == (2, True)


def test_a_dead_token_that_was_not_spent_ends_nothing(org: FakeOrg) -> None:
    """Only the reuse of a spent token ends the sessions; one that merely expired does not."""
    token = new_refresh_token(org)
    session_id = ask_refresh(org, refresh_token=token).json()["access_token"]
    org.state.refresh_tokens[-1].expires = org.context.now()
    assert refusal(ask_refresh(org, refresh_token=token)) == DEAD
    assert is_live(org, session_id)


def test_a_sixth_approval_ends_the_oldest_token(rotating: FakeOrg) -> None:
    """An app has five tokens for a user, of whatever rotation; with the sixth the oldest dies, and only that."""
    admins = rotating.connection("refresh_token", username="admin@acme.com")["extra"]["refresh_token"]
    rotating.state.refresh_tokens = rotating.state.refresh_tokens[-1:]
    first, second = new_refresh_token(rotating), new_refresh_token(rotating)
    first = ask_refresh(rotating, refresh_token=first).json()["refresh_token"]
    for _ in range(3):
        new_refresh_token(rotating)
    first = ask_refresh(rotating, refresh_token=first).json()["refresh_token"]
    new_refresh_token(rotating)
    assert refusal(ask_refresh(rotating, refresh_token=first)) == DEAD
    assert ask_refresh(rotating, refresh_token=second).ok
    assert ask_refresh(rotating, refresh_token=admins).ok


@pytest.mark.parametrize("why", ["revoked", "spent", "expired", "contained", "user gone", "of another app"])
def test_dead_tokens(org: FakeOrg, recorded: Callable[[str], str], why: str) -> None:
    """Whyever a refresh token is dead, it is told in the captured words, and LoginHistory tells no more."""
    value = new_refresh_token(org)
    token = org.state.refresh_tokens[-1]
    if why == "contained":
        contain(org.state, org.user())
    elif why == "of another app":
        org.state.apps.append(App("another", "secret", ""))
        token.consumer_key = "another"
    token.revoked, token.spent = token.revoked or why == "revoked", why == "spent"
    token.expires = org.context.now() - timedelta(seconds=1) if why == "expired" else None
    token.user_id = "005000000000999AAA" if why == "user gone" else token.user_id
    reply = ask_refresh(org, refresh_token=value)
    assert refusal(reply) == DEAD
    assert reply.json() == json.loads(recorded("auth_errors/expired_access_refresh_token.json"))
    rows = [row.status for row in org.state.logins]
    assert rows == ([] if why in ("user gone", "of another app") else ["Failed: Invalid Token"])


def test_another_orgs_host(org: FakeOrg) -> None:
    """The host of the sandboxes does not know the tokens of a production org."""
    assert refusal(ask_refresh(org, TEST)) == DEAD


def test_containment_outlives_the_unfreezing(org: FakeOrg) -> None:
    """A contained user is frozen and has lost all refresh tokens; unfrozen, it can log in but not refresh."""
    token = new_refresh_token(org)
    contain(org.state, org.user())
    assert refusal(ask_jwt(org))[2] == "authentication failure"
    org.user().frozen = False
    assert ask_jwt(org).ok
    assert refusal(ask_refresh(org, refresh_token=token)) == DEAD


def test_two_at_once(rotating: FakeOrg, recorded: Callable[[str], str]) -> None:
    """Who comes with a token that is in use is told so, and nothing is spent; afterwards it works as ever."""
    token = new_refresh_token(rotating)
    with rotating.context.in_use.hold(token):
        reply = ask_refresh(rotating, refresh_token=token)
        assert refusal(reply) == BUSY
        assert ask_refresh(rotating).ok
    assert reply.json() == json.loads(recorded("auth_errors/token_request_already_processed.json"))
    assert rotating.state.logins[0].status == "Failed: Token request is already being processed"
    assert ask_refresh(rotating, refresh_token=token).ok


def test_in_use_from_arrival_to_answer() -> None:
    """A request is one of two at once if it came before the answer to the other, and not if it came with it or after."""
    in_use = InUse()
    assert not in_use.busy("token", arrived=0.0)
    in_use.answered("token", at=5.0)
    assert in_use.busy("token", arrived=4.9)
    assert not in_use.busy("token", arrived=5.0)
    assert not in_use.busy("other", arrived=4.9)


def test_revoking_a_refresh_token_ends_its_family(rotating: FakeOrg) -> None:
    """Revoking any token of a family ends its newest one and its sessions; other families live on."""
    first, other = new_refresh_token(rotating), new_refresh_token(rotating)
    reply = ask_refresh(rotating, refresh_token=first).json()
    assert post(LOGIN, "revoke", token=reply["refresh_token"]).status_code == 200
    assert not is_live(rotating, reply["access_token"])
    assert refusal(ask_refresh(rotating, refresh_token=reply["refresh_token"])) == DEAD
    assert ask_refresh(rotating, refresh_token=other).ok


def test_revoking_a_session_leaves_the_refresh_token(org: FakeOrg) -> None:
    """Revoking an access token ends the session; the refresh token opens a new one."""
    token = new_refresh_token(org)
    ended = ask_refresh(org, refresh_token=token).json()["access_token"]
    post(LOGIN, "revoke", token=ended)
    assert not is_live(org, ended)
    assert ask_refresh(org, refresh_token=token).json()["access_token"] != ended
