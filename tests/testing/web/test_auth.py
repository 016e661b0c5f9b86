"""The token endpoint, userinfo and the identity URL, asked as any OAuth client would."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.auth import JWT_BEARER

LOGIN = "https://login.salesforce.com"
TEST = "https://test.salesforce.com"
ACME = "https://acme.my.salesforce.com"


def ask(host: str, **form: Any) -> requests.Response:
    return requests.post(f"{host}/services/oauth2/token", data=form, timeout=10)


def refusal(response: requests.Response) -> tuple[int, str, str]:
    body = response.json()
    return response.status_code, body["error"], body["error_description"]


def assertion(org: FakeOrg, key: Any = None, **claims: Any) -> str:
    given = {
        "iss": org.state.apps[0].consumer_key,
        "sub": org.user().username,
        "aud": LOGIN,
        "exp": int(time.time()) + 180,
    }
    return jwt.encode({**given, **claims}, key or org.private_key, algorithm="RS256")


def ask_jwt(org: FakeOrg, host: str = LOGIN, key: Any = None, **claims: Any) -> requests.Response:
    return ask(host, grant_type=JWT_BEARER, assertion=assertion(org, key, **claims))


def ask_password(org: FakeOrg, host: str = LOGIN, **changed: Any) -> requests.Response:
    app, user = org.state.apps[0], org.user()
    form = {"client_id": app.consumer_key, "client_secret": app.consumer_secret, "username": user.username}
    return ask(host, **{"grant_type": "password", **form, "password": user.password, **changed})


def ask_client_credentials(org: FakeOrg, host: str = ACME, **changed: Any) -> requests.Response:
    app = org.state.apps[0]
    form = {"client_id": app.consumer_key, "client_secret": app.consumer_secret}
    return ask(host, **{"grant_type": "client_credentials", **form, **changed})


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


def test_userinfo(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]) -> None:
    """userinfo tells at least what the captured reply tells, on the login host and on the My Domain, unmetered."""
    reply = client.get(f"{ACME}/services/oauth2/userinfo")
    assert set(json.loads(recorded("auth/userinfo.json"))) <= set(reply.json())
    assert reply.json() == client.post(f"{LOGIN}/services/oauth2/userinfo").json()
    assert reply.json()["is_salesforce_integration_user"] is True
    assert "Sforce-Limit-Info" not in reply.headers


def test_userinfo_refuses_a_dead_token(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]) -> None:
    """A dead token is HTTP 403 and plain text, which says that it is HTML."""
    org.expire_sessions()
    reply = client.get(f"{ACME}/services/oauth2/userinfo")
    assert reply.status_code == 403
    assert reply.text == recorded("auth_errors/userinfo_bad_token_403.txt").strip()
    assert reply.headers["Content-Type"] == "text/html;charset=UTF-8"


def test_identity_url(org: FakeOrg, recorded: Callable[[str], str]) -> None:
    """The id of a token reply can be asked, and answers at least the captured fields, with an expired password too."""
    org.user().password_expired = True
    reply = ask_jwt(org).json()
    headers = {"Authorization": f"Bearer {reply['access_token']}"}
    body = requests.get(reply["id"], headers=headers, timeout=10).json()
    assert set(json.loads(recorded("auth/identity_2022.json"))) <= set(body)
    assert body["username"] == org.user().username


def test_identity_of_somebody_else(org: FakeOrg, client: requests.Session) -> None:
    """A session opens nobody else's identity."""
    other = org.user("admin@acme.com")
    assert client.get(f"{LOGIN}/id/{org.state.org.id}/{other.id}").status_code == 403


def test_revocation_ends_the_shared_session(org: FakeOrg, client: requests.Session) -> None:
    """Revoking a session id ends it for all who share it."""
    token = ask_jwt(org).json()["access_token"]
    assert requests.post(f"{LOGIN}/services/oauth2/revoke", data={"token": token}, timeout=10).status_code == 200
    assert client.get(f"{ACME}/services/oauth2/userinfo").status_code == 403


@pytest.mark.parametrize("change", ["inactive", "expired", "wrong host"])
def test_dead_session_on_rest(org: FakeOrg, client: requests.Session, change: str) -> None:
    """A session that ended, a deactivated user and a foreign host all look the same: 401 without any further header."""
    if change == "expired":
        org.expire_sessions(org.user())
    org.user().active = change != "inactive"
    host = LOGIN if change == "wrong host" else ACME
    reply = client.get(f"{host}/services/data/v60.0/sobjects/")
    assert reply.status_code == 401
    assert reply.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert not {"Sforce-Limit-Info", "WWW-Authenticate", "Vary"} & set(reply.headers)


def test_expired_password_on_rest(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]) -> None:
    """With an expired password the session lives, and every data call is 401 with its own code."""
    org.user().password_expired = True
    reply = client.get(f"{ACME}/services/data/v60.0/sobjects/")
    assert reply.status_code == 401
    assert reply.json() == json.loads(recorded("rest_errors/expired_password_401.json"))


@pytest.mark.parametrize("change", ["org", "user"])
def test_api_switched_off(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str], change: str) -> None:
    """Without the API, for the org or for the user, the session is fine and every data call is 403."""
    if change == "org":
        org.state.org.rest_api_enabled = False
    for holder in org.state.holders_of(org.user()) if change == "user" else ():
        holder.permissions.discard("ApiEnabled")
    reply = client.get(f"{ACME}/services/data/v60.0/sobjects/")
    assert reply.status_code == 403
    assert reply.json() == json.loads(recorded("rest_errors/api_disabled_for_org.json"))
    assert "Sforce-Limit-Info" in reply.headers


def test_unknown_paths(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]) -> None:
    """Where nothing is served, a service answers in its JSON and the rest in HTML."""
    service = client.get(f"{ACME}/services/nothing/here")
    assert (service.status_code, service.json()) == (404, json.loads(recorded("rest_errors/not_found_resource.json")))
    page = client.get(f"{ACME}/nothing/here")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert client.get(f"{ACME}/services/oauth2/token").status_code == 405
