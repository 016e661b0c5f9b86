"""`sf-health doctor` on a real Airflow: what it says of this installation, of a connection, and that nothing keeps it from speaking."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pytest
from canaries import FLOWS, PROXY_PASSWORD, Canaries
from cryptography.fernet import Fernet

from airflow_sf_health import checks, cli
from airflow_sf_health.enforcement.policy import state
from airflow_sf_health.testing import FakeOrg

Connect = Callable[..., None]
Said = pytest.CaptureFixture[str]
PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"
TAKES_COMMANDS = "cli" in json.loads(
    Path(next(iter(find_spec("airflow").submodule_search_locations)), "provider_info.schema.json").read_text()  # type: ignore[union-attr, arg-type]
).get("properties", {})
KEY = "3Wq1xV0Ub5o0m8cQX3bXc0dLr7Y0m2x1q4qJ0Wb0Zk8="


def installed() -> bool:
    try:
        return version("airflow-sf-health") != ""
    except PackageNotFoundError:
        return False


on_the_wheel = pytest.mark.skipif(not installed(), reason="runs on the sources, of which Airflow sees nothing")


def doctor(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as from a shell: one in which Airflow has just been started."""
    command = [sys.executable, "-m", "airflow_sf_health.cli", "doctor", *arguments]
    variables = {name: value for name, value in (os.environ | environment).items() if value != "-"}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def lines(*arguments: str, **environment: str) -> dict[str, dict[str, str]]:
    """What it says, by id; of several with one id the last."""
    done = doctor("--json", *arguments, **environment)
    assert "Traceback" not in done.stderr, done.stderr
    return {each["id"]: each for each in json.loads(done.stdout)["lines"]}


def here(capsys: Said, *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The same in this process, with the exit code."""
    code = cli.main(["doctor", "--json", *arguments])
    return code, {each["id"]: each for each in json.loads(capsys.readouterr().out)["lines"]}


@on_the_wheel
def test_an_installation_that_is_well(org: FakeOrg) -> None:
    """With a key and a way to Salesforce nothing is a problem: exit code 0, no fix but for notes."""
    done = doctor("--json", AIRFLOW__CORE__FERNET_KEY=KEY)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)["lines"]
    assert {each["state"] for each in found} <= {"ok", "note"}
    assert [each["id"] for each in found if bool(each["fix"]) != (each["state"] != "ok")] == []
    assert KEY not in done.stdout + done.stderr


def test_people_and_programs_read_the_same(org: FakeOrg, capsys: Said) -> None:
    """Each line of the JSON stands in the text, with its state, its id, its words and its fix."""
    _, found = here(capsys)
    cli.main(["doctor"])
    said = " ".join(capsys.readouterr().out.split())
    for each in found.values():
        assert f"{each['state']} {each['id']} " in said
        assert not each["fix"] or f"fix: {each['fix'][:30]}" in said
    without_numbers = re.sub(r"\d+", "", said)
    assert re.sub(r"\d+", "", found["versions.airflow"]["said"]) in without_numbers


@on_the_wheel
def test_what_airflow_sees() -> None:
    """The provider, its connection type and hook, its commands where this Airflow takes any, and the cluster policy."""
    found = lines()
    assert (
        found["seen.provider"]["said"] == f"Airflow lists the provider airflow-sf-health {version('airflow-sf-health')}"
    )
    assert found["seen.connection_type"]["state"] == "ok"
    assert found["seen.policy"]["said"] == "Airflow calls our cluster policy in this process"
    assert found["seen.commands"]["state"] == ("ok" if TAKES_COMMANDS else "note")


@on_the_wheel
def test_versions_are_held_against_the_metadata() -> None:
    """Each version that runs here is said with the range that the wheel names, and is in it."""
    found = lines()
    assert re.search(r"Airflow \d.* is supported \(.*>=2\.11.*\)", found["versions.airflow"]["said"])
    assert re.search(r"simple-salesforce .* is supported \(>=1\.12", found["versions.simple_salesforce"]["said"])
    assert {found[name]["state"] for name in found if name.startswith("versions.")} == {"ok"}


def test_policies_of_others_are_named(tmp_path: Path) -> None:
    """A local settings file with policies of its own is information, with the hooks that it has."""
    (tmp_path / "airflow_local_settings.py").write_text("def task_policy(task):\n    pass\n")
    found = lines(PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert f"{tmp_path}/airflow_local_settings.py (task_policy)" in found["seen.other_policies"]["said"]
    assert found["seen.other_policies"]["state"] == "ok"


def test_a_fresh_home_without_a_database(tmp_path: Path) -> None:
    """All lines are there, the database's is a note, and the exit code says that it was not asked, unless something is wrong."""
    nowhere = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db"}
    done = doctor("--json", **nowhere)
    found = {each["id"]: each for each in json.loads(done.stdout)["lines"]}
    assert (found["airflow.database"]["state"], done.returncode) == ("note", 3 if installed() else 1)
    assert f"{tmp_path}/airflow.db does not exist" in found["airflow.database"]["said"]
    assert "airflow db migrate" in found["airflow.database"]["fix"]
    assert "network.ca" in found


@pytest.mark.parametrize("given", [None, ""], ids=["none", "empty"])
def test_a_database_that_is_not_migrated(tmp_path: Path, given: str | None) -> None:
    """Where there is no file none is made, not even by looking a connection up; an empty one is to be migrated."""
    file = tmp_path / "airflow.db"
    if given is not None:
        file.write_text(given)
    nowhere = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{file}"}
    found = lines("--conn", "crm_nowhere", **nowhere)
    assert file.exists() is (given is not None)
    assert ("is not migrated" in found["airflow.database"]["said"]) is (given is not None)
    assert "airflow db migrate" in found["airflow.database"]["fix"]
    assert given is not None or f"{file} does not exist" in found["connection.fields"]["said"]


def test_a_variable_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Airflow passes it over and says that there is no such connection; we name it, and show nothing of it."""
    monkeypatch.setenv("AIRFLOW_CONN_CRM_BROKEN", '{"password": "canary"')
    code, found = here(capsys, "--conn", "crm_broken")
    assert (code, found["connection.fields"]["state"]) == (2, "problem")
    assert "the environment variable AIRFLOW_CONN_CRM_BROKEN (JSONDecodeError)" in found["connection.fields"]["said"]
    assert "as JSON with" in found["connection.fields"]["fix"]
    assert "canary" not in json.dumps(found)


def test_an_airflow_that_does_not_start(tmp_path: Path) -> None:
    """That is the first line, and the others are tried all the same."""
    (tmp_path / "airflow_local_settings.py").write_text("import nowhere_to_be_found\n")
    done = doctor("--json", PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    found = json.loads(done.stdout)["lines"]
    assert done.returncode == 1
    assert (found[0]["id"], found[0]["state"]) == ("airflow.starts", "problem")
    assert "nowhere_to_be_found" in found[0]["said"]
    assert {"versions.python", "network.ca"} <= {each["id"] for each in found}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("DATABASE__SQL_ALCHEMY_CONN", "postgresql+nowhere://me:canary@db/airflow"),
        ("LOGGING__LOGGING_CONFIG_CLASS", "nowhere.to.be.found"),
        ("LOGGING__LOGGING_LEVEL", "canary"),
    ],
)
def test_what_hangs_on_an_airflow_that_does_not_start(option: str, value: str) -> None:
    """That is one problem with a fix; the others are notes that name it, and no setting is called wrong for it."""
    done = doctor("--json", "--conn", "crm_prod", **{f"AIRFLOW__{option}": value})
    found = {each["id"]: each for each in json.loads(done.stdout)["lines"]}
    first, *others = found.values()
    assert (first["id"], first["state"], bool(first["fix"])) == ("airflow.starts", "problem", True)
    problems = {each["id"] for each in others if each["state"] == "problem"}
    assert problems <= (set() if installed() else {"versions.plugin", "seen.provider"})
    for part in ("airflow.database", "airflow.fernet", "connection.fields"):
        assert found[part]["said"] == "not known, since Airflow does not start"
    assert "wrong" not in found["policy.state"]["said"]
    assert "canary" not in done.stdout


@pytest.mark.parametrize(
    ("option", "value", "part", "said"),
    [
        ("PASS_TTL", "soon", "settings.values", "[sf_health] pass_ttl is 'soon'"),
        ("CLUSTER_POLICY", "maybe", "policy.state", "off, since its settings are wrong"),
        ("POLICY_BASELINE", "/nowhere.json", "policy.state", "/nowhere.json"),
        ("PAS_TTL", "60", "settings.names", "pas_ttl"),
    ],
)
def test_a_wrong_setting(option: str, value: str, part: str, said: str) -> None:
    """It is a problem of one line, with what to do, and hides no other line; what hangs on it is a note."""
    found = lines(**{f"AIRFLOW__SF_HEALTH__{option}": value})
    assert found[part]["state"] == "problem"
    assert said in found[part]["said"]
    assert found[part]["fix"]
    others = [name for name in ("settings.values", "settings.names", "policy.state") if name != part]
    assert {found[name]["state"] for name in others} == {"ok"}
    assert "problem" not in {found[name]["state"] for name in ("store.reach", "store.sharing")}


def test_options_that_nobody_reads(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Each is named with what to do about it; none passes because a known name begins it, but where Airflow reads it so."""
    for name in ("STORE_CMD", "STORE_PATH", "PASS_TTL_CMD", "NONSENSE"):
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", "true")
    found = here(capsys)[1]["settings.names"]
    assert found["said"].endswith(": nonsense, pass_ttl_cmd, store_path")
    assert found["fix"].startswith("Write 'pass_ttl' for 'pass_ttl_cmd', 'store' for 'store_path'. Remove nonsense; ")


def test_the_policy_in_words(tmp_path: Path) -> None:
    """Mode, from when, whom it concerns and what it injects; the baseline with its number."""
    file = tmp_path / "baseline.json"
    file.write_text('{"version": 1, "tasks": [{"file": "a.py", "dag": "a", "task": "b"}]}')
    chosen = {
        "CLUSTER_POLICY": "require",
        "ENFORCE_AFTER": "2999-01-01",
        "POLICY_EXCLUDE": "demo_*",
        "POLICY_RULES": "tag:finance=inject",
        "INJECT_BULK_CHECK": "True",
        "POLICY_BASELINE": str(file),
    }
    found = lines(**{f"AIRFLOW__SF_HEALTH__{name}": value for name, value in chosen.items()})
    words = "report until 2999-01-01, then require; not demo_*; tag:finance=inject; injects bulk result check too"
    assert found["policy.state"]["said"].startswith(words)
    assert "1 task is known to be unguarded" in found["policy.baseline"]["said"]


def test_a_policy_that_requires_by_a_rule_alone(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """From when it does is said at the rule, and that there is no baseline for what is old."""
    chosen = {"CLUSTER_POLICY": "report", "POLICY_RULES": "tag:finance=require", "ENFORCE_AFTER": "2999-01-01"}
    for name, value in chosen.items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", value)
    _, found = here(capsys)
    words = "report; tag:finance=report until 2999-01-01, then require"
    assert found["policy.state"]["said"].startswith(words)
    assert (found["policy.baseline"]["state"], "no baseline" in found["policy.baseline"]["said"]) == ("note", True)


def test_what_a_wrong_policy_leaves_unknown(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """It is a note that says where to look."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CLUSTER_POLICY", "maybe")
    line = here(capsys)[1]["policy.baseline"]
    assert (line["state"], line["said"]) == ("note", "not known, since the policy's settings are wrong")
    assert line["fix"] == "See the line policy.state."


def test_a_policy_that_injects_without_its_baseline() -> None:
    """It goes on injecting; what is wrong stands at the baseline, and no line is lost."""
    found = lines(AIRFLOW__SF_HEALTH__CLUSTER_POLICY="inject", AIRFLOW__SF_HEALTH__POLICY_BASELINE="/nowhere.json")
    assert found["policy.state"]["said"].startswith("inject")
    assert (found["policy.baseline"]["state"], bool(found["policy.baseline"]["fix"])) == ("problem", True)
    assert "/nowhere.json" in found["policy.baseline"]["said"]


def test_a_policy_that_injects_by_a_rule_without_its_baseline(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Of the rest of it nothing is left, which its state says; why, the baseline's line."""
    chosen = {"CLUSTER_POLICY": "report", "POLICY_RULES": "tag:finance=inject", "POLICY_BASELINE": "/nowhere.json"}
    for name, value in chosen.items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", value)
    monkeypatch.setattr("airflow_sf_health.commands.doctor_settings.state", lambda: replace(state(), is_loaded=True))
    _, found = here(capsys)
    assert found["policy.state"]["said"] == "off but for what it injects: report; tag:finance=inject"
    assert found["policy.baseline"]["state"] == "problem"


def test_the_store(store: str) -> None:
    """Its reach, place, schema and size, proven by a write; none is a note; one that cannot be written a problem."""
    assert re.fullmatch(
        r"this host only: SQLite .*/store.db, writable, schema \d+, \d+ kB", lines()["store.reach"]["said"]
    )
    assert lines(AIRFLOW__SF_HEALTH__STORE="none")["store.reach"]["state"] == "note"
    unwritable = lines(AIRFLOW__SF_HEALTH__STORE="sqlite:////proc/nowhere/store.db")["store.reach"]
    assert (unwritable["state"], bool(unwritable["fix"])) == ("problem", True)


@pytest.mark.parametrize(("key", "state"), [(KEY, "ok"), ("", "note"), ("no key of canaries", "problem")])
def test_the_key(key: str, state: str) -> None:
    """Set, empty or unusable; never shown."""
    done = doctor("--json", AIRFLOW__CORE__FERNET_KEY=key)
    found = {each["id"]: each for each in json.loads(done.stdout)["lines"]}["airflow.fernet"]
    assert found["state"] == state
    assert not key or key not in done.stdout + done.stderr


def test_a_key_that_does_not_fit(migrated_database: Path, tmp_path: Path) -> None:
    """What was stored with another key is named by the key's line and by the connection's, with what to do, and nothing of it is shown."""
    other = Fernet.generate_key().decode()
    # Not a copy of this process's own: who closes a file of SQLite's drops the locks on it of the whole process.
    shutil.copy(migrated_database, tmp_path / "airflow.db")
    with sqlite3.connect(tmp_path / "airflow.db") as database:
        stored = Fernet(other.encode()).encrypt(b"canary").decode()
        database.execute(
            "INSERT INTO connection (conn_id, conn_type, login, password, is_encrypted, is_extra_encrypted) VALUES (?, ?, ?, ?, 1, 0)",
            ("crm_stored", "salesforce", "me@acme.com", stored),
        )
    home = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db"}
    for key in (KEY, ""):
        done = doctor("--json", "--conn", "crm_stored", AIRFLOW__CORE__FERNET_KEY=key, **home)
        found = {each["id"]: each for each in json.loads(done.stdout)["lines"]}
        for part in ("airflow.fernet", "connection.fields"):
            assert (found[part]["state"], "rotate-fernet-key" in found[part]["fix"]) == ("problem", True)
            assert "'crm_stored'" in found[part]["said"]
        assert not any(each in done.stdout + done.stderr for each in (other, stored, "canary"))
    found = lines("--conn", "crm_stored", AIRFLOW__CORE__FERNET_KEY=f"{KEY},{other}", **home)
    assert "fits what is stored" in found["airflow.fernet"]["said"]
    assert "cannot be read" not in found["connection.fields"]["said"]


def test_without_a_key() -> None:
    """What lies there in plain text is encrypted when it is saved again; rotating takes only what is encrypted already."""
    assert "save each connection" in lines(AIRFLOW__CORE__FERNET_KEY="")["airflow.fernet"]["fix"]


@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_the_clock(org: FakeOrg, capsys: Said, offset: float) -> None:
    """It is held against Salesforce's without a login: one request, and a problem where logins would fail."""
    org.clock_offset = offset
    _, found = here(capsys)
    assert found["network.clock"]["state"] == ("problem" if offset else "ok")
    assert ("behind Salesforce's" if offset else "agree") in found["network.clock"]["said"]
    assert org.counts().logins == 0


def test_no_way_to_salesforce(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Silence is a note with its reason and what to do, and shows no password of a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary-of-proxy@127.0.0.1:9")
    _, found = here(capsys)
    assert found["network.clock"]["state"] == "note"
    assert "the proxy 127.0.0.1:9 could not be reached" in found["network.clock"]["said"]
    assert "HTTPS_PROXY" in found["network.clock"]["fix"]
    assert "HTTPS_PROXY=http://***@127.0.0.1:9" in found["network.proxies"]["said"]
    assert "canary-of-proxy" not in json.dumps(found)


def _lead_by(monkeypatch: pytest.MonkeyPatch, connect: Connect, proxy: str) -> None:
    """By the environment's proxy alone."""
    connect("jwt", proxies=None)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)


@pytest.mark.parametrize("address", ["http://me:4711#s3@proxy.acme.com:3128", "http://me:pr0@xy/pw#@127.0.0.1:9"])
@pytest.mark.parametrize("whose", ["the environment's", "the connection's"])
def test_a_proxys_password_that_is_taken_for_its_host(
    crm_prod: Connect, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], address: str, whose: str
) -> None:
    """No part of it is shown, and what would show it is not tried."""
    if whose == "the environment's":
        _lead_by(monkeypatch, crm_prod, address)
    else:
        crm_prod("jwt", proxies=address)
    cli.main(["doctor", "--conn", "crm_prod"])
    cli.main(["doctor", "--conn", "crm_prod", "--json"])
    out, err = capfd.readouterr()
    assert "not examined, since the proxy's address is none" in " ".join(out.split())
    assert not re.search(r"4711|s3@|pr0|pw#|\bxy\b|me:", out + err)


@pytest.mark.parametrize("offending", ["dead proxy", "dead host"])
def test_one_cause_that_keeps_all_from_being_asked(
    org: FakeOrg, crm_prod: Connect, monkeypatch: pytest.MonkeyPatch, capsys: Said, offending: str
) -> None:
    """It is one line, without a permission; what to do about it stands at the verdict, which names the proxy."""
    if offending == "dead proxy":
        _lead_by(monkeypatch, crm_prod, "http://127.0.0.1:9")
    else:
        crm_prod("jwt", domain="nowhere.my")
    cli.main(["doctor", "--json", "--conn", "crm_prod"])
    told = json.loads(capsys.readouterr().out)["lines"]
    [left] = [each for each in told if each["id"] == "connection.coverage"]
    assert "user.frozen, " in left["said"]
    assert "Give" not in left["fix"]
    [examined] = [each for each in told if each["id"] == "connection.examined"]
    assert re.match("Network administrator: |Airflow connection owner: ", examined["fix"])
    assert offending != "dead proxy" or "the proxy 127.0.0.1:9 could not be reached" in examined["said"]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"STORE": "postgresql://127.0.0.1:9/sf"}, "the store is shared, and its logins are not"),
        ({"EGRESS": "eu-nat-1"}, "an egress is named, and the store is of this host only"),
        ({"TOKEN_TTL": "0"}, "token_ttl 0: no token is shared"),
    ],
)
def test_sharing_that_may_not_be_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, chosen: dict[str, str], words: str
) -> None:
    """It is a note, with what to do."""
    for name, value in ({"PASS_TTL": "60", "TOKEN_TTL": "1800", "REFUSAL_TTL": "60"} | chosen).items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", value)
    _, found = here(capsys)
    assert (found["store.sharing"]["state"], words in found["store.sharing"]["said"]) == ("note", True)
    assert found["store.sharing"]["fix"]


@on_the_wheel
@pytest.mark.skipif(not TAKES_COMMANDS, reason="this Airflow takes no commands of providers")
def test_within_airflows_own_commands() -> None:
    """`airflow sf-health doctor` says the same."""
    command = [sys.executable, "-m", "airflow", "sf-health", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = {each["id"]: each["said"] for each in json.loads(done.stdout)["lines"]}
    assert found["seen.commands"] == "`sf-health …` and `airflow sf-health …`"
    assert found["seen.policy"] == "Airflow calls our cluster policy in this process"


def test_a_healthy_connection(crm_prod: Connect, capsys: Said) -> None:
    """Its flow and host, its verdict, and that all was asked; the report stands beside the lines."""
    cli.main(["doctor", "--json", "--conn", "crm_prod"])
    told = json.loads(capsys.readouterr().out)
    found = {each["id"]: each for each in told["lines"]}
    assert "'crm_prod' logs in by JWT bearer" in found["connection.fields"]["said"]
    assert found["connection.examined"]["state"] == "ok"
    assert found["connection.second_user"]["state"] == "note"
    assert {each["check"] for each in told["report"]["findings"]} == set(checks.CATALOGUE)


def test_what_its_user_may_not_be_asked(crm_prod: Connect, capsys: Said) -> None:
    """Each check that could not be asked is a note, with the permission that it needs and the permission set that gives it."""
    _, found = here(capsys, "--conn", "crm_prod")
    assert found["connection.coverage"]["state"] == "note"
    assert found["connection.coverage"]["said"].startswith(
        "user.license is not known, as record of UserLicense could not"
    )
    for words in ("ViewSetup", "Airflow_SF_Health_Integration_User", "/permissions"):
        assert words in found["connection.coverage"]["fix"]


def test_an_unhealthy_connection(org: FakeOrg, crm_prod: Connect, capsys: Said) -> None:
    """The verdict is a problem, and the fix is the first thing to do, with who does it, and where the rest stands."""
    org.user().active = False
    code, found = here(capsys, "--conn", "crm_prod")
    assert (code, found["connection.examined"]["state"]) == (1, "problem")
    assert "the integration user is inactive" in found["connection.examined"]["said"]
    assert found["connection.examined"]["fix"].startswith("Salesforce administrator: ")
    assert "sf-health check crm_prod" in found["connection.examined"]["fix"]


def test_fields_that_are_not_read(crm_prod: Connect, capsys: Said) -> None:
    """They are named, with how to mend that."""
    crm_prod("soap_token", consumer_key="left-over")
    _, found = here(capsys, "--conn", "crm_prod")
    assert "not read by that flow: consumer_key" in found["connection.fields"]["said"]


def test_an_unknown_connection(capsys: Said) -> None:
    """It cannot be meant so: exit code 2, beside all other lines."""
    code, found = here(capsys, "--conn", "crm_nowhere")
    assert (code, found["connection.fields"]["state"]) == (2, "problem")
    assert "network.ca" in found
    assert "connection.examined" not in found


@pytest.mark.parametrize("flow", FLOWS)
def test_no_secret_is_shown(
    org: FakeOrg, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], flow: str
) -> None:
    """Neither stream holds one of the connection, its proxy, the key or the store."""
    canaries = Canaries(org)
    monkeypatch.setenv("AIRFLOW_CONN_CRM", json.dumps({"conn_type": "salesforce", **canaries.fields(flow)}))
    monkeypatch.setenv(
        "AIRFLOW__SF_HEALTH__STORE", f"postgresql://sf:{PROXY_PASSWORD.replace('@', '%40')}@127.0.0.1:9/sf"
    )
    cli.main(["doctor", "--conn", "crm"])
    cli.main(["doctor", "--conn", "crm", "--json"])
    canaries.remember()
    assert canaries.found_in("".join(capfd.readouterr())) == []


@on_the_wheel
@pytest.mark.skipif(not TAKES_COMMANDS, reason="the page has what the newest Airflow says")
def test_the_example_of_the_page(org: FakeOrg, crm_prod: Connect) -> None:
    """The page shows what the command says, but for names and numbers."""
    default = {f"AIRFLOW__SF_HEALTH__{name}": "-" for name in ("PASS_TTL", "TOKEN_TTL", "REFUSAL_TTL", "STORE")}
    said = doctor("--conn", "crm_prod", AIRFLOW__CORE__FERNET_KEY=KEY, COLUMNS="120", **default).stdout
    [shown] = re.findall(r"```text\n(airflow-sf-health on .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert _plain(shown) == _plain(said), said


def _plain(text: str) -> str:
    """Without what differs from host to host: its name, addresses, paths, numbers, and where lines are broken."""
    text = re.sub(r"on \S+: ", "", text, count=1)
    text = re.sub(r"https?://[^\s,;]+|(?<![\w.])/[\w./-]+", "…", " ".join(text.split()))
    return re.sub(r"\d+([.,]\w+)*", "0", text)


def test_each_line_is_on_the_page(org: FakeOrg, crm_prod: Connect, capsys: Said) -> None:
    """What the command says of is explained."""
    crm_prod("refresh_token", refresh_token_owner="another-system", refresh_token_rotation=True)
    _, found = here(capsys, "--conn", "crm_prod")
    told = set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert found.keys() - told == set()
    assert told - found.keys() <= {"airflow.starts", *(name for name in told if name.startswith("seen."))}
