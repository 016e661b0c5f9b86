"""Requirements and lock files by path, by text and as dicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from airflow_sf_health import Requirements
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.exceptions import ConfigurationError, RequirementsError
from airflow_sf_health.testing import FakeOrg

RunTask = Callable[..., Any]
YAML = "sandbox: false\nobjects:\n  Account:\n    read: [Name]\n"
PLAIN = {"sandbox": False, "objects": {"Account": {"read": ["Name"]}}}


@pytest.mark.parametrize(
    ("name", "text"), [("crm.yaml", YAML), ("crm.yml", YAML), ("crm.json", json.dumps(PLAIN)), ("crm.txt", YAML)]
)
def test_a_file_is_read_beside_the_dag_and_then_where_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    """The DAG's folder goes first; a path from the root, and a `Path`, will do too."""
    dags, here = tmp_path / "dags", tmp_path / "here"
    for folder, content in ((dags, text), (here, "sandbox: true")):
        folder.mkdir()
        (folder / name).write_text(content)
    monkeypatch.chdir(here)
    for given in (name, Path(name), f"  {name}\n", str(dags / name)):
        assert Preflight.of("crm", given, None, None, beside=dags).requirements.as_dict() == PLAIN
    assert Preflight.of("crm", name, None, None).requirements.as_dict() == {"sandbox": True}
    (dags / name).unlink()
    assert Preflight.of("crm", name, None, None, beside=dags).requirements.as_dict() == {"sandbox": True}


@pytest.mark.parametrize(
    "text", [YAML, indent(f"\n{YAML}", "    "), json.dumps(PLAIN), json.dumps(PLAIN, indent=2), str(PLAIN)]
)
def test_the_text_of_a_file_is_as_good(text: str) -> None:
    """A template may render to it."""
    assert Preflight.of("crm", text, None, None).requirements.as_dict() == PLAIN


def test_a_file_that_is_not_there_is_told_with_the_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both places that were looked at, in the order of the looks."""
    monkeypatch.chdir(tmp_path)
    beside = tmp_path / "dags"
    with pytest.raises(ConfigurationError, match=rf"Looked at {beside}/crm\.yaml and {tmp_path}/crm\.yaml\."):
        Preflight.of("crm", "crm.yaml", None, None, beside=beside)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"sandbx: true", "crm.yaml: Requirements: there is no 'sandbx'. Did you mean 'sandbox'?"),
        (b"objects: {Account: {raed: [Name]}}", "Did you mean 'read'?"),
        (b"sandbox: [true", "crm.yaml is neither JSON nor YAML, in line "),
        (b'{"sandbox": tru', "crm.yaml"),
        (b"- sandbox", "crm.yaml must hold a mapping"),
        (b"\xff\xfe", "crm.yaml is no text in UTF-8, at byte 0"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    """The file, the key, and the nearest right one."""
    (tmp_path / "crm.yaml").write_bytes(content)
    with pytest.raises(ConfigurationError) as met:
        Preflight.of("crm", "crm.yaml", None, None, beside=tmp_path)
    assert said in str(met.value)
    assert "crm.yaml" in str(met.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "objects:\n  Account:\n    update: [Name]\n    update: [Rating]\n",
            "'update' stands twice .* in line 3 and .* in line 4",
        ),
        ("objects: {Account: [Name]}\nsandbox: no\nobjects: {Lead: [Company]}\n", "'objects' stands twice"),
        ('{"objects": {"Account": ["Name"], "Account": ["Phone"]}}', "'Account' stands twice"),
        ('{\n\t"objects": {"Account": ["Name"], "Account": ["Phone"]}}', "'Account' stands twice"),
    ],
)
@pytest.mark.parametrize("is_file", [True, False])
def test_a_key_that_stands_twice_is_refused(tmp_path: Path, text: str, said: str, is_file: bool) -> None:
    """The last one would hide what the others ask, and nobody would prove it."""
    (tmp_path / "crm.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        Preflight.of("crm", "crm.yaml" if is_file else text, None, None, beside=tmp_path)


def test_a_template_that_nobody_renders_is_refused(tmp_path: Path) -> None:
    """Salesforce would be asked about its text. In what Airflow has rendered the same signs are none, nor are braces that do not close."""
    file, query = tmp_path / "crm.yaml", "SELECT Id FROM Account WHERE Name = '{{ ds }}'"
    for template in ("{{ ds }}", "{% if x %}", "{# why #}"):
        file.write_text(json.dumps({"queries": [query.replace("{{ ds }}", template)]}))
        with pytest.raises(
            RequirementsError, match=f"crm.yaml: Requirements: 'queries' has the template '{template}', which nobody"
        ):
            Preflight.of("crm", "crm.yaml", None, None, beside=tmp_path)
    for given in ({"queries": [query]}, Requirements(queries=(query,))):
        assert Preflight.of("crm", given, None, None).requirements.queries == (query,)
    braces = "SELECT Id FROM EmailTemplate WHERE Body = '{!Name} {x: {y}}' OR Name LIKE '{%x'"
    file.write_text(json.dumps({"queries": [braces]}))
    assert Preflight.of("crm", "crm.yaml", None, None, beside=tmp_path).requirements.queries == (braces,)


@pytest.mark.parametrize("text", ["", "# nothing is required\n"])
def test_an_empty_file_requires_nothing(tmp_path: Path, text: str) -> None:
    """Nor does one that holds only a comment."""
    (tmp_path / "crm.yaml").write_text(text)
    assert Preflight.of("crm", "crm.yaml", None, None, beside=tmp_path).requirements.as_dict() == {}


def test_what_a_file_holds_as_text_is_no_flag(tmp_path: Path) -> None:
    """A quoted word in a file is read like a rendered one."""
    (tmp_path / "crm.yaml").write_text("sandbox: 'perhaps'")
    with pytest.raises(RequirementsError, match="'sandbox' must be true or false, and is 'perhaps'"):
        Preflight.of("crm", "crm.yaml", None, None, beside=tmp_path)


def test_a_task_reads_the_file_beside_its_dag(org: FakeOrg, airflow_home: Path, run_task: RunTask) -> None:
    """When it runs, and not before: the file is written after the DAG file was read by others."""
    folder = airflow_home / "dags"
    folder.mkdir(exist_ok=True)
    (folder / "crm.yaml").write_text("sandbox: true")
    ran = run_task(requirements="crm.yaml", retries=3)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "wrong_org")
    (folder / "crm.yaml").write_text("sandbox: false")
    assert run_task(requirements="{{ 'crm' }}.yaml").state == "success"


@pytest.mark.parametrize("kind", ["operator", "sensor"])
def test_a_task_whose_file_is_not_there_fails_at_once(org: FakeOrg, run_task: RunTask, kind: str) -> None:
    """No retry finds it; Salesforce hears nothing."""
    for argument in ("requirements", "schema_lock"):
        ran = run_task(kind, **{argument: "no_such_file.yaml"}, retries=3)
        assert (ran.state, ran.tries, org.counts().http_requests) == ("failed", 1, 0)
        assert "there is no file 'no_such_file.yaml'" in ran.log
        assert "SalesforceMisconfigured" in ran.log


def test_the_hook_in_a_task_finds_the_file_beside_its_dag(
    crm_prod: Callable[..., None], airflow_home: Path, load_dag: Callable[..., Any]
) -> None:
    """It is no operator, and asks Airflow which DAG runs."""
    (airflow_home / "dags").mkdir(exist_ok=True)
    (airflow_home / "dags" / "of_the_hook.yaml").write_text("sandbox: true")
    dag = load_dag(Path(__file__).parent / "dags" / "hook_task.py")
    [instance] = dag.test().get_task_instances()
    assert instance.xcom_pull(task_ids="examine") == "wrong_org"


def bomb() -> str:
    """A thousand characters that stand for a hundred million values."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=False):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join([*lines, "owners: *i\n"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (bomb(), "it stands for more than 100,000 values"),
        (bomb().replace("owners: *i", "<<: *i"), "it stands for more than 100,000 values"),
        ("objects: &a\n  Account: *a\n", "an alias holds itself"),
        (f"owners: {'[' * 5_000}", "nested too deeply"),
        (f'{{"owners": {"[" * 100_000}', "nested too deeply"),
        ("2026-01-01: x\n", "there is no '2026-01-01'"),
        ("owners: [2026-13-45]\n", "cannot be read: month must be in 1..12"),
    ],
)
def test_what_yaml_can_do_is_bounded(tmp_path: Path, text: str, said: str) -> None:
    """Neither time nor memory is spent on it, and the file is named."""
    (tmp_path / "crm.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=said) as met:
        Preflight.of("crm", "crm.yaml", None, None, beside=tmp_path)
    assert "crm.yaml" in str(met.value)


def test_aliases_that_people_write_are_read() -> None:
    """One list for two objects, and one mapping taken over."""
    text = "objects:\n  Account: &a {read: &f [Name]}\n  Contact: {<<: *a, update: *f}\n"
    uses = Preflight.of("crm", text, None, None).requirements.objects
    assert uses is not None
    assert [(each.name, each.read, each.update) for each in uses] == [
        ("Account", ("Name",), None),
        ("Contact", ("Name",), ("Name",)),
    ]


@pytest.mark.parametrize("argument", ["requirements", "schema_lock"])
@pytest.mark.parametrize("given", ["~no_such_user_here/crm.yaml", "[" * 900, "crm\0.yaml"])
def test_what_is_no_path_is_told(argument: str, given: str) -> None:
    """In words that name it."""
    arguments: dict[str, Any] = {"requirements": None, argument: given}
    with pytest.raises(ConfigurationError, match=r"cannot be read|there is no file"):
        Preflight.of("crm", arguments["requirements"], None, None, schema_lock=arguments.get("schema_lock"))
