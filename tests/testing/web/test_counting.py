"""What the org counts, and what it tells of it in its headers."""

from __future__ import annotations

import re
from itertools import pairwise

import requests

from airflow_sf_health.testing import Counts, FakeOrg, RequestRecord

ACME = "https://acme.my.salesforce.com"
USERS = f"{ACME}/services/data/v60.0/query?q=SELECT+Id+FROM+User"


def used(reply: requests.Response) -> int:
    match = re.fullmatch(r"api-usage=(\d+)/100000", reply.headers["Sforce-Limit-Info"])
    assert match is not None
    return int(match[1])


def test_what_is_counted(org: FakeOrg, client: requests.Session) -> None:
    """Each request counts, data calls as API calls, logins as attempts, connections when they are made."""
    client.get(f"{ACME}/services/data/")
    client.get(USERS)
    client.get(f"{ACME}/services/oauth2/userinfo")
    client.post(f"{ACME}/services/oauth2/token", data={"grant_type": "password"})
    by_path = {"/services/data/": 1, "/services/data/v60.0/query": 1, "/services/oauth2/userinfo": 1}
    by_path["/services/oauth2/token"] = 1
    assert org.counts() == Counts(4, 1, 1, 1, by_path)
    assert org.requests()[1] == RequestRecord("GET", "acme.my.salesforce.com", "/services/data/v60.0/query", 200)
    org.reset_counts()
    assert org.counts() == Counts()


def test_clients_are_told_apart(org: FakeOrg, client: requests.Session) -> None:
    """The user name in the proxy's address is the client's name; without one it is anonymous."""
    address = org.environ()["HTTPS_PROXY"].partition("@")[2]
    client.get(USERS)
    for proxy in (f"http://other:any@{address}", f"http://{address}"):
        with requests.Session() as session:
            session.get(f"{ACME}/services/data/", proxies={"https": proxy})
    assert [org.counts(name).http_requests for name in ("test", "other", "anonymous", None)] == [1, 1, 1, 3]
    assert [org.counts(name).api_calls for name in ("test", "other", "anonymous", None)] == [1, 0, 0, 1]
    assert org.requests("other")[0].path == "/services/data/"


def test_usage_is_approximate(org: FakeOrg, client: requests.Session) -> None:
    """The usage stays within a few calls of the truth, and falls now and then from one call to the next."""
    told = [used(client.get(USERS)) for _ in range(30)]
    assert all(8_400 - 20 <= value <= 8_430 + 20 for value in told)
    assert any(later < earlier for earlier, later in pairwise(told))


def test_headers_of_a_good_reply(org: FakeOrg, client: requests.Session) -> None:
    """A metered reply has the recorded headers, three cookies among them."""
    reply = client.get(USERS)
    assert reply.headers["Server"] == "sfdcedge"
    assert re.fullmatch("[0-9a-f]{32}", reply.headers["X-Sfdc-Request-Id"])
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert len(reply.raw.headers.getlist("Set-Cookie")) == 3


def test_headers_of_a_row_that_is_not_there(org: FakeOrg, client: requests.Session) -> None:
    """A 404 tells the usage and has no Vary; the versions, which are free, tell no usage."""
    missing = client.get(f"{ACME}/services/data/v60.0/sobjects/Account/001000000000000AAA")
    assert missing.status_code == 404
    assert "Sforce-Limit-Info" in missing.headers
    assert "Vary" not in missing.headers
    assert "Sforce-Limit-Info" not in client.get(f"{ACME}/services/data/").headers
