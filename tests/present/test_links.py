"""Placeholders become the real names and Setup pages of the org, or words."""

from __future__ import annotations

import pytest
from known import AT

from airflow_sf_health.causes import PLACEHOLDERS
from airflow_sf_health.present.links import fill, org_host, setup_pages, values
from airflow_sf_health.report import Identity, Report

KNOWN = Identity(
    username="integration@acme.com",
    user_id="005Hs0000000001MAA",
    org_id="00DHs0000000001MAA",
    host="acme.my.salesforce.com",
    profile_id="00eHs0000000001MAA",
)


def report(identity: Identity = KNOWN, login_host: str | None = "login.salesforce.com", conn_id: str = "crm") -> Report:
    return Report(
        conn_id=conn_id, examined_at=AT, findings=(), identity=identity, login_host=login_host, version="59.0"
    )


def test_every_placeholder_has_a_value() -> None:
    """When all is known, each placeholder of the catalogue is filled, and pages are pages of this org."""
    known = values(report())
    assert set(known) == set(PLACEHOLDERS)
    for name, value in known.items():
        assert value.startswith("https://acme.my.salesforce.com/lightning/setup/") == name.endswith("_url")
    assert known["user_url"].endswith(
        "ManageUsers/page?address=%2F005Hs0000000001MAA%3Fnoredirect%3D1%26isUserEntityOverride%3D1"
    )
    assert known["profile_url"].endswith("EnhancedProfiles/page?address=%2F00eHs0000000001MAA")
    assert (known["user"], known["conn_id"]) == ("integration@acme.com", "'crm'")


@pytest.mark.parametrize("host", ["login.salesforce.com", "test.salesforce.com", None])
def test_shared_login_hosts_have_no_setup_pages(host: str | None) -> None:
    """Before an org is known there is no page to link to."""
    nobody = report(Identity(), host, conn_id="")
    assert org_host(nobody) is None
    assert setup_pages(nobody) == {}
    assert set(values(nobody)) <= {"host", "version"}


def test_refused_login_on_a_my_domain() -> None:
    """A refused login on the org's own host still leads to its pages: the list of users, not the user."""
    pages = setup_pages(report(Identity(), "acme.my.salesforce.com"))
    assert pages["users_url"] == "https://acme.my.salesforce.com/lightning/setup/ManageUsers/home"
    assert "user_url" not in pages
    assert pages["profile_url"].endswith("EnhancedProfiles/home")


def test_user_without_a_name() -> None:
    """A user whose name is not known is called by the id."""
    assert values(report(Identity(user_id="005Hs0000000001MAA")))["user"] == "005Hs0000000001MAA"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Ask {user} at {host}.", "Ask integration@acme.com at acme.my.salesforce.com."),
        ("Open Setup > Users. {users_url}", "Open Setup > Users."),
        ("In {org_id}.", f"In {PLACEHOLDERS['org_id']}."),
        ("An {unknown} thing", "An {unknown} thing"),
    ],
)
def test_fill(text: str, filled: str) -> None:
    """Known values are put in; unknown pages vanish; other unknown names become the catalogue's words."""
    assert fill(text, {"user": "integration@acme.com", "host": "acme.my.salesforce.com"}) == filled
