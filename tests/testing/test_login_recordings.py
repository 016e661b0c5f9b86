"""Replies to logins, and of what stands before the org, held against recordings of real ones.

Values are not compared, as they belong to other orgs. Where the folder of recordings is not at hand, nothing runs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.likeness import Likeness, header_differences, words, xml_shape

BESIDE = Path(__file__).parents[3] / "shared/salesforce/recordings"
FOLDER = Path(os.environ.get("SF_HEALTH_RECORDINGS", BESIDE))
MANIFEST = FOLDER / "manifest.jsonl"

pytestmark = pytest.mark.skipif(not MANIFEST.exists(), reason=f"no recordings of Salesforce at {FOLDER}")

DEAD = {"Authorization": "Bearer 00D000000000001!dead"}
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SAME, KNOWN = Likeness(), Likeness("known")

LOGIN = ("auth/", "auth_errors/", "soap/", "edge/")
"""Folders of recordings of what stands before the data."""


@dataclass(frozen=True)
class Asker:
    """Asks the fake org over HTTPS as one of its users."""

    org: FakeOrg
    http: requests.Session

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.http.request(method, f"https://{self.org.state.org.host}{path}", timeout=10, **options)

    def token(self, **form: str) -> requests.Response:
        return self.raw("POST", "/services/oauth2/token", data=form)

    def password(self, **changed: str) -> requests.Response:
        user, app = self.org.user(), self.org.state.apps[0]
        form = {"grant_type": "password", "client_id": app.consumer_key, "client_secret": app.consumer_secret}
        return self.token(**{**form, "username": user.username, "password": user.password, **changed})

    def assertion(self, **changed: Any) -> requests.Response:
        claims: dict[str, Any] = {"iss": self.org.state.apps[0].consumer_key, "sub": self.org.user().username}
        claims |= {"aud": "https://login.salesforce.com", "exp": int(time.time()) + 180, **changed}
        return self.token(grant_type=JWT_BEARER, assertion=jwt.encode(claims, self.org.private_key, "RS256"))

    def soap(self, password: str | None = None) -> requests.Response:
        user = self.org.user()
        password = user.password + user.security_token if password is None else password
        body = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
            f'<login xmlns="urn:partner.soap.sforce.com"><username>{user.username}</username>'
            f"<password>{password}</password></login></e:Body></e:Envelope>"
        )
        headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
        return self.raw("POST", "/services/Soap/u/42.0", data=body, headers=headers)


@dataclass(frozen=True)
class Entry:
    """How to make the fake org answer what a recording holds, and how alike the two must be."""

    file: str
    ask: Callable[[Asker], requests.Response]
    likeness: Likeness = SAME


def _dead_refresh_token(asker: Asker) -> requests.Response:
    extra = asker.org.connection("refresh_token")["extra"]
    asker.org.state.refresh_tokens[-1].revoked = True
    return asker.token(
        grant_type="refresh_token", client_id=extra["consumer_key"], refresh_token=extra["refresh_token"]
    )


def _ip_restricted(asker: Asker) -> requests.Response:
    asker.org.state.profile_of(asker.org.user()).login_ip_ranges = [("198.51.100.1", "198.51.100.9")]
    return asker.password()


def _external_app_not_installed(asker: Asker) -> requests.Response:
    asker.org.state.apps[0].external, asker.org.state.apps[0].installed = True, False
    return asker.assertion()


def _not_admin_approved(asker: Asker) -> requests.Response:
    asker.org.state.apps[0].approved_user_ids = set()
    app = asker.org.state.apps[0]
    return asker.token(grant_type="client_credentials", client_id=app.consumer_key, client_secret=app.consumer_secret)


def _no_run_as_user(asker: Asker) -> requests.Response:
    asker.org.state.apps[0].run_as_user_id = None
    app = asker.org.state.apps[0]
    return asker.token(grant_type="client_credentials", client_id=app.consumer_key, client_secret=app.consumer_secret)


def _not_approved(asker: Asker) -> requests.Response:
    asker.org.state.apps[0].approved_user_ids = set()
    return asker.assertion()


def _password_expired_login(asker: Asker) -> requests.Response:
    asker.org.user().password_expired = True
    return asker.soap()


def _faulty(status: int) -> Callable[[Asker], requests.Response]:
    def ask(asker: Asker) -> requests.Response:
        with asker.org.fault(path="/services/data/*", status=status):
            return asker.raw("GET", "/services/data/v62.0/query")

    return ask


def _identity(asker: Asker) -> requests.Response:
    token = f"Bearer {asker.org.context.open_session(asker.org.user())}"
    path = f"/id/{asker.org.state.org.id}/{asker.org.user().id}"
    return asker.raw("GET", path, headers={"Authorization": token})


def _userinfo(asker: Asker) -> requests.Response:
    token = f"Bearer {asker.org.context.open_session(asker.org.user())}"
    return asker.raw("GET", "/services/oauth2/userinfo", headers={"Authorization": token})


ENTRIES = [
    Entry("auth/token_password_2022.json", lambda ask: ask.password()),
    Entry("auth/identity_2022.json", _identity, KNOWN),
    Entry(
        "auth/userinfo.json", _userinfo, Likeness(newer=("is_app_installed", "phone_number", "phone_number_verified"))
    ),
    Entry(
        "auth_errors/userinfo_bad_token_403.txt", lambda ask: ask.raw("GET", "/services/oauth2/userinfo", headers=DEAD)
    ),
    Entry("auth_errors/authentication_failure.json", lambda ask: ask.password(password="wrong")),
    Entry("auth_errors/invalid_client_id.json", lambda ask: ask.password(client_id="wrong")),
    Entry("auth_errors/no_client_credentials_user.json", _no_run_as_user),
    Entry("auth_errors/user_not_approved_consumer.json", _not_approved),
    Entry("auth_errors/user_not_admin_approved.json", _not_admin_approved),
    Entry("auth_errors/ip_restricted.json", _ip_restricted),
    Entry("auth_errors/eca_not_installed.json", _external_app_not_installed),
    Entry("auth_errors/expired_access_refresh_token.json", _dead_refresh_token),
    Entry("auth_errors/audience_invalid.json", lambda ask: ask.assertion(aud="https://test.salesforce.com")),
    Entry("auth_errors/invalid_assertion.json", lambda ask: ask.token(grant_type=JWT_BEARER, assertion="a.b.c")),
    Entry("auth_errors/jwt_clock_skew_expired_authorization_code.json", lambda ask: ask.assertion(exp=1_000_000_000)),
    Entry("soap/login_success_2022.xml", lambda ask: ask.soap()),
    Entry("soap/login_password_expired.xml", _password_expired_login),
    Entry("soap/fault_invalid_login.xml", lambda ask: ask.soap(password="wrong")),
    Entry("edge/maintenance_page.html", _faulty(503)),
    Entry("edge/edge_420.txt", _faulty(420)),
]

NOT_APPLICABLE = {
    "auth/token_password_2015.json": "newer one binds",
    "auth/identity_2015.json": "newer one binds",
    "auth/token_web_server_full_scopes.json": "no web server flow",
    "soap/login_success.xml": "newer one binds",
    "soap/convert_lead_with_limit_header.xml": "SOAP serves login only",
}


def manifest() -> dict[str, dict[str, Any]]:
    """What is known of each recording of a real reply, by file."""
    entries = [json.loads(line) for line in MANIFEST.read_text("utf-8").splitlines() if line]
    real = [entry for entry in entries if entry["kind"] in ("recorded", "captured")]
    return {entry["file"]: entry for entry in real if entry["file"].startswith(LOGIN)}


@pytest.fixture(scope="module")
def served() -> Iterator[FakeOrg]:
    with FakeOrg() as org:
        yield org


@pytest.fixture
def ask(served: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    """Asks a served org that is as new."""
    served.reset()
    for name, value in served.environ().items():
        monkeypatch.setenv(name, value)
    with requests.Session() as http:
        yield Asker(served, http)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_the_fake_answers_as_salesforce_did(entry: Entry, ask: Asker) -> None:
    """Status, headers, keys, types and errors of the reply are those of the recording."""
    recording, recorded = manifest()[entry.file], (FOLDER / entry.file).read_text("utf-8")
    reply = entry.ask(ask)
    assert reply.status_code == recording["status"]
    assert header_differences(recording["headers"], reply.headers) == []
    if entry.file.endswith(".json"):
        assert entry.likeness.differences(json.loads(recorded), reply.json()) == []
    elif entry.file.endswith(".xml"):
        assert xml_shape(reply.text) == xml_shape(recorded)
    else:
        assert words(reply.text) == words(recorded)


def test_every_recording_is_held_or_excused(capsys: pytest.CaptureFixture[str]) -> None:
    """No recording of a real reply is forgotten: each is held against the fake, or has a reason why not."""
    known, held = set(manifest()), {entry.file for entry in ENTRIES}
    with capsys.disabled():
        print(f"\nrecordings: {len(held)} held against the fake org, {len(NOT_APPLICABLE)} not applicable")
    assert len(held) == len(ENTRIES)
    assert held.isdisjoint(NOT_APPLICABLE)
    assert held | set(NOT_APPLICABLE) == known
