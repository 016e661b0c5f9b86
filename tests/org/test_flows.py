"""The flow that we name is the flow that simple-salesforce takes: compared with simple-salesforce itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.connection import OrgConnection, org_connection
from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.flows import (
    CREDENTIAL_FIELDS,
    DOORS,
    REFRESH_DOOR,
    Door,
    LoginFlow,
    door_of,
    nearest_door,
    open_door,
)
from airflow_sf_health.org.guarded_session import GuardedSession
from airflow_sf_health.org.login import log_in
from airflow_sf_health.org.transport import Traffic

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

ARGUMENTS = {
    "login": "username",
    "password": "password",
    "security_token": "security_token",
    "session_id": "session_id",
    "instance": "instance",
    "instance_url": "instance_url",
    "organization_id": "organizationId",
    "consumer_key": "consumer_key",
    "consumer_secret": "consumer_secret",
    "private_key": "privatekey",
    "domain": "domain",
}
"""Connection field -> argument of ``Salesforce``, as the stock hook hands them over."""

Fields = Mapping[str, Any]


class Recorder(GuardedSession):
    """Keeps the first request instead of sending it."""

    def __init__(self) -> None:
        super().__init__(
            org_connection("crm", extra={"session_id": "x", "instance": "acme.my.salesforce.com"}), Traffic()
        )
        self.sent: requests.PreparedRequest | None = None

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.sent = request
        raise requests.ConnectionError("recorded")


def each_combination() -> Iterator[Fields]:
    values = {name: f"the <{name}> & more" for name in ARGUMENTS}
    values |= {"private_key": PEM, "instance": "na1.salesforce.com", "domain": "acme.my"}
    for size in range(len(values) + 1):
        for names in combinations(values, size):
            fields = {name: values[name] for name in names}
            if "instance_url" in fields:  # a URL for a ready session; for JWT what stands before .salesforce.com
                fields["instance_url"] = "https://na2.salesforce.com" if "session_id" in fields else "acme--dev.my"
            yield fields


def what_simple_salesforce_does(fields: Fields) -> Any:
    given: Any = {ARGUMENTS[name]: KEY if name == "private_key" else value for name, value in fields.items()}
    session = Recorder()
    try:
        client = Salesforce(session=session, **given)
    except requests.ConnectionError:
        assert session.sent is not None
        return plain(session.sent)
    except (TypeError, SalesforceAuthenticationFailed):
        return "refused"
    assert client.auth_type == "direct"
    return client.sf_instance


def what_we_do(fields: Fields) -> Any:
    own = {name: value for name, value in fields.items() if name in ("login", "password")}
    extra = {name: value for name, value in fields.items() if name not in own}
    try:
        connection = org_connection("crm", **own, extra=extra)
    except OrgConnectionError:
        return "refused"
    if connection.flow is LoginFlow.SESSION:
        return connection.instance_host
    return plain(login_request(connection))


def login_request(connection: OrgConnection) -> requests.PreparedRequest:
    session = Recorder()
    with pytest.raises(Refused):
        log_in(connection, session)
    assert session.sent is not None
    return session.sent


def plain(request: requests.PreparedRequest) -> Any:
    """What matters of a login request; of a JWT assertion its claims, but not the second in which it was made."""
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
    form: dict[str, Any] = dict(parse_qs(body)) if "grant_type=" in body else {}
    if "assertion" in form:
        claims = jwt.decode(form.pop("assertion")[0], options={"verify_signature": False})
        form["claims"] = {name: claims[name] for name in ("iss", "sub", "aud")}
    return request.url, request.headers.get("Authorization"), form or body


def test_every_combination_of_fields_logs_in_as_simple_salesforce() -> None:
    """For each of the 2,048 combinations, the same request to the same host, or the same refusal to begin."""
    different = [
        (sorted(fields), theirs, ours)
        for fields in each_combination()
        if (theirs := what_simple_salesforce_does(fields)) != (ours := what_we_do(fields))
    ]
    assert different == []


def test_refresh_token_opens_no_door_that_simple_salesforce_has() -> None:
    """A refresh token beside each of the 2,048 combinations changes only what simple-salesforce does not take: then it is
    the way in, where there is a consumer key.
    """
    different = []
    for fields in each_combination():
        theirs, ours = what_simple_salesforce_does(fields), what_we_do({**fields, "refresh_token": "of-u"})
        host = f"https://{fields.get('domain', 'login')}.salesforce.com"
        if theirs == "refused" and "consumer_key" in fields:
            form = {"grant_type": ["refresh_token"], "client_id": [fields["consumer_key"]], "refresh_token": ["of-u"]}
            form |= {"client_secret": [fields["consumer_secret"]]} if "consumer_secret" in fields else {}
            theirs = f"{host}/services/oauth2/token", None, form
        if theirs != ours:
            different.append((sorted(fields), theirs, ours))
    assert different == []


@pytest.mark.parametrize("flow", LoginFlow)
def test_chosen_flow_goes_before_the_order(flow: LoginFlow) -> None:
    """With ``login_flow``, each combination takes that door if it has the fields, else it learns which of them are missing."""
    door = door_of(flow)
    for given in each_combination():
        fields = {**given, "refresh_token": "of-u", "domain": "acme.my"}
        fields.pop("instance_url", None)
        own = {name: fields.pop(name, None) for name in ("login", "password")}
        missing = door.missing({*fields, *(name for name, value in own.items() if value)})
        outcome = read({**fields, "login_flow": str(flow)}, own)
        if isinstance(outcome, OrgConnectionError):
            assert (outcome.field, outcome.flow) == (missing[0], flow)
            assert all(name in str(outcome) for name in missing)
        else:
            assert (outcome.flow, missing) == (flow, ())


def read(extra: Fields, own: Mapping[str, Any]) -> OrgConnection | OrgConnectionError:
    try:
        return org_connection("crm", **own, extra=extra)
    except OrgConnectionError as error:
        return error


@pytest.mark.parametrize("domain", [None, "login", "test"])
def test_client_credentials_on_a_shared_host_are_refused_by_both(domain: str | None) -> None:
    """Client credentials need the org's own My Domain; simple-salesforce says INVALID AUTH, we say which field."""
    fields = {"consumer_key": "key", "consumer_secret": "secret", **({"domain": domain} if domain else {})}
    assert what_simple_salesforce_does(fields) == "refused"
    with pytest.raises(OrgConnectionError, match="My Domain") as raised:
        org_connection("crm", extra=fields)
    assert (raised.value.conn_id, raised.value.field, raised.value.flow) == (
        "crm",
        "domain",
        LoginFlow.CLIENT_CREDENTIALS,
    )


@pytest.mark.parametrize("domain", ["login", "test", "acme.my", "acme--dev.sandbox.my"])
@pytest.mark.parametrize("names", [("security_token",), ("organization_id",), ("consumer_key", "consumer_secret")])
def test_hosts_of_user_and_password(domain: str, names: tuple[str, ...]) -> None:
    """The domain decides the host of a login with user and password, in each of its three forms."""
    fields = {"login": "u", "password": "p", "domain": domain, **dict.fromkeys(names, "x")}
    assert what_we_do(fields) == what_simple_salesforce_does(fields)
    assert what_we_do(fields)[0].startswith(f"https://{domain}.salesforce.com/")


def test_key_from_a_file_goes_before_the_key_in_the_connection(tmp_path: Any) -> None:
    """With both given, simple-salesforce reads the file, and so do we: the other key need not even be one."""
    file = tmp_path / "key.pem"
    file.write_text(PEM)
    fields = {"login": "u", "consumer_key": "k", "private_key": "no key", "private_key_file_path": str(file)}
    connection = org_connection(
        "crm", login="u", extra={name: value for name, value in fields.items() if name != "login"}
    )
    assert connection.ignored == ("private_key",)
    assert plain(login_request(connection))[2]["claims"]["sub"] == "u"


@pytest.mark.parametrize("client_id", [None, "nightly"])
@pytest.mark.parametrize("names", [("security_token",), ("organization_id",)])
def test_client_id_and_version_of_a_soap_login(client_id: str | None, names: tuple[str, ...]) -> None:
    """The SOAP login carries the connection's client id and pinned version as simple-salesforce sends them."""
    fields = {"login": "u", "password": "p", "version": "62.0", **dict.fromkeys(names, "x")}
    if client_id:
        fields["client_id"] = client_id
    session = Recorder()
    arguments: Any = {ARGUMENTS.get(name, name): value for name, value in fields.items()}
    with pytest.raises(requests.ConnectionError):
        Salesforce(session=session, **arguments)
    assert session.sent is not None
    assert what_we_do(fields) == plain(session.sent)
    assert "/services/Soap/u/62.0" in what_we_do(fields)[0]


@pytest.mark.parametrize("door", [*DOORS, REFRESH_DOOR], ids=[str(door.flow) for door in [*DOORS, REFRESH_DOOR]])
def test_a_door_opens_with_exactly_its_fields(door: Door) -> None:
    """Each flow's own fields open it, and without any one of them it is shut, and named as the nearest."""
    own = {*door.needs, *door.one_of[:1]}
    assert open_door(own) is door
    assert door.uses(own) == own
    for name in own:
        assert open_door(own - {name}) is not door
        assert door.missing(own - {name})


def test_nearest_door_is_the_newer_one_on_a_tie() -> None:
    """Nothing given: the nearest is what needs least, and of equals the flow with a future."""
    assert nearest_door(set()).flow is LoginFlow.CLIENT_CREDENTIALS
    assert nearest_door({"login", "consumer_key"}).flow is LoginFlow.JWT_BEARER
    assert nearest_door({"consumer_key"}).flow is LoginFlow.CLIENT_CREDENTIALS
    assert nearest_door({"refresh_token"}).missing({"refresh_token"}) == ("consumer_key",)
    assert nearest_door({"session_id"}).missing({"session_id"}) == ("instance_url or instance",)


def test_words_of_the_flows() -> None:
    """Each flow has a name and a request that messages can use, and two of them are SOAP."""
    assert {flow for flow in LoginFlow if flow.is_soap} == {LoginFlow.SOAP_TOKEN, LoginFlow.SOAP_ORGANIZATION}
    assert LoginFlow.JWT_BEARER.request_label == "token request (JWT bearer)"
    assert LoginFlow.SOAP_TOKEN.request_label == "SOAP login (user name, password and security token)"
    assert len({flow.label for flow in LoginFlow}) == len(LoginFlow) == len(DOORS) + 1


def test_fields_of_the_table_are_the_fields_of_the_doors() -> None:
    """The combinations above leave out only the client id, the key file and the refresh token, which have tests of their own."""
    assert set(ARGUMENTS) == CREDENTIAL_FIELDS - {"client_id", "private_key_file_path", "refresh_token"}
