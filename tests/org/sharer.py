"""A process of its own that shares logins with others; run by ``test_shared_logins.py``.

It reads from its standard input the store's URL and the connection's fields as JSON, then one word a line, and answers each by a line:
``open`` and ``proven`` log in, ``query`` asks ten times by the user's own client.
"""

from __future__ import annotations

import json
import sys

from simple_salesforce.exceptions import SalesforceError

from airflow_sf_health.org import leases
from airflow_sf_health.org.connection import TimeLimits, org_connection
from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.store import open_store

PATIENT = TimeLimits(connect=60.0, read=60.0, examination=120.0)
"""Nobody gives up waiting before a lease has run out."""


def main() -> None:
    given = json.loads(sys.stdin.readline())
    leases.SECONDS, leases.BEAT = given["lease"], given["lease"] / 3
    sharing = Sharing(vault=open_store(given["url"]).vault, egress=given["egress"])
    with OrgSession(org_connection("crm", **given["fields"], time_limits=PATIENT), sharing=sharing) as session:
        print("ready", flush=True)
        for word in sys.stdin:
            print(answer(session, word.strip()), flush=True)


def answer(session: OrgSession, word: str) -> str:
    try:
        if word in ("open", "proven"):
            login = session.open(proven=word == "proven")
            return "shared" if login.shared else "made"
        client = session.client()
        for _ in range(10):
            client.query("SELECT Id FROM Account LIMIT 1")
        return "asked"
    except Refused as refused:
        return f"{'again ' if refused.refusal.repeated else ''}{refused.refusal.said}"
    except SalesforceError as error:
        return type(error).__name__


if __name__ == "__main__":
    main()
