"""Airflow with the example DAGs and a fake org behind them, to look at in the browser until Ctrl-C (`make up`)."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo.airflow_home import ADMIN, CONN_ID, DIAGNOSTIC_CONN_ID, LIFETIMES, ROOT, connections
from demo.standalone import NotStarted, Standalone, is_free

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.command import stop_signal
from airflow_sf_health.testing.remote import announce, withdraw

SHARED_FOR = 10
"""Seconds for which a verdict is shared here, and a refused login not tried again: less than it takes to change the org and look."""
READY = """
  Airflow      {url}   (no password; only this machine reaches it)
  Salesforce   a fake org, {host}, behind the connection '{conn_id}' of {user};
               '{diagnostic}' of {admin} is asked when that one fails

  Try, in the browser:
    Dags > salesforce_nightly_import > Trigger: all green; the log of `preflight` tells what was examined
    Dags > salesforce_two_imports > Trigger: the second preflight sends nothing, and its log says whose verdict it takes over
      (for {shared_for} seconds here; 60, where nothing else is said)
    Dags > salesforce_reauthenticate > Trigger: a login now, and what came of it
    Admin > Connections > Add Connection > type "Salesforce (health-checked)"
  and in another terminal:
    {command} set user.active=false
      trigger again: `preflight` fails at once, and its log says who must do what, and where
    {command} set user.active=true user.frozen=true
      Salesforce hides this reason; '{diagnostic}' tells it
    {command} fault path='/services/*' body=maintenance
      the sensor of salesforce_sync_when_healthy waits, until:
    {command} clear-faults
    {command} set schema.Invoice__c.fields.Amount__c.name=Total__c
      `preflight` of salesforce_erp_revenue fails by the lock file beside that DAG, and guesses the new name
    {command} reset
      all is well again;  `state` prints all that can be set

  Airflow's own log: {log}
  Ctrl-C ends everything and removes {home}.
"""


def main() -> int:
    text = os.environ.get("PORT") or "8080"
    if not text.isdigit() or not 0 < int(text) < 65536:
        print(f"PORT is {text!r}. Give a number from 1 to 65535: make up PORT=8090", file=sys.stderr)
        return 2
    if not is_free(int(text)):
        print(f"Port {text} is taken. Give another one: make up PORT={int(text) + 10}", file=sys.stderr)
        return 2
    parent = ROOT / ".venv"
    parent.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="up-", dir=parent))
    # A terminal that is closed is a wish to stop, too.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    with stop_signal() as stop:
        try:
            serve(home, int(text), stop)
        except NotStarted as reason:
            print(f"{reason} Its log: {home / 'airflow.log'}", file=sys.stderr)
            return 1
    shutil.rmtree(home, ignore_errors=True)
    print("Stopped.", flush=True)
    return 0


def serve(home: Path, port: int, stop: threading.Event) -> None:
    """Serve until told to stop.

    :raises NotStarted: Airflow does not come up, or ends by itself.
    """
    print("Starting Airflow and a fake Salesforce org (Ctrl-C ends them) …", flush=True)
    with FakeOrg() as org:
        shared_for = dict.fromkeys(LIFETIMES, str(SHARED_FOR))
        airflow = Standalone(home, port, {**org.environ("airflow"), **connections(org), **shared_for})
        announce(org.control_url)
        try:
            airflow.wait_until_ready(stop.is_set)
            if not stop.is_set():
                print(_ready(airflow, org), flush=True)
            while not stop.wait(1.0):
                if not airflow.runs():
                    raise NotStarted("`airflow standalone` ended by itself.")
            print("\nStopping …", flush=True)
        finally:
            withdraw(org.control_url)
            airflow.end()


def _ready(airflow: Standalone, org: FakeOrg) -> str:
    command = Path(sys.executable).parent / "sf-health"
    here = command.relative_to(ROOT) if command.is_relative_to(ROOT) else command
    return READY.format(
        url=airflow.url,
        host=org.state.org.host,
        conn_id=CONN_ID,
        user=org.user().username,
        diagnostic=DIAGNOSTIC_CONN_ID,
        admin=ADMIN,
        command=f"{here} fake-org",
        shared_for=SHARED_FOR,
        log=airflow.log.relative_to(ROOT),
        home=airflow.home.relative_to(ROOT),
    )


if __name__ == "__main__":
    sys.exit(main())
