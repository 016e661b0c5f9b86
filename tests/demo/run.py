"""Run the example DAGs in a real Airflow against a fake org, through its ups and downs (`make demo`).

Prints a table of what happened, then two messages as on-call sees them. What Airflow itself logs goes to a file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo.airflow_home import ROOT, settings

if TYPE_CHECKING:
    from demo.playing import Outcome

HOME = ROOT / ".venv" / "demo"
"""The Airflow home of the demo; kept, so that the database is migrated once."""
LOG = HOME / "demo.log"


def main() -> int:
    started = time.monotonic()
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(HOME / "sf_health", ignore_errors=True)  # what the last demo remembered
    os.environ.update(settings(HOME))
    if not (HOME / "migrated").exists():
        print("Preparing Airflow's database (once) …", flush=True)
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, stdout=subprocess.DEVNULL)
        (HOME / "migrated").touch()
    from demo.states import STATES
    from demo.table import show

    from airflow_sf_health.testing import FakeOrg

    outcomes: list[Outcome] = []
    with FakeOrg() as org:
        os.environ.update(org.environ("airflow"))
        for state in STATES:
            print(f"  {state.title} …", flush=True)
            outcomes.append(state.play(org, LOG))
    show(outcomes, seconds=time.monotonic() - started, log=LOG)
    surprises = [f"{each.state.title}: {wrong}" for each in outcomes for wrong in each.surprises()]
    for surprise in surprises:
        print(f"NOT AS EXPECTED  {surprise}")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
