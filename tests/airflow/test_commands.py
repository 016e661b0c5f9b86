"""`sf-health check`, and the commands within Airflow's own, on a real Airflow."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from airflow.models import Connection as StoredConnection
from airflow.utils.session import create_session
from cryptography.fernet import InvalidToken

from airflow_sf_health import checks, cli
from airflow_sf_health.present.payload import load
from airflow_sf_health.report import Verdict
from airflow_sf_health.testing import FakeOrg

Connect = Callable[..., None]
Said = pytest.CaptureFixture[str]

KNOWS_PROVIDERS_COMMANDS = find_spec("airflow.cli.cli_config") is not None and "cli" in json.loads(
    Path(next(iter(find_spec("airflow").submodule_search_locations)), "provider_info.schema.json").read_text()  # type: ignore[union-attr, arg-type]
).get("properties", {})


GUARDED = """from datetime import datetime
from airflow.providers.common.compat.sdk import DAG
from dag_shapes import sf
from airflow_sf_health import guard

with DAG("guarded", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    sf("load")
    guard(dag)
"""


def sf_health(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as from a shell."""
    command = [sys.executable, "-m", "airflow_sf_health.cli", *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.fixture
def stored(org: FakeOrg) -> Iterator[str]:
    """A connection in Airflow's database."""
    fields = org.connection("jwt")
    row = StoredConnection(
        conn_id="crm_stored", conn_type="salesforce", login=fields["login"], extra=json.dumps(fields["extra"])
    )
    with create_session() as session:
        session.add(row)
    yield "crm_stored"
    with create_session() as session:
        session.query(StoredConnection).filter(StoredConnection.conn_id == "crm_stored").delete()


def test_healthy(crm_prod: Connect, capsys: Said) -> None:
    """The one line of a task's log with its coverage, and each check with its level, id and words."""
    assert cli.main(["check", "crm_prod"]) == 0
    head, coverage, *rest = capsys.readouterr().out.splitlines()
    assert head == "Salesforce connection 'crm_prod' is healthy."
    assert coverage.startswith("Asked ")
    assert [line.split()[1] for line in rest if re.match(r"  \w", line)] == list(checks.CATALOGUE)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("active", [True, False])
def test_it_fits_the_terminal(
    org: FakeOrg, crm_prod: Connect, monkeypatch: pytest.MonkeyPatch, capsys: Said, columns: int, active: bool
) -> None:
    """No line is longer than the terminal is wide, links excepted."""
    monkeypatch.setenv("COLUMNS", str(columns))
    org.user().active = active
    cli.main(["check", "crm_prod"])
    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if len(line) > columns and "://" not in line]


def test_unhealthy(org: FakeOrg, crm_prod: Connect, capsys: Said) -> None:
    """The message of a task's log, and exit code 1."""
    org.user().active = False
    assert cli.main(["check", "crm_prod"]) == 1
    said = capsys.readouterr().out
    assert said.startswith(
        "Salesforce connection 'crm_prod' is unhealthy: the integration user is inactive.\n\n  user "
    )
    assert "\n  do       1. Salesforce administrator: " in said
    assert "\n  cause    user_inactive" in said


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 4)])
def test_degraded(org: FakeOrg, crm_prod: Connect, capsys: Said, strict: list[str], code: int) -> None:
    """Warnings are told, and count for who is strict."""
    crm_prod("soap_token")
    assert cli.main(["check", "crm_prod", *strict]) == code
    assert "is degraded" in capsys.readouterr().out


def test_could_not_be_asked(org: FakeOrg, crm_prod: Connect, capsys: Said) -> None:
    """Silence is no verdict on the org: exit code 3."""
    with org.fault(path="/services/oauth2/token", reset=True):
        assert cli.main(["check", "crm_prod"]) == 3
    assert "could not be examined" in capsys.readouterr().out


def test_json(org: FakeOrg, crm_prod: Connect, capsys: Said) -> None:
    """The payload of XCom, and nothing else, whatever the verdict."""
    org.user().active = False
    assert cli.main(["check", "crm_prod", "--json"]) == 1
    said = capsys.readouterr()
    report = load(json.loads(said.out))
    assert (report.conn_id, report.verdict) == ("crm_prod", Verdict.UNHEALTHY)
    assert said.err == ""


def test_checks_are_chosen(crm_prod: Connect, capsys: Said) -> None:
    """Ids and families by commas, as often as one likes, with a minus to leave out; the login is always asked."""
    assert cli.main(["check", "crm_prod", "--json", "--checks", "user, org.state", "--checks=-user.license"]) == 0
    found = {each["check"] for each in json.loads(capsys.readouterr().out)["findings"]}
    of_users = {"user.active", "user.frozen", "user.password", "user.changed"}
    assert found == {"session.login", "access.api_enabled", *of_users, "org.state"}


def test_requirements_of_a_file(crm_prod: Connect, tmp_path: Path, capsys: Said) -> None:
    """What the file asks for is looked at."""
    file = tmp_path / "crm.yaml"
    file.write_text("sandbox: true\n")
    assert cli.main(["check", "crm_prod", "--requirements", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["cause"] == "wrong_org"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sandbx: true", "crm.yaml: Requirements: there is no 'sandbx'. Did you mean 'sandbox'?\n"),
        ("sandbox: maybe", "crm.yaml: Requirements: 'sandbox' must be true or false, and is 'maybe'.\n"),
        ("- sandbox", "must hold a mapping"),
    ],
)
def test_a_wrong_requirements_file(org: FakeOrg, tmp_path: Path, capsys: Said, text: str, words: str) -> None:
    """A slip in the file is one sentence, before anything is sent."""
    file = tmp_path / "crm.yaml"
    file.write_text(text)
    assert cli.main(["check", "sf_jwt", "--requirements", str(file)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert words in said.err
    assert org.counts().http_requests == 0


def test_an_unknown_check(capsys: Said) -> None:
    """A slip in a selection is told with the nearest id."""
    assert cli.main(["check", "sf_jwt", "--checks", "user.activ"]) == 2
    assert capsys.readouterr() == (
        "",
        "sf-health: There is no check or family 'user.activ'. Did you mean 'user.active'?\n",
    )


def test_a_connection_of_the_database(stored: str, capsys: Said) -> None:
    """A command finds what Airflow's database has."""
    assert cli.main(["check", stored, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["conn_id"] == stored


def test_a_connection_of_a_secrets_backend(org: FakeOrg, tmp_path: Path) -> None:
    """A command finds what the site's secrets backend has."""
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"crm_secret": {**org.connection("jwt"), "conn_type": "salesforce"}}))
    done = sf_health(
        "check",
        "crm_secret",
        "--json",
        AIRFLOW__SECRETS__BACKEND="airflow.secrets.local_filesystem.LocalFilesystemBackend",
        AIRFLOW__SECRETS__BACKEND_KWARGS=json.dumps({"connections_file_path": str(file)}),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["conn_id"] == "crm_secret"


def test_an_unknown_connection(stored: str, capsys: Said) -> None:
    """A slip is told with the nearest connection of the database: exit code 2, also for programs."""
    assert cli.main(["check", "crm_storde", "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1] == (
        "sf-health: there is no connection 'crm_storde' in Airflow's environment, secrets backends and database. "
        "Did you mean 'crm_stored'?"
    )


def test_a_connection_that_cannot_be_decrypted(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """A connection that another key encrypted is there and tells nothing: exit code 3, with what to look at."""

    def undecipherable(conn_id: str) -> None:
        raise InvalidToken

    monkeypatch.setattr("airflow_sf_health.compat.get_connection", undecipherable)
    assert cli.main(["check", "crm"]) == 3
    assert capsys.readouterr() == (
        "",
        "sf-health: connection 'crm' cannot be read: InvalidToken. Is [core] fernet_key here the key that it was stored with?\n",
    )


def test_a_variable_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """It is named, and nothing of it shown: exit code 2. Airflow only says that there is no such connection."""
    monkeypatch.setenv("AIRFLOW_CONN_CRM_BROKEN", '{"conn_type": "salesforce", "pasword": "canary"}')
    assert cli.main(["check", "crm_broken"]) == 2
    said = capsys.readouterr()
    assert "takes no connection from the environment variable AIRFLOW_CONN_CRM_BROKEN (TypeError)." in said.err
    assert "canary" not in said.out + said.err


def test_no_database(tmp_path: Path) -> None:
    """Where Airflow's database cannot be asked, that is said and no traceback; programs get a report as well. None is made."""
    nowhere = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
    }
    done = sf_health("check", "crm_stored", "--json", **nowhere)
    assert done.returncode == 3
    assert load(json.loads(done.stdout)).verdict is Verdict.UNDETERMINED
    said = f"sf-health: Airflow's database could not be asked for connection 'crm_stored' ({tmp_path}/airflow.db does not exist)"
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "airflow.db").exists()


def test_a_lint_is_content_with_the_policys_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """An option that no policy reads stops none; a command that examines says it."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__PASS_TTL", "soon")
    (tmp_path / "guarded.py").write_text(GUARDED)
    assert cli.main(["lint", "--format=json", str(tmp_path)]) == 0
    [task] = json.loads(capsys.readouterr().out)["tasks"]
    assert task["status"] == "guarded"
    assert cli.main(["check", "crm_prod"]) == 2
    assert "[sf_health] pass_ttl is 'soon'" in capsys.readouterr().err


def test_no_secret_is_shown(org: FakeOrg, crm_prod: Connect, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither stream holds a secret of the connection."""
    crm_prod("soap_token")
    cli.main(["check", "crm_prod"])
    said = "".join(capfd.readouterr())
    fields = org.connection("soap_token")
    secrets = [str(fields["password"]), str(fields["extra"]["security_token"])]
    assert not [each for each in secrets if each in said]


def test_colours_on_a_terminal(crm_prod: Connect) -> None:
    """On a terminal the verdict and the levels are coloured; what is not a terminal gets none."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "airflow_sf_health.cli", "check", "crm_prod"]
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    done = subprocess.run(command, env=environment, stdout=theirs, check=False)
    os.close(theirs)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert said.startswith("\033[32mSalesforce connection 'crm_prod' is healthy.\033[0m")
    assert "\033" not in sf_health("check", "crm_prod").stdout


def airflow(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "airflow", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not KNOWS_PROVIDERS_COMMANDS, reason="this Airflow takes no commands of providers")
def test_the_same_commands_within_airflows_own(org: FakeOrg, stored: str, tmp_path: Path) -> None:
    """`airflow sf-health …` lists, locks, examines and ends as `sf-health …` does."""
    listed = airflow("sf-health", "list", "checks")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert [line.split()[0] for line in listed.stdout.splitlines() if line[:1].strip()] == list(checks.CATALOGUE)
    requirements, lock = tmp_path / "crm.yaml", tmp_path / "schema.lock.json"
    requirements.write_text("objects: {Account: [Name]}")
    locked = airflow("sf-health", "metadata", "lock", stored, "--requirements", str(requirements), "-o", str(lock))
    assert (locked.returncode, locked.stderr) == (0, "")
    assert list(json.loads(lock.read_text())["objects"]) == ["Account"]
    org.user().active = False
    examined = airflow("sf-health", "check", stored, "--json")
    assert examined.returncode == 1
    assert json.loads(examined.stdout)["cause"] == "user_inactive"


@pytest.mark.skipif(not KNOWS_PROVIDERS_COMMANDS, reason="this Airflow takes no commands of providers")
def test_airflow_has_each_command_but_the_fake_org() -> None:
    """What Airflow is given are the commands of the one table, each argument as there."""
    from airflow_sf_health.commands import COMMANDS, by_words
    from airflow_sf_health.commands.airflow import get_cli_commands

    [group] = get_cli_commands()
    assert [each.name for each in group.subcommands] == [each.name for each in COMMANDS]
    given = dict(commands_of(group.subcommands))
    assert list(given) == [words for words, _ in by_words()]
    for words, command in by_words():
        assert [each.flags for each in given[words].args] == [each.flags for each in command.arguments]


def commands_of(subcommands: Iterable[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Airflow's commands with the words that call them, those of groups too."""
    for each in subcommands:
        if hasattr(each, "subcommands"):
            yield from commands_of(each.subcommands, f"{before}{each.name} ")
        else:
            yield f"{before}{each.name}", each
