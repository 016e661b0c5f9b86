"""Who a session belongs to: the bodies of ``userinfo`` and of the identity URL (captured, names and values our own)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_sf_health.testing.state import OrgState, User

INTEGRATION_LICENSE = "Salesforce Integration"
TIME_ZONE = "America/Los_Angeles"
LAST_CHANGED = "2026-01-05T09:00:00Z"
NO_ADDRESS = {
    "addr_street": None,
    "addr_city": None,
    "addr_state": None,
    "addr_country": "US",
    "addr_zip": None,
    "mobile_phone": None,
    "mobile_phone_verified": False,
    "is_lightning_login_user": False,
    "status": {"created_date": None, "body": None},
}


def identity_url(state: OrgState, user: User) -> str:
    """The ``id`` of a token reply: on the login host, also where the login went to the My Domain (recorded)."""
    return f"https://{state.org.login_host}/id/{state.org.id}/{user.id}"


def userinfo(state: OrgState, user: User) -> dict[str, Any]:
    given, _, family = user.name.rpartition(" ")
    held = state.license_of(user)
    return {
        "sub": identity_url(state, user),
        "user_id": user.id,
        "organization_id": state.org.id,
        "preferred_username": user.username,
        "nickname": user.username.partition("@")[0],
        "name": user.name,
        "email": user.email or user.username,
        "email_verified": True,
        "given_name": given,
        "family_name": family,
        "zoneinfo": TIME_ZONE,
        "photos": _photos(state),
        "profile": f"https://{state.org.host}/{user.id}",
        "picture": _photos(state)["picture"],
        "address": {"country": "US"},
        "is_salesforce_integration_user": held is not None and held.name == INTEGRATION_LICENSE,
        **_standing(state, user),
        "updated_at": LAST_CHANGED,
        "is_app_installed": True,
    }


def identity(state: OrgState, user: User) -> dict[str, Any]:
    first, _, last = user.name.rpartition(" ")
    return {
        "id": identity_url(state, user),
        "asserted_user": True,
        "user_id": user.id,
        "organization_id": state.org.id,
        "username": user.username,
        "nick_name": user.username.partition("@")[0],
        "display_name": user.name,
        "email": user.email or user.username,
        "email_verified": True,
        "first_name": first,
        "last_name": last,
        "timezone": TIME_ZONE,
        "photos": _photos(state),
        **NO_ADDRESS,
        **_standing(state, user),
        "last_modified_date": LAST_CHANGED,
        "is_app_installed": True,
    }


def _standing(state: OrgState, user: User) -> dict[str, Any]:
    """What both bodies have in common after the person."""
    return {
        "urls": _urls(state, user),
        "active": user.active,
        "user_type": user.user_type.upper(),
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": -28800000,
    }


def _photos(state: OrgState) -> dict[str, str]:
    base = f"https://{state.org.my_domain}.file.force.com/profilephoto/005"
    return {"picture": f"{base}/F", "thumbnail": f"{base}/T"}


def _urls(state: OrgState, user: User) -> dict[str, str]:
    host, org15 = f"https://{state.org.host}", state.org.id[:15]
    data = f"{host}/services/data/v{{version}}/"
    soap = f"{host}/services/Soap"
    return {
        "enterprise": f"{soap}/c/{{version}}/{org15}",
        "metadata": f"{soap}/m/{{version}}/{org15}",
        "partner": f"{soap}/u/{{version}}/{org15}",
        "rest": data,
        "sobjects": f"{data}sobjects/",
        "search": f"{data}search/",
        "query": f"{data}query/",
        "recent": f"{data}recent/",
        "tooling_soap": f"{soap}/T/{{version}}/{org15}",
        "tooling_rest": f"{data}tooling/",
        "profile": f"{host}/{user.id}",
        "feeds": f"{data}chatter/feeds",
        "groups": f"{data}chatter/groups",
        "users": f"{data}chatter/users",
        "feed_items": f"{data}chatter/feed-items",
        "feed_elements": f"{data}chatter/feed-elements",
        "custom_domain": host,
    }
