"""SOAP login, asked in the words of other people's clients."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from logins import LOGIN, PARTNER, SOAP_BODY, SOAP_SCOPE, ask_soap, post_soap, refusal

from airflow_sf_health.testing import FakeOrg

if TYPE_CHECKING:
    import requests


def value(response: requests.Response, name: str) -> str | None:
    return ET.fromstring(response.content).findtext(f".//{{{PARTNER}}}{name}")


def elements(text: str) -> list[str]:
    return [re.sub(r"\{.*\}", "", element.tag) for element in ET.fromstring(text).iter()]


def test_login_reply_has_the_recorded_elements(org: FakeOrg, recorded: Callable[[str], str]) -> None:
    """A login answers all elements of the newest recording, in their order, under its content type."""
    reply = ask_soap(org)
    assert elements(reply.text) == elements(recorded("soap/login_success_2022.xml"))
    assert reply.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert "Sforce-Limit-Info" not in reply.headers


def test_login_leads_to_the_my_domain(org: FakeOrg) -> None:
    """The reply sends the client to the My Domain, in the version that it asked with."""
    reply = ask_soap(org, version="42.0")
    assert value(reply, "serverUrl") == f"https://acme.my.salesforce.com/services/Soap/u/42.0/{org.state.org.id[:15]}"
    assert value(reply, "userId") == org.user().id
    assert value(reply, "sessionSecondsValid") == "7200"


def test_login_by_organization(org: FakeOrg) -> None:
    """With the organization id in the header, the password alone will do; with another organization's, it will not."""
    password = org.user().password
    assert ask_soap(org, password=password, header=SOAP_SCOPE.format(org.state.org.id)).status_code == 200
    assert refusal(ask_soap(org, password=password, header=SOAP_SCOPE.format("00D000000000999")))[1] == "INVALID_LOGIN"


def test_password_without_token(org: FakeOrg) -> None:
    """The right password from nowhere in particular needs the security token."""
    assert refusal(ask_soap(org, password=org.user().password))[:2] == (500, "LOGIN_MUST_USE_SECURITY_TOKEN")


@pytest.mark.parametrize("why", ["password", "user", "inactive", "host"])
def test_invalid_login_masks_its_reason(org: FakeOrg, recorded: Callable[[str], str], why: str) -> None:
    """Wrong password, unknown or deactivated user and wrong host are told by one and the same fault."""
    if why == "user":
        body = SOAP_BODY.format(header="", username="nobody@acme.com", password="any")
        reply = post_soap(body)
    else:
        org.user().active = why != "inactive"
        password = "wrong" if why == "password" else None
        reply = ask_soap(org, "https://test.salesforce.com" if why == "host" else LOGIN, password=password)
    assert reply.status_code == 500
    assert reply.text.strip() == recorded("soap/fault_invalid_login.xml").strip()


@pytest.mark.parametrize(("enabled", "version"), [(False, "59.0"), (True, "65.0"), (False, "66.0")])
def test_login_is_off(org: FakeOrg, recorded: Callable[[str], str], enabled: bool, version: str) -> None:
    """Where the org has SOAP login off, and from version 65 on, the fault says that it is disabled."""
    org.state.org.soap_login_enabled = enabled
    reply = ask_soap(org, version=version)
    assert reply.status_code == 500
    assert reply.text.strip() == recorded("soap/fault_soap_login_disabled.xml").strip()


def test_expired_password_logs_in(org: FakeOrg) -> None:
    """An expired password logs in with HTTP 200 and a session id, and only says that it has expired."""
    org.user().password_expired = True
    reply = ask_soap(org)
    assert (reply.status_code, value(reply, "passwordExpired")) == (200, "true")
    assert value(reply, "sessionId")


def test_repeated_logins_share_a_session(org: FakeOrg) -> None:
    """Each login gives the same session id while it lives, and the next one after it has ended."""
    first = {value(ask_soap(org), "sessionId") for _ in range(3)}
    org.expire_sessions()
    assert len(first) == 1
    assert value(ask_soap(org), "sessionId") not in first


@pytest.mark.parametrize("body", ["<no xml", "<other/>"])
def test_anything_but_login_is_a_fault(org: FakeOrg, body: str) -> None:
    """What is not a login is refused with a SOAP fault, and counted as an API call."""
    assert post_soap(body).status_code == 500
    assert org.counts().logins == 0
    assert org.counts().api_calls == 1
