"""Airflow's own database, and the key for what it stores there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from airflow_sf_health import compat
from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.doctor_lines import Line, in_short, note, ok, problem

KEY = "AIRFLOW__CORE__FERNET_KEY"
_NEW_KEY = "Generate one, and set it as [core] fernet_key on all hosts; then run `airflow rotate-fernet-key`."


def database() -> Iterator[Line]:
    """Whether it answers: a worker of Airflow 3 needs none, this command looks connections up there."""
    part = "airflow.database"
    try:
        number = len(compat.stored_connection_ids())
    except Exception as error:  # noqa: BLE001 - each driver has errors of its own
        said = str(getattr(error, "orig", "")).partition("\n")[0].strip() or in_short(error)
        fix = "Set [database] sql_alchemy_conn to your Airflow's, or run this where it is reached; a worker of Airflow 3 needs none."
        yield replace(note(part, f"does not answer: {said}", fix), ends=ExitCode.NOT_ASKED)
        return
    yield ok(part, f"answers, and holds {number} connection{'' if number == 1 else 's'}")


def fernet() -> Iterator[Line]:
    """Whether there is a key. It is not shown, nor anything made of it."""
    part = "airflow.fernet"
    try:
        is_on = compat.is_encrypting()
    except Exception as error:  # noqa: BLE001 - Airflow's own error, or that of a command which gives the key
        said = f"[core] fernet_key cannot be used: {in_short(error)}"
        yield problem(
            part, said, "Set it to a key as `Fernet.generate_key()` makes one: the one that the other hosts have."
        )
        return
    if is_on:
        yield ok(part, f"a key is set, by {_source()}")
    else:
        yield note(part, "no key is set: secrets of stored connections lie in the database in plain text", _NEW_KEY)


def _source() -> str:
    ways = {KEY: KEY, f"{KEY}_CMD": "the command of its name", f"{KEY}_SECRET": "the secrets backend"}
    return next((said for name, said in ways.items() if name in os.environ), "airflow.cfg")
