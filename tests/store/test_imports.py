"""What the store costs whom does not use it."""

from __future__ import annotations

import subprocess
import sys


def test_the_store_brings_sqlalchemy_when_it_is_used() -> None:
    """Neither importing nor opening it does."""
    program = (
        "import sys; from airflow_sf_health.store import open_store; store = open_store('postgresql://db/name'); "
        "store.reach; sys.exit('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
