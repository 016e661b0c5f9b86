"""Logins at the fake org by each door, in the words of any client, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jwt
import requests

from airflow_sf_health.testing.auth import JWT_BEARER

if TYPE_CHECKING:
    from airflow_sf_health.testing import FakeOrg

LOGIN = "https://login.salesforce.com"
TEST = "https://test.salesforce.com"
ACME = "https://acme.my.salesforce.com"

PARTNER = "urn:partner.soap.sforce.com"
SOAP_BODY = (
    '<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"><se:Header>{header}</se:Header><se:Body>'
    f'<login xmlns="{PARTNER}"><username>{{username}}</username><password>{{password}}</password></login>'
    "</se:Body></se:Envelope>"
)
SOAP_SCOPE = f'<LoginScopeHeader xmlns="{PARTNER}"><organizationId>{{}}</organizationId></LoginScopeHeader>'


def ask(host: str, **form: Any) -> requests.Response:
    return post(host, "token", **form)


def post(host: str, endpoint: str, **form: Any) -> requests.Response:
    return requests.post(f"{host}/services/oauth2/{endpoint}", data=form, timeout=10)


def refusal(response: requests.Response) -> tuple[int, str, str]:
    """Status and words of a refusal, by either kind of door."""
    if "xml" in response.headers["Content-Type"]:
        return response.status_code, *fault(response)
    body = response.json()
    return response.status_code, body["error"], body["error_description"]


def fault(response: requests.Response) -> tuple[str, str]:
    body, namespace = ET.fromstring(response.content), "{urn:fault.partner.soap.sforce.com}"
    code, text = (body.findtext(f".//{namespace}exception{name}") or "" for name in ("Code", "Message"))
    return code, text


def client(org: FakeOrg) -> dict[str, str]:
    """Key and secret of the app."""
    app = org.state.apps[0]
    return {"client_id": app.consumer_key, "client_secret": app.consumer_secret}


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
    form = {**client(org), "username": org.user().username, "password": org.user().password}
    return ask(host, **{"grant_type": "password", **form, **changed})


def ask_client_credentials(org: FakeOrg, host: str = ACME, **changed: Any) -> requests.Response:
    return ask(host, **{"grant_type": "client_credentials", **client(org), **changed})


def new_refresh_token(org: FakeOrg) -> str:
    """The user approves the app anew."""
    token: str = org.connection("refresh_token")["extra"]["refresh_token"]
    return token


def ask_refresh(org: FakeOrg, host: str = LOGIN, **changed: Any) -> requests.Response:
    """With a token of its own, unless one is given."""
    changed.setdefault("refresh_token", None)
    changed["refresh_token"] = changed["refresh_token"] or new_refresh_token(org)
    return ask(host, **{"grant_type": "refresh_token", **client(org), **changed})


def ask_soap(
    org: FakeOrg, host: str = LOGIN, *, password: str | None = None, header: str = "", version: str = "59.0"
) -> requests.Response:
    user = org.user()
    password = user.password + user.security_token if password is None else password
    return post_soap(SOAP_BODY.format(header=header, username=user.username, password=password), version, host)


def post_soap(body: str, version: str = "59.0", host: str = LOGIN) -> requests.Response:
    headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
    return requests.post(f"{host}/services/Soap/u/{version}", data=body, headers=headers, timeout=10)


DOORS: Mapping[str, Callable[..., requests.Response]] = {
    "jwt": ask_jwt,
    "client_credentials": ask_client_credentials,
    "password": ask_password,
    "refresh": ask_refresh,
    "soap": ask_soap,
}
