"""The token endpoint, asked as any OAuth client would."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from logins import ACME, LOGIN, TEST, ask, ask_client_credentials, ask_jwt, ask_password, assertion, refusal

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.auth import JWT_BEARER


def test_jwt_reply_has_the_documented_fields_only(org: FakeOrg, recorded: Callable[[str], str]) -> None:
    """A JWT login answers token, scope, instance, id and type: no issue time, no signature, no lifetime."""
    reply = ask_jwt(org)
    assert reply.status_code == 200
    assert list(reply.json()) == list(json.loads(recorded("auth/token_jwt_bearer_doc.json")))


def test_password_reply_has_the_recorded_fields(org: FakeOrg, recorded: Callable[[str], str]) -> None:
    """A password login answers the six fields of the newest recording in their order, the issue time as text."""
    reply = ask_password(org)
    sample = json.loads(recorded("auth/token_password_2022.json"))
    assert list(reply.json()) == list(sample)
    assert isinstance(reply.json()["issued_at"], str)


def test_client_credentials_reply(org: FakeOrg, recorded: Callable[[str], str]) -> None:
    """A client credentials login answers the fields of the captured reply, for the run-as user of the app."""
    reply = ask_client_credentials(org)
    assert list(reply.json()) == list(json.loads(recorded("auth/token_client_credentials_opaque.json")))
    assert reply.json()["id"].endswith(f"/{org.state.org.id}/{org.user().id}")


def test_client_credentials_by_http_basic(org: FakeOrg) -> None:
    """Key and secret may come by HTTP Basic instead of in the body."""
    app = org.state.apps[0]
    reply = requests.post(
        f"{ACME}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(app.consumer_key, app.consumer_secret),
        timeout=10,
    )
    assert reply.status_code == 200


def test_token_reply_is_not_metered(org: FakeOrg) -> None:
    """A token reply has the recorded headers and does not tell the API usage."""
    headers = ask_password(org).headers
    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert headers["Cache-Control"] == "no-cache,must-revalidate,max-age=0,no-store,private"
    assert headers["X-ReadOnlyMode"] == "false"
    assert "Sforce-Limit-Info" not in headers
    assert org.counts().api_calls == 0


def test_logins_of_one_user_share_a_session(org: FakeOrg) -> None:
    """While a session lives, each login of its user gives the same one, by whatever flow; then a new one."""
    first = {reply.json()["access_token"] for reply in (ask_jwt(org), ask_password(org), ask_client_credentials(org))}
    org.expire_sessions()
    again = ask_jwt(org).json()["access_token"]
    assert len(first) == 1
    assert again not in first
    assert again.startswith(org.state.org.id[:15] + "!")


def test_identity_url_names_the_login_host(org: FakeOrg) -> None:
    """The id of a token reply is on the login host, also after a login on the My Domain."""
    assert ask_jwt(org, ACME).json()["id"] == f"{LOGIN}/id/{org.state.org.id}/{org.user().id}"


def test_sandbox_logs_in_on_the_test_host(org: FakeOrg) -> None:
    """A sandbox takes logins on test.salesforce.com and not on login.salesforce.com."""
    org.state.org.is_sandbox = True
    assert ask_jwt(org, TEST, aud=TEST).json()["instance_url"] == "https://acme.sandbox.my.salesforce.com"
    assert refusal(ask_jwt(org, LOGIN, aud=LOGIN)) == (400, "invalid_grant", "audience is invalid")
    assert refusal(ask_password(org, LOGIN)) == (400, "invalid_grant", "authentication failure")


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"exp": 1_000_000_000}, "invalid_grant", "expired authorization code"),
        ({"exp": "tomorrow"}, "invalid_grant", "expired authorization code"),
        ({"aud": TEST}, "invalid_grant", "audience is invalid"),
        ({"iss": "another"}, "invalid_client_id", "client identifier invalid"),
        ({"sub": "nobody@acme.com"}, "invalid_grant", "user hasn't approved this consumer"),
    ],
)
def test_jwt_claims_are_verified(org: FakeOrg, claims: dict[str, Any], error: str, description: str) -> None:
    """Each wrong claim is refused in the words of Salesforce."""
    assert refusal(ask_jwt(org, **claims)) == (400, error, description)


def test_jwt_audience_may_be_the_my_domain(org: FakeOrg) -> None:
    """The My Domain is as good an audience as the login host."""
    assert ask_jwt(org, ACME, aud=[ACME]).status_code == 200


def test_jwt_on_the_wrong_login_host(org: FakeOrg) -> None:
    """A production org does not answer on the host of the sandboxes."""
    assert refusal(ask_jwt(org, TEST)) == (400, "invalid_grant", "audience is invalid")


def test_jwt_signature_is_verified(org: FakeOrg) -> None:
    """An assertion signed by another key, or no assertion at all, is invalid."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert refusal(ask_jwt(org, key=other)) == (400, "invalid_grant", "invalid assertion")
    assert refusal(ask(LOGIN, grant_type=JWT_BEARER, assertion="no.jwt")) == (400, "invalid_grant", "invalid assertion")


def test_jwt_needs_approval(org: FakeOrg) -> None:
    """An app that is approved for others only refuses the user, and takes him once he is approved."""
    org.state.apps[0].approved_user_ids = {org.user("admin@acme.com").id}
    assert refusal(ask_jwt(org)) == (400, "invalid_grant", "user hasn't approved this consumer")
    org.state.apps[0].approved_user_ids.add(org.user().id)
    assert ask_jwt(org).status_code == 200


def test_password_with_or_without_the_security_token(org: FakeOrg) -> None:
    """The password flow takes the password alone and with the security token appended."""
    user = org.user()
    assert ask_password(org, password=user.password + user.security_token).status_code == 200
    assert ask_password(org, ACME).status_code == 200


@pytest.mark.parametrize(
    ("changed", "error", "description"),
    [
        ({"password": "wrong"}, "invalid_grant", "authentication failure"),
        ({"username": "nobody@acme.com"}, "invalid_grant", "authentication failure"),
        ({"client_id": "another"}, "invalid_client_id", "client identifier invalid"),
        ({"client_secret": "wrong"}, "invalid_client", "invalid client credentials"),
        ({"grant_type": "device"}, "unsupported_grant_type", "grant type not supported"),
    ],
)
def test_password_refusals(org: FakeOrg, changed: dict[str, str], error: str, description: str) -> None:
    """Wrong user and wrong password look the same; a wrong app does not."""
    assert refusal(ask_password(org, **changed)) == (400, error, description)


def test_blocked_password_flow_looks_like_a_wrong_password(org: FakeOrg) -> None:
    """Where the org blocks the password flow, the right password fails as a wrong one does."""
    org.state.org.password_flow_enabled = False
    assert refusal(ask_password(org)) == (400, "invalid_grant", "authentication failure")


def test_client_credentials_on_a_login_host(org: FakeOrg) -> None:
    """Client credentials are served by the My Domain only."""
    assert refusal(ask_client_credentials(org, LOGIN)) == (
        400,
        "invalid_grant",
        "request not supported on this domain",
    )


def test_client_credentials_without_run_as_user(org: FakeOrg) -> None:
    """An app without a run-as user has nobody to log in."""
    org.state.apps[0].run_as_user_id = None
    assert refusal(ask_client_credentials(org)) == (400, "invalid_grant", "no client credentials user enabled")


@pytest.mark.parametrize("header", ["Basic !", "Basic bm9ib2R5"])
def test_client_credentials_malformed(org: FakeOrg, header: str) -> None:
    """A malformed or unknown HTTP Basic client is an unknown client."""
    reply = requests.post(
        f"{ACME}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": header},
        timeout=10,
    )
    assert refusal(reply) == (400, "invalid_client_id", "client identifier invalid")


@pytest.mark.parametrize(
    ("name", "provoke"),
    [
        ("inactive_user", lambda org: setattr(org.user(), "active", False)),
        ("user_not_approved_consumer", lambda org: setattr(org.state.apps[0], "approved_user_ids", set())),
        ("invalid_client_id", lambda org: setattr(org.state.apps[0], "consumer_key", "another")),
    ],
)
def test_refusals_are_the_recorded_ones(
    org: FakeOrg, recorded: Callable[[str], str], name: str, provoke: Callable[[FakeOrg], None]
) -> None:
    """The body of a refusal is the recorded one, word for word."""
    signed = assertion(org)
    provoke(org)
    reply = ask(LOGIN, grant_type=JWT_BEARER, assertion=signed)
    assert reply.json() == json.loads(recorded(f"auth_errors/{name}.json"))
    assert reply.headers["Cache-Control"] == "no-store"


def test_unknown_paths(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]) -> None:
    """Where nothing is served, a service answers in its JSON and the rest in HTML."""
    service = client.get(f"{ACME}/services/nothing/here")
    assert (service.status_code, service.json()) == (404, json.loads(recorded("rest_errors/not_found_resource.json")))
    page = client.get(f"{ACME}/nothing/here")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert client.get(f"{ACME}/services/oauth2/token").status_code == 405
