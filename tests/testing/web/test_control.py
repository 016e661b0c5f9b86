"""The control endpoint and the keys by which it changes the org."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.state import PermissionSet, PermissionSetGroup

TWO_RANGES = [("198.51.100.1", "198.51.100.9"), ("203.0.113.10", "203.0.113.10")]
VERSIONS = "https://acme.my.salesforce.com/services/data/"


def ask(org: FakeOrg, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, org.control_url + path, json=body, timeout=10)


def set_(org: FakeOrg, **values: Any) -> requests.Response:
    return ask(org, "POST", "/set", {name.replace("__", "."): value for name, value in values.items()})


def test_it_is_on_loopback_and_not_counted(org: FakeOrg) -> None:
    """The endpoint is on loopback, needs no proxy and is no request to the org."""
    assert org.control_url.startswith("http://127.0.0.1:")
    assert ask(org, "GET", "/counts").json()["http_requests"] == 0


def test_set(org: FakeOrg) -> None:
    """Values reach the user, the org, items by their name, numbers and the timing; texts are made to fit."""
    values = {
        "user.active": "false",
        "users.admin@acme.com.password_expired": True,
        "org.name": "Other",
        "org.trial_expiration": "null",
        "licenses.Salesforce.status": "Disabled",
        "app.scopes": "api, id",
        "app.approved_user_ids": ["005000000000001AAA"],
        "api_usage": "99999",
        "latency": 0,
        "part_latency": "0.25",
        "user.permission_set_ids": "",
    }
    assert ask(org, "POST", "/set", values).json() == {"ok": True}
    state = org.state
    assert org.user().active is False
    assert org.user("admin@acme.com").password_expired is True
    assert (state.org.name, state.org.trial_expiration) == ("Other", None)
    assert [item.status for item in state.licenses if item.name == "Salesforce"] == ["Disabled"]
    assert state.apps[0].scopes == ("api", "id")
    assert state.apps[0].approved_user_ids == {"005000000000001AAA"}
    assert (state.api_usage, org.latency, org.part_latency) == (99999, 0.0, 0.25)
    assert org.user().permission_set_ids == []


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("profile.login_hours", "9-17", (9, 17)),
        ("profile.login_hours", [22, 6], (22, 6)),
        ("profile.login_hours", "null", None),
        ("profile.login_ip_ranges", "198.51.100.1-198.51.100.9, 203.0.113.10", TWO_RANGES),
        ("profile.login_ip_ranges", [["198.51.100.1", "198.51.100.9"], "203.0.113.10"], TWO_RANGES),
        ("profile.login_ip_ranges", "", []),
        ("client_ip", "2001:db8::1", "2001:db8::1"),
        ("clock_offset", "-90", -90.0),
        ("schema_stamp_frozen", "yes", True),
        ("user.frozen", True, True),
        ("user.locked", True, True),
        ("org.my_domain_login_enforced", True, True),
        ("app.blocked", True, True),
        ("app.refresh_token_rotation", True, True),
    ],
)
def test_set_what_stands_against_a_login(org: FakeOrg, key: str, value: Any, expected: Any) -> None:
    """Hours, addresses and switches are set from JSON values and from texts of a command line."""
    assert ask(org, "POST", "/set", {key: value}).json() == {"ok": True}
    roots = {"profile": org.state.profile_of(org.user()), "user": org.user(), "app": org.state.apps[0]}
    root, _, name = key.rpartition(".")
    owner = {**roots, "org": org.state.org, "": org.context.timing if key == "clock_offset" else org.state}[root]
    assert getattr(owner, name) == expected


def test_set_a_permission_that_a_group_gives(org: FakeOrg) -> None:
    """A permission goes from the permission sets of a group too, whatever else that group mutes."""
    given = PermissionSet("0PS000000000009AAA", "Extra", {"ViewSetup", "ViewAllData"})
    group = PermissionSetGroup("0PG000000000001AAA", "Bundle", permission_set_ids=[given.id], muted={"ViewAllData"})
    org.state.permission_sets.append(given)
    org.state.permission_set_groups.append(group)
    org.user().permission_set_group_ids.append(group.id)
    assert org.state.has_permission(org.user(), "ViewSetup")
    set_(org, user__permissions__ViewSetup=False)
    assert not org.state.has_permission(org.user(), "ViewSetup")


def test_refresh_tokens_go_by_their_family(org: FakeOrg) -> None:
    """A refresh token is shown and changed by its family, and its text is told nowhere."""
    value = org.connection("refresh_token")["extra"]["refresh_token"]
    token = org.state.refresh_tokens[-1]
    key = f"refresh_tokens.{token.family}"
    values = {f"{key}.revoked": True, f"{key}.expires": "2027-01-31T09:00:00Z"}
    assert ask(org, "POST", "/set", values).json() == {"ok": True}
    assert token.revoked
    reply = ask(org, "GET", "/state")
    shown = reply.json()["refresh_tokens"][-1]
    assert (shown["family"], shown["expires"]) == (token.family, "2027-01-31T09:00:00.000+0000")
    assert value not in reply.text


def test_set_permissions(org: FakeOrg) -> None:
    """A permission goes from wherever the user has it, and comes back by the profile."""
    set_(org, user__permissions__ApiEnabled=False)
    assert not org.state.has_permission(org.user(), "ApiEnabled")
    set_(org, user__permissions__ApiEnabled=True)
    assert "ApiEnabled" in org.state.profile_of(org.user()).permissions
    set_(org, profile__permissions__ApiEnabled=False)
    assert "ApiEnabled" not in org.state.profile_of(org.user()).permissions


def test_set_license(org: FakeOrg) -> None:
    """The licence of the user's profile is changed by its name."""
    set_(org, user__license="Salesforce")
    license_ = org.state.license_of(org.user())
    assert license_ is not None
    assert license_.name == "Salesforce"


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("user.activ", True, "Nearest: user.active."),
        ("usr.active", True, "Nearest: user."),
        ("latenci", 1, "Nearest: latency."),
        ("users.admin@acme.org.active", True, "Nearest: users.admin@acme.com."),
        ("user.permissions.ApiEnable", True, "Nearest: ApiEnabled."),
        ("user.license", "Salesfource", "Nearest: Salesforce."),
        ("org.zzz", 1, "There is: org.id, org.name,"),
        ("user.active", "perhaps", "'user.active' must be true or false, not 'perhaps'."),
        ("api_usage", "many", "'api_usage' must be a whole number, not 'many'."),
        ("api_usage", True, "'api_usage' must be a whole number, not True."),
        ("latency", [], "'latency' must be a number, not []."),
        ("org.name", None, "'org.name' must be a text, not None."),
        ("app.scopes", 1, "'app.scopes' must be a list of texts, not 1."),
        ("profile.login_hours", "9-25", "must be a span of hours as 9-17, or null, not '9-25'."),
        ("profile.login_hours", 9, "must be a span of hours"),
        ("profile.login_ip_ranges", "10.0.0.9-10.0.0.1", "must be ranges of addresses"),
        ("profile.login_ip_ranges", 7, "must be ranges of addresses"),
        ("client_ip", "somewhere", "'client_ip' must be an address as 203.0.113.10, not 'somewhere'."),
        ("user", True, "'user' cannot be set as a whole."),
        ("profile.objects", {}, "'profile.objects' cannot be set as a whole."),
        ("user.active.now", True, "knows no user.active.now"),
    ],
)
def test_set_refuses(org: FakeOrg, key: str, value: Any, error: str) -> None:
    """A wrong key names the nearest right one, a wrong value what it must be, and then nothing at all is set."""
    reply = ask(org, "POST", "/set", {"org.name": "Other", key: value})
    assert reply.status_code == 400
    assert error in reply.json()["error"]
    assert org.state.org.name == "Acme"


@pytest.mark.parametrize("body", [b"[]", b"{", b"1"])
def test_a_body_that_is_no_object(org: FakeOrg, body: bytes) -> None:
    """The body must be one JSON object."""
    reply = requests.post(f"{org.control_url}/set", data=body, timeout=10)
    assert (reply.status_code, reply.json()) == (400, {"error": "The body must be one JSON object."})


def test_state(org: FakeOrg) -> None:
    """The state shows what may be set, under the names by which it is set."""
    state = ask(org, "GET", "/state").json()
    assert state["org"]["name"] == "Acme"
    assert [user["username"] for user in state["users"]] == ["integration@acme.com", "admin@acme.com"]
    assert state["latency"] == 0.0
    assert "ApiEnabled" in state["profiles"][1]["permissions"]


def test_faults(org: FakeOrg) -> None:
    """A fault is made by its parameters, refused where they are wrong, and all are cleared at once."""
    assert ask(org, "POST", "/faults", {"path": "/services/*", "status": 503}).json() == {"ok": True}
    assert requests.get(VERSIONS, timeout=10).status_code == 503
    assert "no_such" in ask(org, "POST", "/faults", {"no_such": 1}).json()["error"]
    ask(org, "DELETE", "/faults")
    assert requests.get(VERSIONS, timeout=10).status_code == 200


def test_counts_and_requests(org: FakeOrg) -> None:
    """Counts and requests are told, of all or of one client."""
    requests.get(VERSIONS, timeout=10)
    assert ask(org, "GET", "/counts?client=test").json()["by_path"] == {"/services/data/": 1}
    assert ask(org, "GET", "/counts?client=other").json()["http_requests"] == 0
    expected = {"method": "GET", "host": "acme.my.salesforce.com", "path": "/services/data/", "status": 200}
    assert ask(org, "GET", "/requests").json() == [expected]


def test_environ(org: FakeOrg) -> None:
    """The environment is told for the client that asks."""
    proxy = ask(org, "GET", "/environ?client=bench").json()["HTTPS_PROXY"]
    assert proxy == org.environ("bench")["HTTPS_PROXY"]
    assert proxy.startswith("http://bench:")


def test_expire_sessions(org: FakeOrg, client: requests.Session) -> None:
    """The sessions of one user end, or those of all."""
    url = "https://acme.my.salesforce.com/services/oauth2/userinfo"
    ask(org, "POST", "/expire-sessions", {"user": "admin@acme.com"})
    assert client.get(url).status_code == 200
    assert "nobody" in ask(org, "POST", "/expire-sessions", {"user": "nobody"}).json()["error"]
    ask(org, "POST", "/expire-sessions")
    assert client.get(url).status_code == 403


def test_reset(org: FakeOrg) -> None:
    """Reset brings everything back to how the org started."""
    set_(org, user__active=False, latency=0.001)
    org.fault(status=503)
    requests.get(VERSIONS, timeout=10)
    ask(org, "POST", "/reset")
    assert org.user().active
    assert (org.latency, org.counts().http_requests) == (0.0, 0)
    assert requests.get(VERSIONS, timeout=10).status_code == 200
