"""A login by each flow: what it yields, and what each refusal becomes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from connecting import FLOWS, LOGIN_FLOWS, connect, fields_of
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Refused, Shape
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.login import Identity, read_identity
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing import FakeOrg

Begin = Callable[[OrgConnection], OrgSession]


def pem_of(key: Any, encryption: Any = None) -> str:
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return text.decode()


@pytest.fixture(scope="module")
def other_key() -> rsa.RSAPrivateKey:
    """A key whose certificate no app has."""
    return rsa.generate_private_key(65537, 2048)


def refused(session: OrgSession) -> Refusal:
    with pytest.raises(Refused) as raised:
        session.open()
    assert str(raised.value) == raised.value.refusal.said
    return raised.value.refusal


@pytest.mark.parametrize("name", LOGIN_FLOWS)
def test_login_by_each_flow(org: FakeOrg, begin: Begin, name: str) -> None:
    """One request gives the token, the host, whose it is, and that it is fresh."""
    connection = connect(org, name)
    login = begin(connection).open()
    user = org.user().username if connection.login else None
    assert login.identity == Identity(org.state.org.id, org.user().id, user)
    assert (login.host, login.flow, login.fresh) == ("acme.my.salesforce.com", connection.flow, True)
    assert login.token.reveal().startswith(org.state.org.id[:15])
    assert not login.password_expired
    assert (org.counts().http_requests, org.counts().logins, org.counts().api_calls) == (1, 1, 0)


def test_ready_session(org: FakeOrg, begin: Begin) -> None:
    """A ready session is taken over as it is; one unmetered request tells whose it is."""
    connection = connect(org, "session")
    login = begin(connection).open()
    assert login.identity == Identity(org.state.org.id, org.user().id, org.user().username)
    assert (login.fresh, login.token, login.flow) == (False, connection.session_id, LoginFlow.SESSION)
    assert (org.counts().http_requests, org.counts().logins, org.counts().api_calls) == (1, 0, 0)


def test_ready_session_of_an_unknown_user(org: FakeOrg, begin: Begin) -> None:
    """A userinfo reply without ids leaves the identity unknown, and the session usable."""
    with org.fault(path="*/userinfo", status=200, body={"sub": "x"}):
        assert begin(connect(org, "session")).open().identity is None


def test_dead_ready_session(org: FakeOrg, begin: Begin) -> None:
    """A dead ready session shows when it is used: the identity request refuses a token without scope in the same words."""
    session = begin(connect(org, "session"))
    org.expire_sessions()
    assert session.open().identity is None
    with pytest.raises(Refused) as raised:
        session.ask("sobjects", where="objects")
    assert (raised.value.refusal.status, raised.value.refusal.code) == (401, "INVALID_SESSION_ID")


def test_ready_session_that_nobody_identifies(org: FakeOrg, begin: Begin) -> None:
    """For the user's client nobody asks whose the session is."""
    assert begin(connect(org, "session")).open(identify=False).identity is None
    assert org.counts().http_requests == 0


def inactive(org: FakeOrg) -> None:
    org.user().active = False


def password_flow_off(org: FakeOrg) -> None:
    org.state.org.password_flow_enabled = False


def soap_off(org: FakeOrg) -> None:
    org.state.org.soap_login_enabled = False


def not_approved(org: FakeOrg) -> None:
    org.state.apps[0].approved_user_ids = set()


def app_gone(org: FakeOrg) -> None:
    org.state.apps[0].consumer_key = "another"


def other_secret(org: FakeOrg) -> None:
    org.state.apps[0].consumer_secret = "another"


def revoked(org: FakeOrg) -> None:
    for token in org.state.refresh_tokens:
        token.revoked = True


def no_run_as_user(org: FakeOrg) -> None:
    org.state.apps[0].run_as_user_id = None


def other_password(org: FakeOrg) -> None:
    org.user().password = "another"


@pytest.mark.parametrize(
    ("name", "change", "shape", "said"),
    [
        ("jwt", inactive, Shape.OAUTH, "invalid_grant: inactive user"),
        ("refresh_token", inactive, Shape.OAUTH, "invalid_grant: inactive user"),
        ("refresh_token", revoked, Shape.OAUTH, "invalid_grant: expired access/refresh token"),
        ("refresh_token", app_gone, Shape.OAUTH, "invalid_client_id: client identifier invalid"),
        ("refresh_token", other_secret, Shape.OAUTH, "invalid_client: invalid client credentials"),
        ("client_credentials", inactive, Shape.OAUTH, "invalid_grant: inactive user"),
        ("password", inactive, Shape.OAUTH, "invalid_grant: authentication failure"),
        ("soap_token", inactive, Shape.SOAP, "HTTP 500 INVALID_LOGIN: Invalid username, password, security token;"),
        ("soap_organization", inactive, Shape.SOAP, "HTTP 500 INVALID_LOGIN: Invalid username"),
        ("password", other_password, Shape.OAUTH, "invalid_grant: authentication failure"),
        ("soap_token", other_password, Shape.SOAP, "HTTP 500 INVALID_LOGIN"),
        ("password", password_flow_off, Shape.OAUTH, "invalid_grant: authentication failure"),
        ("soap_token", soap_off, Shape.SOAP, "HTTP 500 INVALID_OPERATION: SOAP API login() is disabled by default"),
        ("jwt", not_approved, Shape.OAUTH, "invalid_grant: user hasn't approved this consumer"),
        ("jwt", app_gone, Shape.OAUTH, "invalid_client_id: client identifier invalid"),
        ("client_credentials", other_secret, Shape.OAUTH, "invalid_client: invalid client credentials"),
        ("client_credentials", no_run_as_user, Shape.OAUTH, "invalid_grant: no client credentials user enabled"),
    ],
)
@pytest.mark.filterwarnings("ignore:\\s*If your connected app:UserWarning")
def test_refused_login(
    org: FakeOrg, begin: Begin, name: str, change: Callable[[FakeOrg], None], shape: Shape, said: str
) -> None:
    """The refusal keeps Salesforce's own words, and says which request met it, where and when; it is not repeated."""
    connection = connect(org, name)
    change(org)
    refusal = refused(begin(connection))
    assert refusal.shape is shape
    assert refusal.said.startswith(said)
    assert refusal.where == connection.flow.request_label
    assert refusal.host == connection.token_host
    assert refusal.at.endswith("Z")
    assert refusal.server_date is not None
    assert refusal.answered
    assert org.counts().http_requests == 1


def test_jwt_by_another_key(org: FakeOrg, begin: Begin, other_key: rsa.RSAPrivateKey) -> None:
    """A key that is not the app's is refused by Salesforce."""
    refusal = refused(begin(connect(org, "jwt", private_key=pem_of(other_key))))
    assert refusal.said == "invalid_grant: invalid assertion"


def test_jwt_for_the_other_login_host(org: FakeOrg, begin: Begin) -> None:
    """A production user at test.salesforce.com has the wrong audience."""
    assert refused(begin(connect(org, "jwt", domain="test"))).said == "invalid_grant: audience is invalid"


def test_expired_password(org: FakeOrg, begin: Begin) -> None:
    """A SOAP login with an expired password succeeds, and says that it has."""
    org.user().password_expired = True
    assert begin(connect(org, "soap_token")).open().password_expired


@pytest.mark.parametrize("name", [*LOGIN_FLOWS, "session"])
@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("<html><body>Please log in to continue</body></html>", Shape.HTML),
        ('{"access_token": "00D000000000001!canary", "instance_url": "https', Shape.UNREADABLE),
        ("", Shape.EMPTY),
        ("access_token=00D000000000001!canary", Shape.UNREADABLE),
        ('{"token_type": "Bearer"}', Shape.UNREADABLE),
        ('{"access_token": null, "instance_url": "https://acme.my.salesforce.com"}', Shape.UNREADABLE),
        ("<Envelope><sessionId>canary</sessionId>", Shape.SOAP),
    ],
    ids=["html", "truncated", "empty", "form", "other", "null", "soap"],
)
def test_unreadable_reply(org: FakeOrg, begin: Begin, name: str, body: str, shape: Shape) -> None:
    """A reply that says success and is none is a refusal of its own shape, and what it may hold of a token is not quoted."""
    with org.fault(method=None, status=200, body=body):
        if name == "session" and body.endswith("}"):
            assert begin(connect(org, name)).open().identity is None
            return
        refusal = refused(begin(connect(org, name)))
    assert refusal.shape is shape
    assert (refusal.status, refusal.answered) == (200, False)
    assert "canary" not in refusal.said


@pytest.mark.parametrize("status", [502, 503, 504, 420, 406])
@pytest.mark.parametrize("name", ["jwt", "soap_token"])
def test_edge_page_instead_of_a_reply(org: FakeOrg, begin: Begin, name: str, status: int) -> None:
    """A page of the edge is read as what it is, with its status; a maintenance page is not asked for twice."""
    with org.fault(status=status):
        refusal = refused(begin(connect(org, name)))
    assert refusal.status == status
    assert not refusal.answered
    assert org.counts().http_requests == (2 if status in (502, 504) else 1)


def broken_keys(other_key: rsa.RSAPrivateKey) -> dict[str, str]:
    curve = ec.generate_private_key(ec.SECP256R1())
    return {
        "none": "this is no key",
        "public": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "curve": pem_of(curve),
        "encrypted": pem_of(other_key, BestAvailableEncryption(b"x")),
    }


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("none", "is no RSA private key in PEM form"),
        ("public", "is no RSA private key in PEM form"),
        ("curve", "is no RSA private key in PEM form"),
        ("encrypted", "is encrypted with a passphrase"),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_unusable_key(
    org: FakeOrg, begin: Begin, other_key: rsa.RSAPrivateKey, tmp_path: Path, kind: str, words: str, in_file: bool
) -> None:
    """A key that cannot sign is found before any request, and its text is not repeated."""
    text = broken_keys(other_key)[kind]
    file = tmp_path / "key.pem"
    file.write_text(text)
    in_extra = {"private_key": None, "private_key_file_path": str(file)}
    extra: dict[str, Any] = in_extra if in_file else {"private_key": text}
    with pytest.raises(OrgConnectionError, match=words) as raised:
        begin(connect(org, "jwt", **extra)).open()
    field = "private_key_file_path" if in_file else "private_key"
    assert (raised.value.conn_id, raised.value.field, raised.value.flow) == ("crm", field, LoginFlow.JWT_BEARER)
    assert not any(line in str(raised.value) for line in text.splitlines() if not line.startswith("-----"))
    assert org.counts().http_requests == 0


def test_missing_key_file(org: FakeOrg, begin: Begin, tmp_path: Path) -> None:
    """No such file is said as the system says it, before any request."""
    extra: dict[str, Any] = {"private_key": None, "private_key_file_path": str(tmp_path / "none.pem")}
    with pytest.raises(OrgConnectionError, match="cannot be read \\(No such file or directory\\)"):
        begin(connect(org, "jwt", **extra)).open()
    assert org.counts().http_requests == 0


def test_key_from_a_file(org: FakeOrg, begin: Begin, tmp_path: Path) -> None:
    """A key in a file logs in as the key in the connection does."""
    file = tmp_path / "key.pem"
    file.write_text(org.private_key)
    assert begin(connect(org, "jwt", private_key=None, private_key_file_path=str(file))).open().fresh


def test_host_that_does_not_resolve(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads nowhere is a refusal without an answer, in words of ours."""
    for variable in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("socket.getaddrinfo", _nothing_found)
    refusal = refused(begin(fields_of(consumer_key="k", consumer_secret="s", domain="nowhere.my")))
    assert refusal.said == "name does not resolve"
    assert (refusal.shape, refusal.host) == (Shape.NO_ANSWER, "nowhere.my.salesforce.com")


def _nothing_found(*_: object, **__: object) -> Any:
    import socket

    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_identity_of_other_bodies() -> None:
    """A body without both ids tells nobody's identity."""
    assert read_identity("") is None
    assert read_identity("<organizationId>00DHs0000000001MAA</organizationId>") is None
    assert (
        read_identity('{"id": "https://login.salesforce.com/id/00DHs0000000001MAA/005Hs0000000001MAA/more"}')
        is not None
    )
    assert read_identity('{"id": "https://login.salesforce.com/id/00DHs0000000001MAA/005Hs0000000001MAAx"}') is None


@pytest.mark.parametrize("name", FLOWS)
def test_login_is_not_open_before(org: FakeOrg, begin: Begin, name: str) -> None:
    """Making a session sends nothing."""
    assert begin(connect(org, name)).login is None
    assert org.counts().http_requests == 0
