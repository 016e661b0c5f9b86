"""The Airflow that is installed here: its commands, DAG files, policies, providers, metrics and key."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow_sf_health.compat._names import SDK, named


@contextmanager
def command() -> Iterator[None]:
    """Start Airflow for a command: connections are looked up in its database too, as Airflow's own commands do. Where there is none,
    none is made.

    Without this, Airflow 3 takes a process that is no task for one that has no access to the database.
    """
    before = os.environ.get(PROCESS_CONTEXT)
    os.environ[PROCESS_CONTEXT] = "server"
    try:
        importlib.import_module("airflow.settings")  # sets up its logs
        with _making_no_database():
            yield
    finally:
        if before is None:
            del os.environ[PROCESS_CONTEXT]
        else:
            os.environ[PROCESS_CONTEXT] = before


PROCESS_CONTEXT = "_AIRFLOW_PROCESS_CONTEXT"


def cli_config() -> Any:
    """The module of which Airflow, from 3.2 on, takes a provider's commands."""
    return importlib.import_module("airflow.cli.cli_config")


def dag_bag() -> Any:
    """The class by which Airflow reads DAG files; its home moved with 3.2."""
    new = "airflow.dag_processing.dagbag"
    home = new if importlib.util.find_spec("airflow.dag_processing") and importlib.util.find_spec(new) else None
    return importlib.import_module(home or "airflow.models.dagbag").DagBag


def dag_folders() -> dict[str, str | None]:
    """The folders of DAG files by the names of their bundles; None for a bundle that is no local folder."""
    from airflow.providers.common.compat.sdk import conf

    folder = str(importlib.import_module("airflow.settings").DAGS_FOLDER)
    if not named("AIRFLOW_V_3_0_PLUS"):
        return {"dags_folder": folder}
    bundles = conf.getjson("dag_processor", "dag_bundle_config_list") or []
    return {
        each["name"]: (each.get("kwargs") or {}).get("path") or folder
        if each["classpath"].endswith(".LocalDagBundle")
        else None
        for each in bundles
    }


def dag_paths(folder: str) -> Iterator[str]:
    """The files of a folder that no `.airflowignore` names; the function that knows has moved with 3.2."""
    from airflow.providers.common.compat.sdk import conf

    name, home = "find_path_from_directory", importlib.import_module("airflow.utils.file")
    if name not in vars(home):
        home = importlib.import_module("airflow._shared.module_loading")
    find: Any = getattr(home, name)
    return iter(find(folder, ".airflowignore", conf.get("core", "dag_ignore_file_syntax")))


def might_contain_dag(file: str, *, safe: bool) -> bool:
    """Whether Airflow takes it for a DAG file by its looks.

    :param safe: `[core] dag_discovery_safe_mode`.
    """
    return bool(importlib.import_module("airflow.utils.file").might_contain_dag(file, safe))


def stats() -> Any:
    """Airflow's metrics: `incr`, `timing`. The one of tasks and triggers, which Airflow 3 keeps apart from its own processes'."""
    return importlib.import_module(SDK).Stats


def policy_plugins() -> Any:
    """pluggy's manager of the cluster policies that Airflow calls in this process."""
    settings = importlib.import_module("airflow.settings")
    if hasattr(settings, "get_policy_plugin_manager"):  # 3.3; before, a global
        return settings.get_policy_plugin_manager()
    return settings.POLICY_PLUGIN_MANAGER


def providers() -> Mapping[str, Any]:
    """The providers that Airflow has found, by package, each with its ``version`` and ``data``. Raises whatever a broken one raises."""
    found: Mapping[str, Any] = importlib.import_module("airflow.providers_manager").ProvidersManager().providers
    return found


def takes_commands() -> bool:
    """Whether this Airflow takes commands of providers, as `airflow sf-health`; from 3.2 on."""
    found = importlib.import_module("airflow.providers_manager").ProvidersManager
    return hasattr(found, "initialize_providers_cli_command")


def is_encrypting() -> bool:
    """Whether Airflow has a key for what it stores. Raises its own error where that is no key."""
    return bool(importlib.import_module("airflow.models.crypto").get_fernet().is_encrypted)


def missing_database() -> str:
    """The file of Airflow's SQLite database where there is none; else nothing. For a command."""
    engine = _engine()
    path = "" if engine is None else engine.url.database or ""
    is_file = path and engine.dialect.name == "sqlite" and not path.startswith((":", "file:"))
    return path if is_file and not Path(path).exists() else ""


@contextmanager
def _making_no_database() -> Iterator[None]:
    """SQLite makes an empty file for whoever asks a database that is not there, and Airflow asks it last for each connection."""
    from sqlalchemy import event

    def refuse(*_: object) -> None:
        if missing := missing_database():
            raise sqlite3.OperationalError(f"{missing} does not exist")

    engine = _engine()
    if engine is None:
        yield
        return
    event.listen(engine, "do_connect", refuse)
    try:
        yield
    finally:
        event.remove(engine, "do_connect", refuse)


def _engine() -> Any:
    """That of Airflow's database; None in a process that Airflow gives none."""
    return getattr(importlib.import_module("airflow.settings"), "engine", None)


def unreadable_variable(conn_id: str) -> str:
    """The environment variable of this connection, with the kind of error in it, where Airflow cannot read it; else nothing.

    Airflow only logs that, and asks on elsewhere.
    """
    home = importlib.import_module("airflow.secrets.environment_variables")
    try:
        home.EnvironmentVariablesBackend().get_connection(conn_id=conn_id)
    except Exception as error:  # noqa: BLE001 - there are several, whose texts may quote what it holds
        return f"{home.CONN_ENV_PREFIX}{conn_id.upper()} ({type(error).__name__})"
    return ""


def unreadable_connections() -> tuple[list[str], int]:
    """Of the connections that Airflow's database keeps encrypted, those that the key here does not fit; and how many are encrypted at all.

    For a command. Raises whatever the database's driver raises.
    """
    from airflow.models import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import or_, select

    fernet = importlib.import_module("airflow.models.crypto").get_fernet()

    def fits(text: str | None, is_encrypted: bool | None) -> bool:
        if not text or not is_encrypted:
            return True
        try:
            fernet.decrypt(text.encode())
        except Exception:  # noqa: BLE001 - of a text that is no token there are several
            return False
        return bool(fernet.is_encrypted)

    # Columns, not connections: Airflow decrypts one as it is loaded, which fails for all of them at once.
    stored = Connection.__table__.c
    secrets = (stored.password, stored.is_encrypted, stored.extra, stored.is_extra_encrypted)
    chosen = select(stored.conn_id, *secrets).where(or_(stored.is_encrypted, stored.is_extra_encrypted))
    with create_session() as session:
        rows = session.execute(chosen.order_by(stored.conn_id)).all()
    return [row[0] for row in rows if not (fits(*row[1:3]) and fits(*row[3:5]))], len(rows)


def stored_connection_ids() -> list[str]:
    """The ids in Airflow's database; for a command. Raises whatever its driver raises."""
    from airflow.models import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return sorted(session.scalars(select(Connection.conn_id)))
