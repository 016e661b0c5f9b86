"""Connections are read completely, or refused with the field to mend, before any request."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from connecting import fields_of
from requests.utils import prepend_scheme_if_needed

from airflow_sf_health.errors import ConfigurationError, OrgConnectionError
from airflow_sf_health.org.connection import OrgConnection, TimeLimits, org_connection
from airflow_sf_health.org.fields import DEFAULT_VERSION
from airflow_sf_health.org.flows import LoginFlow, StockDoor
from airflow_sf_health.org.proxies import StockProxies

SOAP = {"login": "u@acme.com", "password": "pass-word", "security_token": "token-of-u"}
JWT = {"login": "u@acme.com", "consumer_key": "key", "private_key": "-----BEGIN"}
CLIENT = {"consumer_key": "key", "consumer_secret": "secret-of-app", "domain": "acme.my"}
REFRESH = {"consumer_key": "key", "consumer_secret": "secret-of-app", "refresh_token": "refresh-token-of-u"}
READY = {"session_id": "00Dx!ready-session", "instance_url": "https://acme.my.salesforce.com"}


def refused(**fields: Any) -> OrgConnectionError:
    with pytest.raises(OrgConnectionError) as raised:
        fields_of(**fields)
    return raised.value


def proxies_of(connection: OrgConnection) -> dict[str, str]:
    return {scheme: url.reveal() for scheme, url in connection.proxies}


@pytest.mark.parametrize(
    ("fields", "field", "flow", "has"),
    [
        ({}, "consumer_key", LoginFlow.CLIENT_CREDENTIALS, "no credential field at all"),
        ({"login": "u", "password": "p"}, "organization_id", LoginFlow.SOAP_ORGANIZATION, "login, password"),
        ({**SOAP, "security_token": ""}, "organization_id", LoginFlow.SOAP_ORGANIZATION, "login, password"),
        (
            {"login": "u", "consumer_key": "k"},
            "private_key_file_path or private_key",
            LoginFlow.JWT_BEARER,
            "consumer_key",
        ),
        ({"session_id": "s"}, "instance_url or instance", LoginFlow.SESSION, "session_id"),
    ],
)
def test_incomplete_connection(fields: dict[str, Any], field: str, flow: LoginFlow, has: str) -> None:
    """What makes no flow is told with what is there and what the nearest flow lacks."""
    error = refused(**fields)
    assert (error.conn_id, error.field, error.flow) == ("crm", field, flow)
    assert str(error).startswith(f"Connection 'crm' has {has}")
    assert f"Nearest is {flow.label}: add {field}" in str(error)
    assert isinstance(error, ConfigurationError)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    "given", ["canary…", "canary\n", " canary", "can\rary", "canary\x00", "canary\u200b", "canaryé", "\xa0canary"]
)
@pytest.mark.parametrize(
    ("base", "field"),
    [
        (READY, "session_id"),
        (JWT, "consumer_key"),
        (CLIENT, "consumer_key"),
        (CLIENT, "consumer_secret"),
        ({"login": "u", "password": "p", "consumer_key": "k"}, "consumer_secret"),
        (REFRESH, "refresh_token"),
        (REFRESH, "consumer_secret"),
    ],
)
def test_token_or_key_that_no_header_takes(base: dict[str, Any], field: str, given: str) -> None:
    """A slip of the clipboard in a token or key is told by the field's name, before an HTTP error quotes the token."""
    error = refused(**{**base, field: given})
    assert error.field == field
    assert f"its {field} (not shown)" in str(error)
    assert "canary" not in str(error)


def test_session_given_as_argument_is_looked_at_too() -> None:
    """The stock hook's argument goes into the same header."""
    with pytest.raises(OrgConnectionError, match="session_id") as raised:
        org_connection("crm", extra={"instance": "acme.my.salesforce.com"}, session_id="canary\n")
    assert "canary" not in str(raised.value)


def test_characters_of_people_are_no_slip() -> None:
    """User name and password may hold what people like, and what the flow does not read is not looked at."""
    assert fields_of(**{**SOAP, "password": " pä…ss "}).flow is LoginFlow.SOAP_TOKEN
    assert fields_of(**SOAP, consumer_key="…").ignored == ("consumer_key",)


@pytest.mark.parametrize("empty", ["login", "password"])
@pytest.mark.parametrize("base", [SOAP, {**SOAP, "security_token": None, "organization_id": "00D"}])
def test_empty_login_or_password(empty: str, base: dict[str, Any]) -> None:
    """simple-salesforce takes an empty login or password for given, so the flow is chosen by it: said, not sent."""
    error = refused(**{**base, empty: ""})
    assert (error.field, error.flow) == (empty, fields_of(**base).flow)
    assert f"has an empty {empty}" in str(error)


def test_empty_password_that_no_flow_reads() -> None:
    """An empty password beside JWT fields is neither an error nor a left-over."""
    connection = fields_of(**JWT, password="")
    assert connection.flow is LoginFlow.JWT_BEARER
    assert connection.ignored == ()


def test_empty_extras_are_absent() -> None:
    """The connection form saves blank fields as empty texts; the stock hook takes them for absent, and so do we."""
    connection = fields_of(
        **JWT, security_token="", organization_id="", instance_url="", domain="", version="", proxies=""
    )
    assert (connection.flow, connection.domain, connection.version) == (LoginFlow.JWT_BEARER, "login", DEFAULT_VERSION)


def test_old_names_of_extras() -> None:
    """``extra__salesforce__…`` is read as ever, and the short name goes before it, also when it is empty."""
    old = {f"extra__salesforce__{name}": value for name, value in CLIENT.items()}
    assert fields_of(**old).flow is LoginFlow.CLIENT_CREDENTIALS
    assert fields_of(**{**old, "domain": "other.my"}).token_host == "other.my.salesforce.com"
    assert refused(**{**old, "domain": ""}).field == "domain"


def test_left_over_fields_are_named() -> None:
    """A JWT connection with a forgotten password and token logs in by SOAP, and reads none of the app's fields."""
    connection = fields_of(**JWT, password="p", security_token="t", client_id="c")
    assert connection.flow is LoginFlow.SOAP_TOKEN
    assert connection.ignored == ("consumer_key", "private_key")
    assert connection.consumer_key is None
    assert fields_of(**JWT).ignored == ()
    assert fields_of(**READY, instance="na1.salesforce.com", domain="test").ignored == ("domain", "instance")


def test_argument_session_id_goes_before_the_extra() -> None:
    """The stock hook's argument ``session_id`` wins over the connection's extra."""
    connection = org_connection("crm", extra=READY, session_id="given")
    assert connection.session_id is not None
    assert connection.session_id.reveal() == "given"


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("https://acme.my.salesforce.com", "Set it to 'acme.my'"),
        ("https://acme.my.salesforce.com/", "Set it to 'acme.my'"),
        ("acme.my.salesforce.com", "Set it to 'acme.my'"),
        ("HTTPS://Login.Salesforce.com:443/x", "Set it to 'login'"),
        ("https://crm.acme.example", "Hosts outside .salesforce.com are not supported"),
        ("acme.my.salesforce.mil", "Hosts outside .salesforce.com are not supported"),
        ("acme my", "not supported"),
        ("https://[broken", "not supported"),
        ("-acme", "not supported"),
        (".salesforce.com", "not supported"),
    ],
)
@pytest.mark.parametrize("base", [SOAP, JWT, CLIENT], ids=["soap", "jwt", "client"])
def test_domain_given_as_host_or_url(base: dict[str, Any], given: str, advice: str) -> None:
    """The domain is what stands before .salesforce.com; a whole host or URL gets told what to write instead."""
    error = refused(**{**base, "domain": given})
    assert error.field == "domain"
    assert f"'{given}'" in str(error)
    assert advice in str(error)


def test_instance_url_of_jwt_is_a_part_too() -> None:
    """simple-salesforce sends the JWT to ``<instance_url>.salesforce.com``: a URL there leads nowhere."""
    connection = fields_of(**JWT, instance_url="acme.my", domain="test")
    assert (connection.token_host, connection.domain) == ("acme.my.salesforce.com", "test")
    error = refused(**JWT, instance_url="https://acme.my.salesforce.com")
    assert (error.field, error.flow) == ("instance_url", LoginFlow.JWT_BEARER)
    assert "Set it to 'acme.my'" in str(error)


@pytest.mark.parametrize(
    ("fields", "host"),
    [
        ({"instance_url": "https://acme.my.salesforce.com/"}, "acme.my.salesforce.com"),
        ({"instance_url": "http://acme.my.salesforce.com"}, "acme.my.salesforce.com"),
        ({"instance_url": "https://acme.my.salesforce.com:443"}, "acme.my.salesforce.com"),
        ({"instance_url": "https://acme.my.salesforce.com:8443/x"}, "acme.my.salesforce.com:8443"),
        ({"instance": "na1.salesforce.com"}, "na1.salesforce.com"),
        ({"instance": "na1.salesforce.com:8443"}, "na1.salesforce.com:8443"),
        ({"instance": "na1.salesforce.com", "instance_url": "https://na2.salesforce.com"}, "na2.salesforce.com"),
    ],
)
def test_host_of_a_ready_session(fields: dict[str, str], host: str) -> None:
    """A ready session's host is that of its instance URL, else its instance; it is the first host asked."""
    connection = fields_of(session_id="ready", **fields)
    assert connection.instance_host == connection.first_host == host


@pytest.mark.parametrize(
    "fields",
    [
        {"instance_url": "acme.my.salesforce.com"},
        {"instance_url": "ftp://acme.my.salesforce.com"},
        {"instance_url": "https://acme.my.salesforce.com:many"},
        {"instance_url": "https://[broken"},
        {"instance_url": "https://"},
        {"instance": "two words"},
    ],
)
def test_instance_that_is_no_host(fields: dict[str, str]) -> None:
    """An instance that leads nowhere is refused with its field."""
    error = refused(session_id="ready", **fields)
    assert (error.field, error.flow) == (next(iter(fields)), LoginFlow.SESSION)


@pytest.mark.parametrize(
    ("field", "given", "right"),
    [
        ("instance", "https://acme.my.salesforce.com", "acme.my.salesforce.com"),
        ("instance", "https://acme.my.salesforce.com:8443/x", "acme.my.salesforce.com:8443"),
        ("instance", "acme.my.salesforce.com ", "acme.my.salesforce.com"),
        ("instance_url", "https://acme.my.salesforce.com ", "https://acme.my.salesforce.com"),
    ],
)
def test_instance_that_the_stock_hook_would_misread(field: str, given: str, right: str) -> None:
    """simple-salesforce takes ``instance`` as a host as it is: what leads it astray is refused, with what to write."""
    error = refused(session_id="ready", **{field: given})
    assert (error.field, error.flow) == (field, LoginFlow.SESSION)
    assert str(error).endswith(f"Set its extra '{field}' to '{right}'.")


@pytest.mark.parametrize(
    ("given", "mend"), [("login ", "Set it to 'login'."), ("\tacme.my", "Set it to 'acme.my'."), (" ", "Empty it.")]
)
@pytest.mark.parametrize("base", [SOAP, JWT, CLIENT], ids=["soap", "jwt", "client"])
def test_domain_with_white_space(base: dict[str, Any], given: str, mend: str) -> None:
    """The stock hook fails with a domain that has white space around it, so it is not mended in silence."""
    error = refused(**{**base, "domain": given})
    assert error.field == "domain"
    assert str(error).endswith(f"white space around {given!r} in its extra 'domain'. {mend}")


@pytest.mark.parametrize("given", ["v62.0", "62", "62.5", "latest", 62])
def test_version_in_another_form(given: object) -> None:
    """A version that would make a wrong path is refused with an example."""
    error = refused(**JWT, version=given)
    assert error.field == "version"
    assert "62.0" in str(error)


@pytest.mark.parametrize("given", ["62.0", 62.0])
def test_version(given: object) -> None:
    """The pinned version, as text or as the number that JSON makes of it."""
    assert fields_of(**JWT, version=given).version == "62.0"


def test_time_limits() -> None:
    """The extras go before the site's defaults; what is left out or empty takes the default."""
    connection = org_connection(
        "crm",
        login="u",
        extra={"consumer_key": "k", "private_key": "x", "connect_timeout": "3", "read_timeout": 0},
        time_limits=TimeLimits(1.0, 2.0, 4.0),
    )
    assert connection.time_limits == TimeLimits(connect=3.0, read=2.0, examination=4.0)
    assert fields_of(**JWT).time_limits == TimeLimits(10.0, 30.0, 60.0)


@pytest.mark.parametrize("given", ["soon", "0", -1, "nan", "inf", [3], 86_400])
@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout", "examination_timeout"])
def test_time_limits_that_are_none(name: str, given: object) -> None:
    """A time limit is a number of seconds between nothing and a day."""
    assert refused(**JWT, **{name: given}).field == name


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"https": "http://u:p@proxy:3128"}, {"https": "http://u:p@proxy:3128"}),
        ('{"https": "http://proxy:3128"}', {"https": "http://proxy:3128"}),
        ("http://proxy:3128", {"http": "http://proxy:3128", "https": "http://proxy:3128"}),
        ("socks5h://proxy:1080", {"http": "socks5h://proxy:1080", "https": "socks5h://proxy:1080"}),
        (None, {}),
        ({}, {}),
        ({"https": "proxy:3128"}, {"https": "http://proxy:3128"}),
        ({"https": "proxy.example:3128"}, {"https": "http://proxy.example:3128"}),
        ({"https": "proxy.example"}, {"https": "http://proxy.example"}),
        ({"https": "//10.0.0.1:3128"}, {"https": "http://10.0.0.1:3128"}),
        ({"https": "[::1]:3128"}, {"https": "http://[::1]:3128"}),
        ({"https": "user@proxy:3128"}, {"https": "http://user@proxy:3128"}),
        ("proxy:3128", {"http": "http://proxy:3128", "https": "http://proxy:3128"}),
        ({"https": "http://p:1", "no_proxy": "localhost"}, {"https": "http://p:1", "no_proxy": "localhost"}),
        ({"no_proxy": "//[x"}, {"no_proxy": "//[x"}),
        ({"https": "http://p:1", "http": None}, {"https": "http://p:1"}),
        ('{"https": "http://p:1", "http": null}', {"https": "http://p:1"}),
        ({"https": ""}, {"https": ""}),
        ({"https://acme.my.salesforce.com": "p.example:1"}, {"https://acme.my.salesforce.com": "http://p.example:1"}),
        ({"all": "p.example:1", "ftp": 7, "HTTPS": "x y"}, {"all": "http://p.example:1"}),
    ],
)
def test_proxies(given: object, read: dict[str, str]) -> None:
    """Proxies come as a dict, as its JSON text from the form, or as one URL; what ``requests`` can use is taken."""
    connection = fields_of(**JWT, proxies=given)
    assert proxies_of(connection) == read
    assert connection.secrets() == ()


@pytest.mark.parametrize(
    ("given", "stock"),
    [
        ('{"https": "http://proxy:3128"}', StockProxies.TEXT),
        ("http://proxy:3128", StockProxies.TEXT),
        ("proxy:3128", StockProxies.TEXT),
        ({"https": "proxy:3128"}, StockProxies.NO_SCHEME),
        ({"https": "proxy.example:3128"}, None),
        ({"https": "http://proxy:3128", "no_proxy": "proxy:3128", "ftp": "proxy:3128"}, None),
        ({"https": "http://proxy:3128", "http": None}, None),
        ("", None),
        (None, None),
    ],
)
def test_proxies_of_the_stock_hook(given: object, stock: StockProxies | None) -> None:
    """What we read and the stock hook cannot is noted: text, and a name that ``requests`` takes for a scheme."""
    assert fields_of(**JWT, proxies=given).stock_proxies is stock


@pytest.mark.parametrize("proxy", ["proxy.example:3128", "//10.0.0.1:3128", "[::1]:3128", "user@proxy:3128"])
def test_proxy_without_scheme_leads_where_requests_goes(proxy: str) -> None:
    """The scheme put before a proxy is the one that ``requests`` puts there."""
    assert proxies_of(fields_of(**JWT, proxies={"https": proxy})) == {"https": prepend_scheme_if_needed(proxy, "http")}


@pytest.mark.parametrize(
    "given",
    [
        "u:canary-password@proxy:3128",
        '{"https": "canary-password"',
        '["http://u:canary-password@proxy"]',
        '{"https": ["canary-password"]}',
        {"https": 3128, "x": "canary-password"},
        "http://u:canary#password@proxy:3128",
        "http://u:canary-password@proxy:port",
        {"https": " http://u:canary-password@proxy:1"},
        {"https": "http://u:canary-password@proxy:1\n"},
        {"https": "http://u:canary-password…@proxy:1"},
        {"https": "http://u:canary-password%E2%80%A6@proxy:1"},
        {"https": "ftp://u:canary-password@proxy:1"},
        {"https": "http:/u:canary-password@proxy:1"},
        {"https": "http://p:1", "no_proxy": ["canary-password"]},
        7,
    ],
)
def test_proxies_that_cannot_be_read_are_not_shown(given: object) -> None:
    """The error does not repeat what was given, since it may hold a password."""
    error = refused(**JWT, proxies=given)
    assert error.field == "proxies"
    assert "canary" not in str(error)


def test_what_the_message_shows_of_the_connection() -> None:
    """Runbook and severity are taken as they are; without them there are none."""
    connection = fields_of(**JWT, runbook="https://wiki.acme.example/crm", severity="SEV2")
    assert (connection.runbook, connection.severity) == ("https://wiki.acme.example/crm", "SEV2")
    assert (fields_of(**JWT).runbook, fields_of(**JWT).severity) == (None, None)


def test_expected_org_and_contact() -> None:
    """Two extras of ours: which org is meant, and whom to tell."""
    connection = fields_of(**JWT, expected_org_id="00DHs0000000001", contact="crm@acme.com")
    assert (connection.expected_org_id, connection.contact) == ("00DHs0000000001", "crm@acme.com")
    assert fields_of(**JWT, contact=42).contact == "42"


@pytest.mark.parametrize("given", ["acme", "00D1", 7, "00DHs0000000001-AA"])
def test_expected_org_that_is_no_id(given: object) -> None:
    """A slip in the expected org would fail every run, so it is refused where it stands."""
    assert refused(**JWT, expected_org_id=given).field == "expected_org_id"


@pytest.mark.parametrize(
    ("others", "flow"),
    [
        (SOAP, LoginFlow.SOAP_TOKEN),
        (JWT, LoginFlow.JWT_BEARER),
        (CLIENT, LoginFlow.CLIENT_CREDENTIALS),
    ],
)
def test_renewal_of_a_ready_session(others: dict[str, Any], flow: LoginFlow) -> None:
    """The other fields of a connection with a ready session say what a dead one can be replaced by."""
    if flow is LoginFlow.SOAP_TOKEN:
        # The security token goes before a ready session, so there is none to renew.
        assert fields_of(**READY, **others).flow is flow
        return
    connection = fields_of(**READY, **others, connect_timeout=3)
    assert connection.flow is LoginFlow.SESSION
    assert connection.renewal is not None
    assert (connection.renewal.flow, connection.renewal.session_id) == (flow, None)
    assert connection.renewal.time_limits.connect == 3
    assert connection.renewal.instance_host is None


def test_ready_session_without_another_flow() -> None:
    """Nothing that makes a flow beside the session: there is no renewal, and that is no error."""
    for connection in (fields_of(**READY), fields_of(**READY, login="u")):
        assert (connection.renewal, connection.renewal_problem) == (None, None)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({**JWT, "domain": "https://acme.my.salesforce.com"}, "Set it to 'acme.my'."),
        ({"consumer_key": "k", "consumer_secret": "s"}, "uses client credentials"),
        ({**CLIENT, "consumer_secret": "s "}, "its consumer_secret (not shown)"),
    ],
)
def test_renewal_that_is_malformed(others: dict[str, Any], words: str) -> None:
    """A flow that was meant and is wrong is no error while the session lives; what is wrong with it is kept."""
    connection = fields_of(**READY, **others)
    assert (connection.flow, connection.renewal) == (LoginFlow.SESSION, None)
    assert connection.renewal_problem is not None
    assert connection.renewal_problem.startswith("Connection 'crm' ")
    assert words in connection.renewal_problem


def test_session_of_the_caller_is_known_as_such() -> None:
    """A session handed over is told from the connection's own; its renewal has none."""
    extra = {**JWT, "instance": "acme.my.salesforce.com"}
    ready = org_connection("crm", login=JWT["login"], extra=extra, session_id="given")
    assert ready.session_is_argument
    assert ready.renewal is not None
    assert not ready.renewal.session_is_argument
    assert not fields_of(**JWT, **READY).session_is_argument
    assert not fields_of(**JWT).session_is_argument


def test_connection_is_a_value() -> None:
    """Two readings of the same fields are equal and hash alike, so a connection can be a key."""
    assert fields_of(**SOAP, proxies="http://p:1") == fields_of(**SOAP, proxies="http://p:1")
    assert len({fields_of(**SOAP, proxies="http://p:1"), fields_of(**SOAP, proxies="http://p:1")}) == 1


def test_json_extra_of_proxies_round_trip() -> None:
    """What Airflow's JSON makes of the extra is read like the dict itself."""
    extra = json.loads(json.dumps({**JWT, "proxies": {"https": "http://proxy:3128"}}))
    assert proxies_of(fields_of(**extra)) == {"https": "http://proxy:3128"}


def test_fields_of_the_renewal_are_no_left_over() -> None:
    """Beside a ready session, what its renewal reads is in use; the rest is named."""
    assert fields_of(**READY, **JWT, domain="acme.my").ignored == ()
    assert fields_of(**READY, **JWT, client_id="c").ignored == ("client_id",)


def test_stock_hook_beside_a_session_in_the_extras() -> None:
    """The stock hook does not read the extra session_id; what it makes of the rest is told, its trap included."""
    assert fields_of(**READY).stock == StockDoor(None)
    assert fields_of(**READY, **JWT).stock == StockDoor(LoginFlow.JWT_BEARER, misreads_url=True)
    by_host = {"session_id": "00Dx!ready-session", "instance": "acme.my.salesforce.com"}
    assert fields_of(**by_host, **JWT).stock == StockDoor(LoginFlow.JWT_BEARER)
    assert org_connection("crm", extra=READY, session_id="given").stock is None


def test_refresh_token() -> None:
    """A refresh token and a consumer key log in, on the domain; the stock hook knows no such flow."""
    connection = fields_of(**REFRESH, domain="test")
    assert (connection.flow, connection.token_host) == (LoginFlow.REFRESH_TOKEN, "test.salesforce.com")
    assert (connection.withheld, connection.ignored, connection.stock) == (None, (), StockDoor(None))
    assert set(connection.secrets()) == {"secret-of-app", "refresh-token-of-u"}
    assert "refresh-token" not in repr(connection)
    assert fields_of(**{**REFRESH, "consumer_secret": None}).consumer_secret is None


def test_left_over_refresh_token() -> None:
    """Where a door of simple-salesforce opens, it goes first, and the refresh token is a left-over."""
    assert fields_of(**{**REFRESH, **JWT}).ignored == ("consumer_secret", "refresh_token")
    on_my_domain = fields_of(**REFRESH, domain="acme.my")
    assert (on_my_domain.flow, on_my_domain.ignored) == (LoginFlow.CLIENT_CREDENTIALS, ("refresh_token",))


def test_chosen_flow() -> None:
    """``login_flow`` chooses the door; what the stock hook takes instead is kept, and what neither reads is named."""
    connection = fields_of(**{**REFRESH, **JWT}, login_flow="refresh_token")
    assert (connection.flow, connection.ignored) == (LoginFlow.REFRESH_TOKEN, ("private_key",))
    assert connection.stock == StockDoor(LoginFlow.JWT_BEARER)
    same = fields_of(**JWT, login_flow="jwt_bearer")
    assert (same, same.stock) == (fields_of(**JWT), None)
    assert fields_of(**SOAP, **CLIENT, login_flow="client_credentials").stock == StockDoor(LoginFlow.SOAP_TOKEN)
    assert fields_of(**REFRESH, login_flow="refresh_token").stock == StockDoor(None)


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("jwt", "jwt_bearer"),
        ("JWT_BEARER", "jwt_bearer"),
        ("refresh", "refresh_token"),
        ("soap", "soap_token"),
        (7, ""),
    ],
)
def test_login_flow_that_is_none(given: object, nearest: str) -> None:
    """A flow that there is not is refused with the nearest one and the list of them."""
    error = refused(**JWT, login_flow=given)
    assert (error.field, error.flow) == ("login_flow", None)
    assert f"Nearest is '{nearest}" in str(error)
    assert "client_credentials" in str(error)


def test_chosen_flow_that_lacks_fields() -> None:
    """The error names what the chosen flow lacks, though the fields make another one."""
    error = refused(**CLIENT, login_flow="refresh_token")
    assert (error.field, error.flow) == ("refresh_token", LoginFlow.REFRESH_TOKEN)
    assert "chooses refresh token by its extra 'login_flow', and lacks refresh_token" in str(error)


def test_session_of_the_caller_goes_before_the_chosen_flow() -> None:
    """Who hands over a session has it in place of a login; the chosen flow is what renews it."""
    extra = {**REFRESH, "instance": "acme.my.salesforce.com", "login_flow": "refresh_token"}
    connection = org_connection("crm", extra=extra, session_id="given")
    assert connection.flow is LoginFlow.SESSION
    assert connection.renewal is not None
    assert connection.renewal.flow is LoginFlow.REFRESH_TOKEN
    assert connection.ignored == ()
    without_host = org_connection("crm", extra={**REFRESH, "login_flow": "refresh_token"}, session_id="given")
    assert without_host.flow is LoginFlow.REFRESH_TOKEN
    lacking = org_connection("crm", extra={**READY, "login_flow": "jwt_bearer"}, session_id="given")
    assert (lacking.flow, lacking.renewal) == (LoginFlow.SESSION, None)
    assert lacking.renewal_problem is not None
    assert "chooses JWT bearer by its extra 'login_flow', and lacks" in lacking.renewal_problem


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"refresh_token_rotation": True}, "changes at each use"),
        ({"refresh_token_rotation": " True "}, "changes at each use"),
        ({"refresh_token_rotation": "1"}, "changes at each use"),
        ({"refresh_token_rotation": 1}, "changes at each use"),
        ({"refresh_token_owner": "skyvia"}, "belongs to 'skyvia'"),
        ({"refresh_token_owner": "skyvia", "refresh_token_rotation": "no"}, "belongs to 'skyvia'"),
    ],
)
def test_refresh_token_that_is_not_ours_to_spend(extra: dict[str, Any], words: str) -> None:
    """Rotation or another owner withholds the token, also behind a ready session, which it then does not renew."""
    withheld = fields_of(**REFRESH, **extra).withheld
    assert withheld is not None
    assert words in withheld
    ready = fields_of(**REFRESH, **READY, **extra)
    assert (ready.flow, ready.renewal, ready.withheld) == (LoginFlow.SESSION, None, None)
    assert ready.withheld_renewal is not None
    assert ready.withheld_renewal.withheld == withheld
    assert ready.ignored == ()
    assert "refresh-token-of-u" in ready.secrets()


@pytest.mark.parametrize(
    "extra",
    [
        {"refresh_token_rotation": given, "refresh_token_owner": owner}
        for given, owner in ((False, None), ("false", ""), ("Off", " "), ("0", "airflow"), (0, "Airflow "))
    ],
)
def test_refresh_token_that_is_ours(extra: dict[str, Any]) -> None:
    """No rotation and no owner but Airflow: it is used, and it renews a ready session."""
    assert fields_of(**REFRESH, **extra).withheld is None
    renewal = fields_of(**REFRESH, **READY, **extra).renewal
    assert renewal is not None
    assert renewal.flow is LoginFlow.REFRESH_TOKEN


ROTATING = {**REFRESH, "refresh_token_rotation": True, "refresh_token_owner": "acme-airflow"}


def at_site(extra: dict[str, Any], installation: str = "acme-airflow", *, keeps_grants: bool = True) -> OrgConnection:
    return org_connection("crm", extra=extra, installation=installation, keeps_grants=keeps_grants)


@pytest.mark.parametrize("owner", ["acme-airflow", " Acme-Airflow ", "ACME-AIRFLOW"])
def test_rotation_that_is_ours(owner: str) -> None:
    """Where this installation alone uses the token, and a store of the site's keeps the next one, it is spent."""
    connection = at_site({**ROTATING, "refresh_token_owner": owner})
    assert (connection.withheld, connection.rotates, connection.may_rotate) == (None, True, True)
    assert connection.why_no_login == ""


def test_rotation_behind_a_ready_session() -> None:
    """The same token renews a ready session."""
    ready = at_site({**ROTATING, **READY})
    assert (ready.flow, ready.rotates, ready.may_rotate) == (LoginFlow.SESSION, False, False)
    assert ready.renewal is not None
    assert ready.renewal.rotates


def test_installation_of_another_name() -> None:
    """A site with a name of its own owns the tokens that name it, and spends no rotating one of another Airflow."""
    assert at_site({**ROTATING, "refresh_token_owner": "airflow-prod"}, "Airflow-Prod").rotates
    assert at_site({**REFRESH, "refresh_token_owner": "airflow-prod"}, "airflow-prod").withheld is None
    assert at_site({**REFRESH, "refresh_token_owner": "airflow"}, "airflow-prod").withheld is None
    withheld = at_site({**ROTATING, "refresh_token_owner": "airflow"}, "airflow-prod").withheld
    assert withheld is not None
    assert "(set it to 'airflow-prod' where that is so)" in withheld
    assert "[sf_health] store" not in withheld


@pytest.mark.parametrize("name", ["airflow", "Airflow"])
@pytest.mark.parametrize("owner", ["airflow", None])
def test_installation_without_a_name_of_its_own(name: str, owner: str | None) -> None:
    """By default each installation has the same name, so that says nothing of who alone uses a rotating token; one sentence says what to set."""
    connection = at_site({**ROTATING, "refresh_token_owner": owner}, name)
    assert (connection.rotates, connection.may_rotate) == (False, False)
    assert (
        "(set [sf_health] installation to one that no other has, and refresh_token_owner to the same)"
        in connection.why_no_login
    )
    assert connection.why_no_login.count(". ") == 0
    assert at_site({**REFRESH, "refresh_token_owner": owner}, name).withheld is None


@pytest.mark.parametrize(
    ("extra", "keeps_grants", "words", "others"),
    [
        ({"refresh_token_owner": None}, True, "refresh_token_owner does not say", "[sf_health] store"),
        ({}, False, "set [sf_health] store to a database", "(set it to"),
        (
            {"refresh_token_owner": None},
            False,
            "(set it to 'acme-airflow' where that is so) and no store is named",
            "skyvia",
        ),
        ({"refresh_token_owner": "skyvia"}, True, "belongs to 'skyvia'", "store"),
    ],
)
def test_rotation_that_is_refused(extra: dict[str, Any], keeps_grants: bool, words: str, others: str) -> None:
    """One sentence says which of the conditions is not met and how to mend that, and of no other."""
    connection = at_site({**ROTATING, **extra}, keeps_grants=keeps_grants)
    assert (connection.rotates, connection.may_rotate) == (False, False)
    assert words in connection.why_no_login
    assert others not in connection.why_no_login
    assert connection.why_no_login.count(". ") == 0


@pytest.mark.parametrize(
    ("extra", "keeps_grants", "may_rotate"),
    [
        ({"refresh_token_owner": "acme-airflow"}, True, True),
        ({"refresh_token_owner": "acme-airflow"}, False, False),
        ({"refresh_token_owner": "airflow"}, True, False),
        ({}, True, False),
        ({"refresh_token_owner": "skyvia"}, True, False),
    ],
)
def test_rotation_that_is_not_told(extra: dict[str, Any], keeps_grants: bool, may_rotate: bool) -> None:
    """Where it would be ours to keep, a successor that nobody told of is no loss."""
    connection = at_site({**REFRESH, **extra}, keeps_grants=keeps_grants)
    assert (connection.rotates, connection.may_rotate) == (False, may_rotate)


@pytest.mark.parametrize("base", [REFRESH, JWT, {**REFRESH, **READY}])
def test_rotation_that_is_neither_on_nor_off(base: dict[str, Any]) -> None:
    """A slip there could burn a token, so it is refused wherever it stands."""
    error = refused(**base, refresh_token_rotation="perhaps")
    assert error.field == "refresh_token_rotation"
    assert "Write true or false" in str(error)


def test_session_beside_fields_that_the_stock_hook_cannot_use() -> None:
    """Client credentials on a shared host are refused by simple-salesforce, so its tasks have no door at all."""
    by_host = {"session_id": "00Dx!ready-session", "instance": "acme.my.salesforce.com"}
    assert fields_of(**REFRESH, **by_host).stock == StockDoor(None)
    assert fields_of(**CLIENT, **by_host).stock == StockDoor(LoginFlow.CLIENT_CREDENTIALS)


def test_reading_a_connection_is_cheap() -> None:
    """Connections and refusals are read without an HTTP library: triggers do so on the event loop."""
    program = "import sys, airflow_sf_health.org.connection, airflow_sf_health.org.errors; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"requests", "urllib3", "simple_salesforce", "jwt", "cryptography"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(("given", "kept"), [("me@acme.com", "me@acme.com"), ("", None), (None, None)])
def test_whose_refresh_token_it_is(given: str | None, kept: str | None) -> None:
    """The token names nobody, so the connection's user name is kept for messages; an empty one says nothing."""
    connection = fields_of(**REFRESH, login=given)
    assert (connection.flow, connection.login, connection.ignored) == (LoginFlow.REFRESH_TOKEN, kept, ())
