"""SOAP ``login()`` of the partner API. Replies have the elements of a recorded login; other SOAP calls are not served."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from airflow_sf_health.testing import gate
from airflow_sf_health.testing.gate import Attempt, Gate
from airflow_sf_health.testing.refusals import TOKEN_REQUIRED, WRONG_PASSWORD, LoginRefused, Refusal
from airflow_sf_health.testing.sessions import SESSION_SECONDS

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.context import OrgContext
    from airflow_sf_health.testing.state import OrgState, User

# recorded
ORG_SETTINGS: dict[str, object] = {
    "accessibilityMode": False,
    "chatterExternal": False,
    "currencySymbol": "$",
    "orgAttachmentFileSizeLimit": 26214400,
    "orgDefaultCurrencyIsoCode": "USD",
    "orgDefaultCurrencyLocale": "en_US",
    "orgDisallowHtmlAttachments": False,
    "orgHasPersonAccounts": False,
}
NAMESPACE = "{urn:partner.soap.sforce.com}"
LAST_VERSION_WITH_LOGIN = 64.0  # documented
XML = "text/xml; charset=utf-8"

# captured; what deactivated, locked-out and mistyped users are all told, and here whoever the gate keeps out
INVALID_LOGIN = ("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
# first sentences captured, the further ones not known
NEEDS_TOKEN = (
    "LOGIN_MUST_USE_SECURITY_TOKEN",
    "Invalid username, password, security token; or user locked out. Are you at a new location?",
)
# captured; that a version without login() answers the same is inferred
SOAP_LOGIN_OFF = (
    "INVALID_OPERATION",
    "SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP API login().",
)
# code documented, text inferred
NOT_SERVED = ("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader")

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' {namespace} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{body}</soapenv:Body>'
    "</soapenv:Envelope>"
)
FAULT = (
    "<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring><detail>"
    '<sf:{kind} xsi:type="sf:{kind}"><sf:exceptionCode>{code}</sf:exceptionCode>'
    "<sf:exceptionMessage>{text}</sf:exceptionMessage></sf:{kind}></detail></soapenv:Fault>"
)


class SoapLogin:
    """The endpoint, over what the org's parts share."""

    def __init__(self, context: OrgContext) -> None:
        self.context = context

    def routes(self) -> list[BaseRoute]:
        paths = ("/services/Soap/u/{version}", "/services/Soap/u/{version}/{org_id}")
        return [Route(path, self.serve, methods=["POST"]) for path in paths]

    async def serve(self, request: Request) -> Response:
        try:
            body = ET.fromstring(await request.body())
        except ET.ParseError:
            return _fault("UNKNOWN_EXCEPTION", "", "UnexpectedErrorFault")
        if body.find(f".//{NAMESPACE}login") is None:
            return _fault(*NOT_SERVED, "UnexpectedErrorFault")
        request.scope["exchange"].login = True
        version = request.path_params["version"]
        if not self.context.state.org.soap_login_enabled or _number(version) > LAST_VERSION_WITH_LOGIN:
            return _fault(*SOAP_LOGIN_OFF)
        try:
            return self._log_in(body, request.url.hostname or "", version)
        except LoginRefused as error:
            return _fault(*(NEEDS_TOKEN if error.refusal is TOKEN_REQUIRED else INVALID_LOGIN))

    def _log_in(self, body: ET.Element, host: str, version: str) -> Response:
        """Send a known user to the gate; users of other orgs are unknown, and so is who comes by another org's host.

        :raises LoginRefused: by the gate.
        """
        state = self.context.state
        user = state.user_named(body.findtext(f".//{NAMESPACE}login/{NAMESPACE}username") or "")
        org_id = body.findtext(f".//{NAMESPACE}LoginScopeHeader/{NAMESPACE}organizationId")
        elsewhere = host not in (state.org.host, state.org.login_host)
        if user is None or elsewhere or (org_id is not None and org_id[:15] != state.org.id[:15]):
            return _fault(*INVALID_LOGIN)
        password = body.findtext(f".//{NAMESPACE}login/{NAMESPACE}password") or ""
        wrong = _wrong(user, password, scoped=org_id is not None)
        session_id = Gate(self.context).enter(Attempt(gate.SOAP, user, host, api_version=version), wrong)
        text = _result(state, user, session_id, version)
        text = ENVELOPE.format(namespace='xmlns="urn:partner.soap.sforce.com"', body=text)
        return Response(text, 200, {"Content-Type": XML})


def _wrong(user: User, password: str, scoped: bool) -> Refusal | None:
    """What is wrong with a password; with the organization's id beside it, it needs no security token."""
    if password == user.password + user.security_token or (scoped and password == user.password):
        return None
    return TOKEN_REQUIRED if password == user.password else WRONG_PASSWORD


def _result(state: OrgState, user: User, session_id: str, version: str) -> str:
    org, org15 = state.org, state.org.id[:15]
    fields = {
        "metadataServerUrl": f"https://{org.host}/services/Soap/m/{version}/{org15}",
        "passwordExpired": user.password_expired,
        "sandbox": org.is_sandbox,
        "serverUrl": f"https://{org.host}/services/Soap/u/{version}/{org15}",
        "sessionId": session_id,
        "userId": user.id,
    }
    user_info = _elements(_user_info(state, user))
    return f"<loginResponse><result>{_elements(fields)}<userInfo>{user_info}</userInfo></result></loginResponse>"


def _user_info(state: OrgState, user: User) -> dict[str, object]:
    return {
        **ORG_SETTINGS,
        "organizationId": state.org.id,
        "organizationMultiCurrency": False,
        "organizationName": state.org.name,
        "profileId": user.profile_id,
        "roleId": None,
        "sessionSecondsValid": SESSION_SECONDS,
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user.email or user.username,
        "userFullName": user.name,
        "userId": user.id,
        "userLanguage": "en_US",
        "userLocale": "en_US",
        "userName": user.username,
        "userTimeZone": "America/Los_Angeles",
        "userType": user.user_type,
        "userUiSkin": "Theme3",
    }


def _elements(fields: dict[str, object]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: object) -> str:
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    text = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<{name}>{text}</{name}>"


def _fault(code: str, text: str, kind: str = "LoginFault") -> Response:
    body = FAULT.format(code=code, text=escape(text), kind=kind)
    text = ENVELOPE.format(namespace='xmlns:sf="urn:fault.partner.soap.sforce.com"', body=body)
    return Response(text, 500, {"Content-Type": "text/xml;charset=UTF-8"})


def _number(version: str) -> float:
    return float(version) if re.fullmatch(r"\d+(\.\d+)?", version) else 0.0
