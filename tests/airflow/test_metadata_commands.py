"""`sf-health metadata …`, with a real store, against the fake org."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from airflow_sf_health import cli
from airflow_sf_health.edges import caches
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.testing import FakeOrg

Connect = Callable[..., None]
Said = pytest.CaptureFixture[str]
Ask = Callable[..., int]

REQUIREMENTS = """\
objects:
  Account:
    read: [Id, Owner.Name]
    upsert: [Name, Phone]
    external_id: ERP_Id__c
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with requirements in it, and a store of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", f"sqlite:///{tmp_path}/store.sqlite")
    (tmp_path / "crm.yaml").write_text(REQUIREMENTS)
    return tmp_path


@pytest.fixture
def ask(crm_prod: Connect) -> Ask:
    """Run one of the commands on `crm_prod`."""

    def run(action: str, *arguments: str) -> int:
        return cli.main(["metadata", action, "crm_prod", *arguments])

    return run


@pytest.fixture
def lock(ask: Ask, capsys: Said) -> Ask:
    """Write `schema.lock.json` by the requirements."""

    def run(*arguments: str) -> int:
        capsys.readouterr()
        return ask("lock", "--requirements", "crm.yaml", "-o", "schema.lock.json", *arguments)

    return run


def shorten(org: FakeOrg) -> None:
    org.state.schema["Account"].fields["Phone"].length = 20


# ── lock ──


def test_lock(lock: Ask, place: Path, capsys: Said) -> None:
    """The file has what the requirements use and no more, a line for each field, and two times the same text."""
    assert lock() == 0
    assert capsys.readouterr().out == "schema.lock.json holds 5 fields of Account. Commit it beside the DAG.\n"
    first = (place / "schema.lock.json").read_text()
    assert '      "Phone": {"type": "phone"' in first
    assert "Fax" not in first
    assert lock("--update") == 0
    assert (place / "schema.lock.json").read_text() == first


def test_a_lock_file_is_not_overwritten(lock: Ask, org: FakeOrg, capsys: Said) -> None:
    """Without --update the file that is there stays, and Salesforce is not asked."""
    lock()
    org.reset_counts()
    assert lock() == 2
    assert capsys.readouterr().err == (
        "sf-health: schema.lock.json is there already. Replace it by --update, which tells what changed.\n"
    )
    assert org.counts().http_requests == 0


def test_an_update_tells_what_changed(lock: Ask, org: FakeOrg, place: Path, capsys: Said) -> None:
    """Changes of the schema, the breaking ones with what to do, and what the task uses more and less."""
    lock()
    shorten(org)
    (place / "crm.yaml").write_text(REQUIREMENTS.replace("Id, Owner.Name", "Id, Industry"))
    assert lock("--update") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "schema.lock.json holds 5 fields of Account. Since it was written: 1 change that breaks the task."
    assert said[2].startswith("  breaking  Account.Phone takes 20 characters, and took 40")
    assert "  now used    Account.Industry" in said
    assert "  not used    Account.Owner.Name" in said
    assert '"length": 20' in (place / "schema.lock.json").read_text()


@pytest.mark.parametrize("text", ["", "<<<<<<< mine\n", '{"format": 99, "objects": {}}'])
def test_a_damaged_lock_file_can_be_made_anew(lock: Ask, place: Path, capsys: Said, text: str) -> None:
    """An update replaces what cannot be read, and says that nothing could be compared."""
    (place / "schema.lock.json").write_text(text)
    assert lock("--update") == 0
    assert "What was there could not be read" in capsys.readouterr().out
    assert json.loads((place / "schema.lock.json").read_text())["format"] == 1


def test_what_is_not_there_is_not_locked(lock: Ask, org: FakeOrg, place: Path, capsys: Said) -> None:
    """A field that the org does not have is named, with the nearest that it has, and no file is written."""
    (place / "crm.yaml").write_text(REQUIREMENTS.replace("Phone", "Phonee"))
    assert lock() == 2
    assert "Account.Phonee (is Phone meant?)" in capsys.readouterr().err
    assert [each.name for each in place.glob("*lock*")] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sandbox: false\n", "crm.yaml names no objects. Say under `objects` what the task does with which.\n"),
        ("objects: [Account]\n", "crm.yaml: Requirements: 'objects' must be a dict"),
        ("objects:\n  Account:\n    raed: [Name]\n", "there is no 'raed'. Did you mean 'read'?"),
    ],
)
def test_requirements_that_lock_nothing(
    lock: Ask, org: FakeOrg, place: Path, capsys: Said, text: str, words: str
) -> None:
    """A slip in the requirements is one sentence, before anything is sent."""
    (place / "crm.yaml").write_text(text)
    assert lock() == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert org.counts().http_requests == 0


@pytest.mark.parametrize(
    ("place_of_it", "words"),
    [
        ("nowhere/schema.lock.json", "cannot be written: there is no folder nowhere."),
        (".", ". is a folder. Name the file in it."),
    ],
)
@pytest.mark.parametrize("more", [[], ["--update"]])
def test_a_place_that_cannot_be_written(
    ask: Ask, org: FakeOrg, capsys: Said, place_of_it: str, words: str, more: list[str]
) -> None:
    """What stands in the way is told before Salesforce is asked."""
    assert ask("lock", "--requirements", "crm.yaml", "-o", place_of_it, *more) == 2
    assert words in capsys.readouterr().err
    assert org.counts().http_requests == 0


def test_a_lock_on_standard_output(lock: Ask, ask: Ask, place: Path, capsys: Said) -> None:
    """The text of the file alone, and no file of that name."""
    lock()
    capsys.readouterr()
    assert ask("lock", "--requirements", "crm.yaml", "-o", "-") == 0
    assert capsys.readouterr().out == (place / "schema.lock.json").read_text()
    assert not (place / "-").exists()


def test_a_label_with_separators(lock: Ask, ask: Ask, org: FakeOrg, place: Path, capsys: Said) -> None:
    """What Unicode takes for the end of a line is none in a lock file, on standard output either."""
    org.state.schema["Account"].fields["Name"].label = "Account \u2028\x85Name"
    lock()
    capsys.readouterr()
    assert ask("lock", "--requirements", "crm.yaml", "-o", "-") == 0
    assert capsys.readouterr().out == (place / "schema.lock.json").read_text()


def test_an_update_keeps_the_mode(lock: Ask, place: Path) -> None:
    """A lock file that a group may write stays so."""
    lock()
    (place / "schema.lock.json").chmod(0o664)
    assert lock("--update") == 0
    assert (place / "schema.lock.json").stat().st_mode & 0o777 == 0o664


def test_a_name_in_another_case(lock: Ask, place: Path, capsys: Said) -> None:
    """Requirements that write `account` lock what is Account in Salesforce, the first time as with each update."""
    (place / "crm.yaml").write_text(REQUIREMENTS.replace("Account", "account"))
    assert lock() == 0
    first = (place / "schema.lock.json").read_text()
    assert '"Account"' in first
    for text in (REQUIREMENTS, REQUIREMENTS.replace("Account", "ACCOUNT")):
        (place / "crm.yaml").write_text(text)
        assert lock("--update") == 0
        assert capsys.readouterr().out.endswith("Since it was written: nothing has changed.\n")
        assert (place / "schema.lock.json").read_text() == first


def test_an_org_that_gives_no_schema(lock: Ask, org: FakeOrg, capsys: Said) -> None:
    """A refused login is exit code 3, with where to look."""
    org.user().active = False
    assert lock() == 3
    assert capsys.readouterr().err == (
        "sf-health: connection 'crm_prod' gives no schema: no token by JWT bearer: invalid_grant: inactive user. "
        "`sf-health check crm_prod` tells what to do.\n"
    )


def test_a_describe_that_is_not_answered(lock: Ask, org: FakeOrg, place: Path, capsys: Said) -> None:
    """No lock is made of what Salesforce did not tell."""
    with org.fault(path="*/composite*", status=503):
        assert lock() == 3
    assert not (place / "schema.lock.json").exists()
    assert capsys.readouterr().err.count("\n") == 1


# ── diff against a lock file ──


def test_nothing_has_changed(lock: Ask, ask: Ask, capsys: Said) -> None:
    """Exit code 0 and one line."""
    lock()
    capsys.readouterr()
    assert ask("diff", "--lock", "schema.lock.json") == 0
    assert capsys.readouterr().out == (
        "The schema that 'crm_prod' sees, compared with schema.lock.json: nothing has changed.\n"
    )


def test_a_breaking_change(lock: Ask, ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """Exit code 1, and what to do; for programs the same as JSON."""
    lock()
    org.state.schema["Account"].rename("ERP_Id__c", "ERP_Key__c")
    capsys.readouterr()
    assert ask("diff", "--lock", "schema.lock.json") == 1
    said = capsys.readouterr().out
    assert "1 change that breaks the task" in said
    assert "  breaking  Account.ERP_Id__c (" in said
    assert ask("diff", "--lock", "schema.lock.json", "--json") == 1
    [change] = json.loads(capsys.readouterr().out)["changes"]
    assert (change["kind"], change["guess"], change["breaking"]) == ("field_renamed", "ERP_Key__c", True)


def test_a_change_that_breaks_nothing(lock: Ask, ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """A longer field and one that nobody uses end with exit code 0."""
    lock()
    org.state.schema["Account"].fields["Phone"].length = 80
    org.state.schema["Account"].remove("Fax")
    capsys.readouterr()
    assert ask("diff", "--lock", "schema.lock.json") == 0
    said = capsys.readouterr().out
    assert "1 change, and none breaks the task" in said
    assert "Fax" not in said


def test_an_object_that_is_gone(lock: Ask, ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """An object that is not there is the greatest change of all."""
    lock()
    del org.state.schema["Account"]
    capsys.readouterr()
    assert ask("diff", "--lock", "schema.lock.json") == 1
    assert "breaking  Account is not there any more" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["metadata", "diff"], ["check"]])
def test_a_lock_file_that_does_not_cover_the_requirements(
    lock: Ask, org: FakeOrg, place: Path, capsys: Said, command: list[str]
) -> None:
    """What the lock file lacks is named, with the command that mends it as it can be copied, before anything is sent."""
    lock()
    (place / "crm.yaml").write_text(REQUIREMENTS.replace("Phone", "Phone, Industry"))
    org.reset_counts()
    assert cli.main([*command, "crm_prod", "--lock", "schema.lock.json", "--requirements", "crm.yaml"]) == 2
    said = capsys.readouterr().err
    assert "The schema lock schema.lock.json lacks what the requirements use: Account.Industry." in said
    assert said.endswith("sf-health metadata lock crm_prod --requirements crm.yaml --update -o schema.lock.json\n")
    assert org.counts().http_requests == 0
    assert cli.main(said.partition("Update it: sf-health ")[2].split()) == 0


@pytest.mark.parametrize(
    ("text", "words"), [(None, "cannot be read: No such file"), ("{}", "schema.lock.json: The lock file is damaged")]
)
def test_a_wrong_lock_file(ask: Ask, place: Path, capsys: Said, text: str | None, words: str) -> None:
    """A lock file that is none is told, by `diff` as by `check`."""
    if text is not None:
        (place / "schema.lock.json").write_text(text)
    assert ask("diff", "--lock", "schema.lock.json") == 2
    assert words in capsys.readouterr().err
    assert cli.main(["check", "crm_prod", "--lock", "schema.lock.json"]) == 2
    assert words in capsys.readouterr().err


# ── check --lock ──


def test_check_with_a_lock_file(lock: Ask, org: FakeOrg, capsys: Said) -> None:
    """The examination compares with the lock file, with the requirements beside it or without."""
    lock()
    with_lock = ["check", "crm_prod", "--lock", "schema.lock.json", "--json"]
    assert cli.main(with_lock) == 0
    shorten(org)
    capsys.readouterr()
    for more in ([], ["--requirements", "crm.yaml"]):
        assert cli.main([*with_lock, *more]) == 1
        assert json.loads(capsys.readouterr().out)["cause"] == "schema_changed"


# ── what is remembered ──


def test_show(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """What an examination remembered is listed; offline without a request to Salesforce, and then it says as of when."""
    assert cli.main(["check", "crm_prod", "--requirements", "crm.yaml"]) == 0
    for more, since in (([], ""), (["--offline"], ", as of the last good look ")):
        org.reset_counts()
        capsys.readouterr()
        assert ask("show", *more) == 0
        head, _, said = capsys.readouterr().out.partition("\n\n")
        columns, row = said.splitlines()
        assert f"(org {org.state.org.id}, user {org.user().id}{since}" in " ".join(head.split())
        assert head.endswith("only):")
        assert columns.split()[:4] == ["object", "API", "fields", "size"]
        assert row.split()[0] == "Account"
    assert org.counts().http_requests == 0


def test_show_for_programs(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """Ages, sizes and whose it is, as JSON."""
    ask("refresh", "Account", "contact")
    capsys.readouterr()
    assert ask("show", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["org_id"], said["memory"]) == (org.state.org.id, "this host only")
    assert [each["sobject"] for each in said["objects"]] == ["Account", "Contact"]
    account = said["objects"][0]
    assert account["baseline"] is True
    assert account["waiting_since"] is None
    assert account["size"] > 0
    assert account["fields"] > 20


def test_what_a_hook_keeps(ask: Ask, capsys: Said) -> None:
    """The describes of a caching hook, in the connection's own API version, are shown, and go with a refresh as with a clearing."""
    hook = SalesforceHealthHook("crm_prod", cache_metadata=True)
    for drop in ("refresh", "clear"):
        hook.describe_object("Account")
        capsys.readouterr()
        assert ask("show", "Account", "--json") == 0
        assert "59.0" in {each["api_version"] for each in json.loads(capsys.readouterr().out)["objects"]}
        assert ask(drop, "Account") == 0
        capsys.readouterr()
        assert ask("show", "--json") == 0
        assert "59.0" not in {each["api_version"] for each in json.loads(capsys.readouterr().out)["objects"]}


def test_show_after_a_refresh_costs_nothing(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """Whose the schemas are is known from the refresh."""
    ask("refresh", "Account")
    org.reset_counts()
    assert ask("show", "--offline", "--json") == 0
    assert org.counts().http_requests == 0


def test_show_which_tasks_wait(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """A change that one task takes and another does not waits until it is accepted for both; `diff` is of the one that is named."""
    Path("other.yaml").write_text("objects:\n  Account: [Id]\n")
    looks = [["check", "crm_prod", "--requirements", name] for name in ("crm.yaml", "other.yaml")]
    assert [cli.main(each) for each in looks] == [0, 0]
    shorten(org)
    assert [cli.main(each) for each in looks] == [1, 0]

    def shown() -> tuple[int, bool]:
        capsys.readouterr()
        assert ask("show", "--json") == 0
        [account] = json.loads(capsys.readouterr().out)["objects"]
        return account["uses"], account["waiting_since"] is not None

    assert shown() == (2, True)
    assert [ask("diff", "--requirements", name) for name in ("crm.yaml", "other.yaml")] == [1, 0]
    capsys.readouterr()
    assert ask("diff") == 0
    assert "compared with what is remembered: 1 change.\n" in capsys.readouterr().out
    assert ask("refresh", "Account") == 0
    assert shown() == (1, False)
    assert [cli.main(each) for each in looks] == [0, 0]


def test_show_what_is_not_remembered(ask: Ask, capsys: Said) -> None:
    """Nothing at all is an answer; a name of which nothing is remembered is a slip."""
    assert ask("show") == 0
    assert capsys.readouterr().out.startswith("Nothing is remembered of the schema that 'crm_prod' sees")
    assert ask("show", "Account") == 2
    assert capsys.readouterr().err == "sf-health: nothing is remembered of 'Account', nor of any other object.\n"


def test_a_change_waits_until_it_is_accepted(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """A breaking change is shown as waiting, `diff` tells it, and `refresh` takes it for right: the next look is healthy."""
    look = ["check", "crm_prod", "--requirements", "crm.yaml", "--json"]
    assert cli.main(look) == 0
    shorten(org)
    assert cli.main(look) == 1
    capsys.readouterr()
    assert ask("show") == 0
    assert "waits to be accepted" in " ".join(capsys.readouterr().out.split())
    assert ask("diff", "--requirements", "crm.yaml") == 1
    assert "  breaking  Account.Phone takes 20 characters" in capsys.readouterr().out
    assert ask("refresh", "Account") == 0
    assert "Account.Phone takes 20 characters, and took 40" in capsys.readouterr().out
    assert ask("diff", "--requirements", "crm.yaml") == 0
    assert cli.main(look) == 0


def test_diff_of_all_that_is_remembered(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """Without requirements nothing is known to break, and that is said."""
    ask("refresh", "Account", "Contact")
    shorten(org)
    capsys.readouterr()
    assert ask("diff") == 0
    said = capsys.readouterr().out
    assert "compared with what is remembered: 1 change.\n" in said
    assert "--requirements" in said


def test_diff_without_a_baseline(ask: Ask, capsys: Said) -> None:
    """Where nothing is remembered there is nothing to compare with, which is no "unchanged"."""
    assert ask("diff") == 2
    assert "nothing is remembered of any object" in capsys.readouterr().err
    assert ask("diff", "--requirements", "crm.yaml") == 2
    assert "`sf-health metadata refresh crm_prod Account`" in capsys.readouterr().err


# ── refresh and clear ──


def test_refresh_all(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """Without names, all that is remembered is read anew; at first there is nothing."""
    assert ask("refresh") == 2
    assert "Name the objects to read." in capsys.readouterr().err
    assert ask("refresh", "Account") == 0
    shorten(org)
    capsys.readouterr()
    assert ask("refresh") == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Account: 1 change since ")
    assert last == "Accepted as it is now: Account (memory: this host only)."


def test_refresh_of_one_object_named_twice(ask: Ask, capsys: Said) -> None:
    """It is read once, in Salesforce's spelling."""
    assert ask("refresh", "account", "ACCOUNT") == 0
    assert capsys.readouterr().out.endswith("Accepted as it is now: Account (memory: this host only).\n")


def test_refresh_what_is_gone(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """An object that is not there is not accepted; the others are, and exit code 1 says that not all is well."""
    assert ask("refresh", "Account", "Nothing__c") == 1
    said = capsys.readouterr()
    assert "Accepted as it is now: Account" in said.out
    assert "Nothing__c cannot be accepted" in said.err
    assert "`sf-health metadata clear crm_prod Nothing__c`" in said.err


def test_refresh_resets_the_sites_caches(ask: Ask, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Each cache of the site's is told by its name, reset or not."""
    entries = [EntryPoint(name, f"{__name__}:{name}", caches.GROUP) for name in ("broken", "kept")]
    monkeypatch.setattr(caches, "found", lambda: entries)
    monkeypatch.setattr(EntryPoint, "load", lambda entry: {"broken": broken, "kept": RESET.append}[entry.name])
    assert ask("refresh", "Account") == 3
    said = capsys.readouterr().out.splitlines()
    assert said[-2].startswith("cache broken: NOT reset: RuntimeError: no route")
    assert said[-1] == "cache kept: reset"
    assert RESET.pop().objects == ("Account",)


RESET: list[caches.RefreshedSchema] = []


def broken(_: caches.RefreshedSchema) -> None:
    raise RuntimeError("no route")


def test_clear(ask: Ask, capsys: Said) -> None:
    """One object, then all; then nothing is left to forget."""
    ask("refresh", "Account", "Contact", "Lead")
    for arguments, words in [
        (["Account"], "Forgotten: Account (org "),
        ([], "Forgotten: Contact, Lead (org "),
        ([], "Nothing was"),
    ]:
        capsys.readouterr()
        assert ask("clear", *arguments) == 0
        assert capsys.readouterr().out.startswith(words)


def test_clear_says_of_whom(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """The org and user are named, and offline since when they are known to be those."""
    ask("refresh", "Account", "Contact")
    whose = f"org {org.state.org.id}, user {org.user().id}"
    capsys.readouterr()
    ask("clear", "Account")
    assert f"Forgotten: Account ({whose})." in " ".join(capsys.readouterr().out.split())
    org.reset_counts()
    ask("clear", "--offline")
    assert f"Forgotten: Contact ({whose}, as of the last good look " in " ".join(capsys.readouterr().out.split())
    assert org.counts().http_requests == 0


@pytest.mark.parametrize("action", ["show", "clear"])
def test_nobody_is_remembered(ask: Ask, org: FakeOrg, capsys: Said, action: str) -> None:
    """Offline there is nobody to ask whose the connection is, where no good look has told it."""
    assert ask(action, "--offline") == 2
    assert "Without --offline a login tells whose it is." in capsys.readouterr().err
    assert org.counts().http_requests == 0


def test_a_user_who_may_not_log_in(ask: Ask, org: FakeOrg, capsys: Said) -> None:
    """What is remembered is not guessed to be of this connection; offline it can be looked at all the same."""
    ask("refresh", "Account")
    org.user().active = False
    capsys.readouterr()
    assert ask("show") == 3
    assert "inactive user" in capsys.readouterr().err
    assert ask("show", "--offline") == 0


# ── a sandbox that was refreshed ──


@pytest.fixture
def refreshed_sandbox(ask: Ask, org: FakeOrg, capsys: Said) -> str:
    """Something is remembered of the sandbox, and then it is another org, with another schema, behind the same connection; gives
    the id of the org that is gone.
    """
    assert cli.main(["check", "crm_prod", "--requirements", "crm.yaml"]) == 0
    gone, org.state.org.id = org.state.org.id, "00DHs0000000099MAA"
    shorten(org)
    capsys.readouterr()
    return gone


@pytest.mark.parametrize("action", ["show", "clear"])
def test_what_is_remembered_of_the_old_org_is_not_of_the_new_one(
    refreshed_sandbox: str, ask: Ask, capsys: Said, action: str
) -> None:
    """Nothing of the old org is shown or forgotten; offline both tell which org they mean."""
    assert ask(action) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("Nothing ")
    assert "org 00DHs0000000099MAA" in said
    assert ask(action, "--offline") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Account" in said
    assert f"org {refreshed_sandbox}, " in said


@pytest.mark.parametrize("arguments", [["--requirements", "crm.yaml"], []])
def test_the_old_org_is_not_what_the_new_one_is_compared_with(
    refreshed_sandbox: str, ask: Ask, capsys: Said, arguments: list[str]
) -> None:
    """Another org's schema is no baseline, so nothing is said to have changed."""
    assert ask("diff", *arguments) == 2
    assert "for this user and org" in capsys.readouterr().err


def test_a_refresh_reads_nothing_of_the_old_org(refreshed_sandbox: str, ask: Ask, capsys: Said) -> None:
    """Without names there is nothing to refresh in the new org; with one it is kept for the new org."""
    assert ask("refresh") == 2
    assert "nothing is remembered of connection 'crm_prod' yet" in capsys.readouterr().err
    assert ask("refresh", "Account") == 0
    assert "nothing was remembered before" in capsys.readouterr().out
    assert ask("show", "--json") == 0
    assert json.loads(capsys.readouterr().out)["org_id"] == "00DHs0000000099MAA"


# ── damage ──


@pytest.fixture
def damaged(ask: Ask, place: Path, capsys: Said) -> None:
    """Two objects are remembered, and what is kept of one is damaged."""
    ask("refresh", "Account", "Contact")
    with closing(sqlite3.connect(place / "store.sqlite")) as database, database:
        for table in ("sf_health_snapshots", "sf_health_baselines"):
            database.execute(f"UPDATE {table} SET shape = ? WHERE object_key = 'account'", (b"xx",))
    capsys.readouterr()


def test_damage_is_shown(damaged: None, ask: Ask, capsys: Said) -> None:
    """It is named with the command that removes it, and the other objects are shown as ever."""
    assert ask("show") == 0
    said = capsys.readouterr().out
    assert "\n  Contact " in said
    assert "Damaged: Account. `sf-health metadata clear crm_prod Account` removes it." in said
    assert ask("show", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert ([each["sobject"] for each in told["objects"]], told["damaged"]) == (["Contact"], ["Account"])


@pytest.mark.parametrize("arguments", [["Account"], ["account"], []])
def test_damage_is_cleared(damaged: None, ask: Ask, capsys: Said, arguments: list[str]) -> None:
    """By its name as by all, and then nothing of it is left."""
    assert ask("clear", *arguments) == 0
    capsys.readouterr()
    assert ask("show") == 0
    assert "Damaged" not in capsys.readouterr().out


def test_damage_is_mended_by_a_refresh(damaged: None, ask: Ask, capsys: Said) -> None:
    """All that is remembered is read anew, what is damaged too."""
    assert ask("refresh") == 0
    assert "Accepted as it is now: Account, Contact" in capsys.readouterr().out
    assert ask("show") == 0
    assert "Damaged" not in capsys.readouterr().out
    assert ask("diff") == 0


def test_damage_is_no_baseline(damaged: None, ask: Ask, capsys: Said) -> None:
    """Nothing can be compared with it, and what would mend that is told."""
    assert ask("diff") == 2
    assert "`sf-health metadata refresh crm_prod Account`" in capsys.readouterr().err


# ── without a store ──


@pytest.mark.parametrize("action", ["show", "diff", "refresh", "clear"])
def test_a_site_that_remembers_nothing(ask: Ask, monkeypatch: pytest.MonkeyPatch, capsys: Said, action: str) -> None:
    """What needs the store says that there is none."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", "none")
    assert ask(action) == 2
    assert capsys.readouterr().err == (
        "sf-health: [sf_health] store is 'none', so nothing is remembered. A lock file needs no store.\n"
    )


def test_a_lock_file_needs_no_store(lock: Ask, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locking, comparing and checking work without any memory."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", "none")
    assert lock() == 0
    assert ask("diff", "--lock", "schema.lock.json") == 0
    assert cli.main(["check", "crm_prod", "--lock", "schema.lock.json", "--checks", "metadata"]) == 0


@pytest.mark.parametrize("action", ["show", "diff", "refresh", "clear"])
def test_a_store_that_cannot_be_used(
    ask: Ask, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said, action: str
) -> None:
    """A broken store is one sentence and exit code 3."""
    (place / "broken.sqlite").write_bytes(b"this is no database" * 100)
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", f"sqlite:///{place}/broken.sqlite")
    assert ask(action) == 3
    said = capsys.readouterr().err
    assert "is damaged" in said
    assert said.count("\n") == 1


def test_an_unknown_connection(capsys: Said) -> None:
    """The same words as of `check`."""
    assert cli.main(["metadata", "show", "crm_nowhere"]) == 2
    assert "there is no connection 'crm_nowhere'" in capsys.readouterr().err
