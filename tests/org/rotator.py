"""Processes that log in by rotating refresh tokens for ever, and may be killed at any moment; run by ``killing.py``.

One process has imported everything and forks the others. It reads from its standard input how they work, as JSON, and then a line of JSON
for each that is to begin: its number and its environment. It answers by its process id; they say what came of each login, a line each.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

from airflow_sf_health.org import leases, rotating_login
from airflow_sf_health.org.connection import TimeLimits, org_connection
from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.store import open_store

AT_ONCE = (
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql",
    *(f"airflow_sf_health.store.{name}" for name in ("_engine", "_grants", "_leases", "migrations")),
)
"""What would be imported by each of them on first use."""

LIMITS = TimeLimits(connect=30.0, read=30.0, examination=60.0)


def main() -> None:
    how = json.loads(sys.stdin.readline())
    leases.SECONDS, leases.BEAT = how["lease"], how["lease"] / 5
    rotating_login.ON_ITS_WAY = how["lease"] / 4
    for module in AT_ONCE:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        given = json.loads(line)
        pid = os.fork()
        if pid == 0:
            sys.stdin.close()
            os.environ |= given["environ"]
            rotate(how, random.Random(given["seed"]))
        say("began", given["number"], pid)


def rotate(how: dict[str, Any], choice: random.Random) -> None:
    sharing = Sharing(vault=open_store(how["url"]).vault, egress="a", token_age=0.0, refusal_age=0.0)
    while True:
        number = choice.randrange(how["grants"])
        extra = json.loads(Path(how["folder"], f"{number}.json").read_text())
        connection = org_connection(
            "crm", extra=extra, installation="acme-airflow", keeps_grants=True, time_limits=LIMITS
        )
        with OrgSession(connection, sharing=sharing) as session:
            try:
                session.open()
                say("rotated", number, extra["seed"])
            except Refused as refused:
                say("refused", number, extra["seed"], refused.refusal.code, refused.refusal.said)


def say(*words: object) -> None:
    """In one piece, so that no two lines are mixed, and none is half there."""
    os.write(1, (json.dumps(words) + "\n").encode())


if __name__ == "__main__":
    main()
