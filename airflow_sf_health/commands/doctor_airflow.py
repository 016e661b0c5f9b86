"""Airflow's own database, and the key for what it stores there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace

from airflow_sf_health import compat
from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.doctor_lines import Line, in_short, note, ok, problem
from airflow_sf_health.org.deadline import within

KEY = "AIRFLOW__CORE__FERNET_KEY"
FOREIGN_KEY = (
    "Set the same [core] fernet_key on all hosts; where it was changed, put the old one behind the new one and a comma, and run "
    "`airflow rotate-fernet-key`."
)
"""What to do where this host's key does not fit what is stored."""
LONGEST = 5.0
"""Seconds to read what is stored encrypted."""
_NO_KEY = "Set one and the same [core] fernet_key on all hosts; then save each connection and variable again."
_MIGRATE = (
    "Run `airflow db migrate`, or set [database] sql_alchemy_conn to your Airflow's; a worker of Airflow 3 needs none."
)
_ELSEWHERE = "Set [database] sql_alchemy_conn to your Airflow's, or run this where it is reached; a worker of Airflow 3 needs none."
_NO_TABLE = re.compile(
    r"no such (?:table|column)|(?:relation|column) .* does not exist|Table '.*' doesn't exist|Unknown column"
)


def database() -> Iterator[Line]:
    """Whether it answers: a worker of Airflow 3 needs none, this command looks connections up there."""
    part = "airflow.database"
    if missing := compat.missing_database():
        yield replace(note(part, f"is not there: {missing} does not exist", _MIGRATE), ends=ExitCode.NOT_ASKED)
        return
    try:
        number = len(compat.stored_connection_ids())
    except Exception as error:  # noqa: BLE001 - each driver has errors of its own
        said = str(getattr(error, "orig", "")).partition("\n")[0].strip() or in_short(error)
        found = note(part, f"does not answer: {said}", _ELSEWHERE)
        if _NO_TABLE.search(said):
            found = note(part, f"is not migrated to this Airflow's version: {said}", _MIGRATE)
        yield replace(found, ends=ExitCode.NOT_ASKED)
        return
    yield ok(part, f"answers, and holds {number} connection{'' if number == 1 else 's'}")


def unreadable() -> tuple[list[str], int]:
    """The stored connections that this host's key does not fit, and how many are encrypted; none where nobody could look."""
    try:
        return within(LONGEST, compat.unreadable_connections, stop=lambda: None)
    except Exception:  # noqa: BLE001 - each driver has errors of its own, and the line on the database says them
        return [], 0


def fernet() -> Iterator[Line]:
    """Whether there is a key, and whether it fits what is stored. It is not shown, nor anything made of it."""
    part = "airflow.fernet"
    try:
        is_on = compat.is_encrypting()
    except Exception as error:  # noqa: BLE001 - Airflow's own error, or that of a command which gives the key
        said = f"[core] fernet_key cannot be used: {in_short(error)}"
        yield problem(
            part, said, "Set it to a key as `Fernet.generate_key()` makes one: the one that the other hosts have."
        )
        return
    foreign, encrypted = unreadable()
    key, other = (f"a key is set, by {_source()}", "another") if is_on else ("no key is set", "one")
    if foreign:
        yield problem(part, f"{key}, and {_named(foreign, encrypted)} stored with {other}", FOREIGN_KEY)
    elif is_on:
        fits = f", and fits what is stored ({encrypted} encrypted)" if encrypted else ""
        yield ok(part, f"{key}{fits}")
    else:
        yield note(part, f"{key}: what this host stores, passwords of connections too, is not encrypted", _NO_KEY)


def _named(foreign: list[str], encrypted: int) -> str:
    shown = ", ".join(f"'{each}'" for each in foreign[:3]) + (", …" if len(foreign) > 3 else "")
    return f"{len(foreign)} of {encrypted} encrypted connections ({shown}) {'was' if len(foreign) == 1 else 'were'}"


def _source() -> str:
    ways = {KEY: KEY, f"{KEY}_CMD": "the command of its name", f"{KEY}_SECRET": "the secrets backend"}
    return next((said for name, said in ways.items() if name in os.environ), "airflow.cfg")
