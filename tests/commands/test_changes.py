"""How the commands tell changes of a schema."""

from __future__ import annotations

import io

from airflow_sf_health.commands.changes import told
from airflow_sf_health.commands.console import Console
from airflow_sf_health.schema.change import Change, Kind


def test_order_and_advice() -> None:
    """What breaks the task comes first, then what may, each with its advice; of the rest what it is."""
    changes = [
        Change(Kind.LABEL_CHANGED, "Account", "Account is labelled 'Firm'"),
        Change(Kind.FIELD_MADE_UNIQUE, "Account", "A must be unique now", notable=True, advice="See to A."),
        Change(Kind.FIELD_SHORTENED, "Account", "B takes 5 characters", breaking=True, advice="Cut B."),
    ]
    assert list(told(changes, Console.on(io.StringIO()))) == [
        "  breaking  B takes 5 characters",
        "            Cut B.",
        "  warning  A must be unique now",
        "           See to A.",
        "  changed  Account is labelled 'Firm'",
    ]
