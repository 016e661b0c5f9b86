"""`sf-health lint`, on DAG files as a real Airflow reads them, without its database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dag_shapes import SHAPES

from airflow_sf_health import cli, cluster_policy, compat

Said = pytest.CaptureFixture[str]
HEAD = """
from datetime import datetime
from airflow.providers.common.compat.sdk import DAG, task
from dag_shapes import sf, other, OurBulkOperator, SalesforcePreflightOperator
from airflow_sf_health import guard, preflight, preflight_hook
from airflow_sf_health.bulk import check_bulk_results

def a_dag(name, **more):
    return DAG(name, schedule=None, start_date=datetime(2026, 1, 1), **more)
"""
ONE = HEAD + 'with a_dag("{name}"):\n    sf("a")\n'
GUARDED = HEAD + 'with a_dag("{name}") as dag:\n    sf("a", post_execute=check_bulk_results())\n    guard(dag)\n'
ALL_SHAPES = (
    HEAD
    + "from dag_shapes import SHAPES\nfor name, (wire, _) in SHAPES.items():\n    with a_dag(name) as dag:\n        wire(dag)\n    globals()[name] = dag\n"
)

UNGUARDED = {
    "one_of_two_tasks": {"a"},
    "only_one_of_the_connections": {"a"},
}
"""What the author of a shape has left out."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dags").mkdir()
    return tmp_path / "dags"


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    def write(name: str, text: str) -> Path:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
        return folder / name

    return write


@pytest.fixture
def lint(capsys: Said, folder: Path) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Give the exit code and the JSON of a lint, of the test's folder where nothing is named."""

    def lint(*arguments: str) -> tuple[int, dict[str, Any]]:
        named = [each for each in arguments if not each.startswith("-")]
        code = cli.main(["lint", "--format=json", *arguments, *([] if named else [str(folder)])])
        return code, json.loads(capsys.readouterr().out)

    return lint


def by_name(found: dict[str, Any]) -> dict[str, Any]:
    return {f"{each['dag']}.{each['task']}": each for each in found["tasks"]}


def topics(task: dict[str, Any]) -> list[str]:
    return [each["topic"] for each in task["remarks"]]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What is found of each shape; all are DAGs of one file, made in a loop."""
    file = tmp_path_factory.mktemp("shapes") / "shapes.py"
    file.write_text(ALL_SHAPES)
    command = [sys.executable, "-m", "airflow_sf_health.cli", "lint", "--format=json", str(file)]
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = json.loads(said.stdout)
    assert found["errors"] == [], said.stderr
    of: dict[str, list[Any]] = {name: [] for name in SHAPES}
    for each in found["tasks"]:
        of[each["dag"]].append(each)
    return of


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_seen_as_it_is_guarded(name: str, shapes: dict[str, list[Any]]) -> None:
    """What `guard` or its author guards is told as guarded, by whom, and nothing else is."""
    found = {each["task"]: each for each in shapes[name]}
    for token in SHAPES[name][1].split():
        if token.endswith("~"):
            assert found[token[:-1]]["guard"]["how"] in ("pre_execute", "decorator")
        elif token.rpartition(">")[2] in found and not token.endswith(">down"):
            task = found[token.rpartition(">")[2]]
            assert (task["guard"]["how"] in ("operator", "sensor"), bool(task["guard"]["by"])) == (True, True)
    assert {each for each in found if found[each]["status"] == "unguarded"} == UNGUARDED.get(name, set())
    assert {found[each]["status"] for each in found} <= {"guarded", "unguarded", "teardown"}


def test_it_tells_all_that_is_known_of_a_task(write: Callable[..., Path], lint: Any) -> None:
    """The keys that the documentation promises, with the line of the task."""
    file = write("crm/one.py", ONE.format(name="one"))
    code, found = lint()
    [task] = found["tasks"]
    line = file.read_text().splitlines().index('with a_dag("one"):') + 1
    assert code == 1
    assert {name: task[name] for name in ("file", "path", "dag", "task", "operator", "connections", "status")} == {
        "file": "crm/one.py",
        "path": str(file),
        "dag": "one",
        "task": "a",
        "operator": "SalesforceBulkOperator",
        "connections": ["crm"],
        "status": "unguarded",
    }
    assert task["guard"] == {"how": "none", "by": []}
    assert task["needs"] == "insert Account (Name), 1 record"
    assert "pre_execute=preflight_hook()," in task["advice"]
    assert task["line"] in (1, line)
    assert found["summary"]["unguarded"] == 1


def test_a_file_that_cannot_be_read_hides_no_other(write: Callable[..., Path], lint: Any) -> None:
    """Wrong syntax, an exception, the end of the process: each is told with its file, and the rest is linted."""
    write("good.py", GUARDED.format(name="good"))
    write("syntax.py", "from airflow import DAG\nx = (\n")
    write("raises.py", "from airflow import DAG\nraise KeyError('gone')\n")
    write("exits.py", "from airflow import DAG\nimport sys\nsys.exit(3)\n")
    code, found = lint()
    assert code == 1
    assert {each["file"]: each["line"] for each in found["errors"]} == {"exits.py": 3, "raises.py": 2, "syntax.py": 2}
    assert [each["status"] for each in found["tasks"]] == ["guarded"]


def test_a_file_that_hangs_is_told(write: Callable[..., Path], lint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that nobody gives back costs Airflow's own time limit, and no more."""
    monkeypatch.setenv("AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT", "1")
    write("hangs.py", "import threading\n# airflow DAG\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n")
    write("good.py", GUARDED.format(name="good"))
    code, found = lint()
    assert (code, [each["file"] for each in found["errors"]]) == (1, ["hangs.py"])
    assert len(found["tasks"]) == 1


def test_what_a_file_prints_is_no_part_of_the_answer(folder: Path, write: Callable[..., Path]) -> None:
    """Whatever way it takes: print, a log, the real standard output, a program that it starts."""
    noise = (
        "import logging, os, sys\nprint('noise')\nlogging.getLogger('x').warning('noise')\nlogging.basicConfig(stream=sys.stdout)\n"
        "sys.__stdout__.write('noise')\nos.write(1, b'noise')\nos.system('echo noise')\nsys.stdout = sys.__stdout__\n"
    )
    write("noisy.py", GUARDED.format(name="noisy") + noise)
    done = _in_a_fresh_home(folder, "--format=json")
    assert json.loads(done.stdout)["summary"]["guarded"] == 1
    assert done.returncode == 0
    assert "noise" in done.stderr


def test_no_database_is_needed(folder: Path, write: Callable[..., Path]) -> None:
    """Where nothing but Airflow and this package were installed, a new home is enough; no database is made in it."""
    write("one.py", ONE.format(name="one"))
    done = _in_a_fresh_home(folder)
    assert done.returncode == 1
    assert "1 file read; 1 Salesforce task in 1 file: 1 unguarded." in done.stdout
    assert not (folder.parent / "home" / "airflow.db").exists()


def _in_a_fresh_home(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = folder.parent / "home"
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    database = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db"}
    environment = os.environ | {"AIRFLOW_HOME": str(home), "PYTHONPATH": paths} | database
    command = [sys.executable, "-m", "airflow_sf_health.cli", "lint", *arguments, str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_airflows_own_rules_on_files_hold(write: Callable[..., Path], lint: Any) -> None:
    """What `.airflowignore` names is not read, also where the command names it; a module without DAGs is none."""
    write("ignored/one.py", ONE.format(name="one"))
    write(".airflowignore", "ignored\n")
    file = write("ignored/two.py", ONE.format(name="two"))
    write("helpers.py", "raise RuntimeError('not read')\n")
    assert lint()[0] == 0
    assert lint(f"--dags-folder={file.parent.parent}", str(file))[1]["tasks"] == []


def test_neighbours_can_be_imported(write: Callable[..., Path], lint: Any) -> None:
    """A DAG file imports from the DAGs folder, as it does in production, though one file of a subfolder is named."""
    write("team_words_of_lint.py", "NAME = 'from_a_neighbour'\n")
    file = write("team/one.py", HEAD + "from team_words_of_lint import NAME\nwith a_dag(NAME):\n    sf('a')\n")
    _, found = lint(f"--dags-folder={file.parent.parent}", str(file))
    assert [(each["dag"], each["file"]) for each in found["tasks"]] == [("from_a_neighbour", "team/one.py")]


def test_each_file_is_read_once(write: Callable[..., Path], lint: Any, folder: Path) -> None:
    """However often a file is named, a lock that it takes for itself keeps nobody waiting."""
    file = write("one.py", ONE.format(name="one") + "import os\nos.mkdir(__file__ + '.taken')\n")
    _, found = lint(str(folder), str(file), str(folder))
    assert (found["errors"], len(found["tasks"])) == ([], 1)


def test_several_dags_of_one_file_and_a_task_of_the_same_id(write: Callable[..., Path], lint: Any) -> None:
    """Each task has a line of its own."""
    text = "".join(
        f'with DAG("{name}", schedule=None, start_date=datetime(2026, 1, 1)):\n'
        '    Reader(\n        task_id="load",\n        salesforce_conn_id="crm",\n    )\n'
        for name in ("first", "second")
    )
    file = write("two.py", HEAD + "from dag_shapes import Reader\n" + text)
    starts = [number for number, line in enumerate(file.read_text().splitlines(), 1) if "Reader(" in line]
    _, found = lint()
    assert [(each["dag"], each["line"]) for each in found["tasks"]] == [("first", starts[0]), ("second", starts[1])]


def test_the_rules_of_the_site_count(write: Callable[..., Path], lint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they leave out is listed, and no fault."""
    write("one.py", ONE.format(name="one"))
    write("two.py", ONE.format(name="two"))
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__POLICY_EXCLUDE", "one")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__POLICY_RULES", "conn:crm=off")
    code, found = lint()
    assert (code, found["policy"], {each["status"] for each in found["tasks"]}) == (0, "off", {"not_asked"})


def test_waivers(write: Callable[..., Path], lint: Any) -> None:
    """One with a reason counts; one that has expired does not, and is told."""
    text = HEAD + (
        'with a_dag("one", tags=["sf-health:waived"]):\n    sf("a")\nwith a_dag("two"):\n'
        '    sf("good", params={"sf_health_waiver": {"reason": "once a year", "until": "2999-12-31"}})\n'
        '    sf("late", params={"sf_health_waiver": {"reason": "once a year", "until": "2020-12-31"}})\n'
        '    sf("silent", params={"sf_health_waiver": ""})\n'
    )
    write("one.py", text)
    code, found = lint()
    tasks = by_name(found)
    status = {name: each["status"] for name, each in tasks.items()}
    assert code == 1
    assert status == {"one.a": "waived", "two.good": "waived", "two.late": "unguarded", "two.silent": "unguarded"}
    assert (tasks["two.good"]["waiver"]["reason"], tasks["two.good"]["waiver"]["until"]) == (
        "once a year",
        "2999-12-31",
    )
    assert "waiver" in topics(tasks["two.late"])
    assert "waiver" in topics(tasks["two.silent"])


def test_a_preflight_on_another_queue(write: Callable[..., Path], lint: Any) -> None:
    """It proves what its own host can reach."""
    text = HEAD + (
        'with a_dag("one"):\n    look = SalesforcePreflightOperator(task_id="look", salesforce_conn_id="crm")\n'
        '    look >> [sf("here"), sf("there", queue="dmz"), sf("pool", pool="other")]\n'
    )
    write("one.py", text)
    tasks = by_name(lint()[1])
    assert [name for name, each in tasks.items() if "place" in topics(each)] == ["one.pool", "one.there"]
    assert "'dmz'" in tasks["one.there"]["remarks"][0]["text"]


def test_a_mapped_preflight(write: Callable[..., Path], lint: Any) -> None:
    """It guards as a plain one does, and a queue of its own is told too."""
    text = HEAD + (
        "CHECKS = [['user.active'], ['org.state']]\n"
        'with a_dag("one"):\n    SalesforcePreflightOperator.partial(task_id="look", salesforce_conn_id="crm").expand(checks=CHECKS) >> sf("here")\n'
        'with a_dag("two"):\n    SalesforcePreflightOperator.partial(task_id="look", salesforce_conn_id="crm", queue="dmz").expand(checks=CHECKS)'
        ' >> sf("there")\n'
    )
    write("one.py", text)
    code, found = lint()
    tasks = by_name(found)
    assert (code, {each["guard"]["by"][0] for each in tasks.values()}) == (0, {"look"})
    assert [name for name, each in tasks.items() if "place" in topics(each)] == ["two.there"]


def test_wasted_retries(write: Callable[..., Path], lint: Any) -> None:
    """Those of a task that begins no try with an examination, and whose author has decided nothing about retries."""
    policy = 'sf("policy", retries=2, retry_policy=SalesforceRetryPolicy())' if compat.AIRFLOW_V_3_3_PLUS else "pass"
    text = HEAD + (
        'from airflow_sf_health.retries import SalesforceRetryPolicy\nwith a_dag("one"):\n'
        '    look = SalesforcePreflightOperator(task_id="look", salesforce_conn_id="crm")\n'
        '    look >> sf("behind", retries=1)\n    sf("alone", retries=2)\n    sf("none", retries=0)\n'
        f'    sf("inside", retries=2, pre_execute=preflight_hook())\n    {policy}\n'
    )
    write("one.py", text)
    tasks = by_name(lint()[1])
    assert [name for name, each in tasks.items() if "retries" in topics(each)] == ["one.alone", "one.behind"]
    cure = (
        "SalesforceRetryPolicy() (from airflow_sf_health.retries import SalesforceRetryPolicy)"
        if compat.AIRFLOW_V_3_3_PLUS
        else "preflight_hook() (from airflow_sf_health import preflight_hook)"
    )
    assert cure in str(tasks["one.alone"]["remarks"])


def test_bulk_loads_that_nobody_checks(write: Callable[..., Path], lint: Any) -> None:
    """The stock operator without the check, plain and mapped; not ours."""
    ours = 'OurBulkOperator(task_id="ours", salesforce_conn_id="crm", operation="insert", object_name="Account", payload=[])'
    mapped = (
        'SalesforceBulkOperator.partial(task_id="{}", operation="insert", object_name="Account", salesforce_conn_id="crm"{})'
        ".expand(payload=[[]])"
    )
    text = HEAD + (
        "from dag_shapes import SalesforceBulkOperator\n"
        f'with a_dag("one") as dag:\n    sf("plain")\n    sf("checked", post_execute=check_bulk_results())\n    {ours}\n'
        f"    {mapped.format('mapped', '')}\n    {mapped.format('mapped_checked', ', post_execute=check_bulk_results()')}\n"
        "    guard(dag)\n"
    )
    write("one.py", text)
    code, found = lint("--strict")
    assert code == 4
    tasks = by_name(found)
    assert [name for name, each in tasks.items() if "bulk_rows" in topics(each)] == ["one.mapped", "one.plain"]
    assert tasks["one.ours"]["guard"]["how"] == "own"


def test_the_baseline(write: Callable[..., Path], lint: Any, folder: Path, capsys: Said) -> None:
    """It takes what is unguarded now, lets it pass, asks for what comes later, and tells what is not needed any more."""
    file = str(folder.parent / "baseline.json")
    arguments = [f"--dags-folder={folder}", f"--baseline={file}"]
    write("one.py", ONE.format(name="one"))
    write("two.py", ONE.format(name="two"))
    assert cli.main(["lint", *arguments, "--write-baseline"]) == 0
    said = capsys.readouterr()
    assert "2 tasks, 2 new, 0 not needed any more" in said.err
    first = Path(file).read_text()
    code, found = lint(*arguments)
    assert (code, {each["status"] for each in found["tasks"]}) == (0, {"baseline"})
    write("one.py", ONE.format(name="one") + '    sf("new")\n')
    (folder / "two.py").unlink()
    code, found = lint(*arguments)
    assert (code, [each["task"] for each in found["tasks"] if each["status"] == "unguarded"]) == (1, ["new"])
    assert found["baseline"]["not_needed"] == [{"file": "two.py", "dag": "two", "task": "a"}]
    assert cli.main(["lint", *arguments, "--write-baseline"]) == 0
    assert set(Path(file).read_text().splitlines()) - set(first.splitlines()) != set()
    assert '"two.py"' not in Path(file).read_text()


def test_to_write_of_a_part_keeps_the_rest(write: Callable[..., Path], folder: Path, capsys: Said) -> None:
    """Who lints one file forgets nothing of the others, nor of one that cannot be read."""
    file = folder.parent / "baseline.json"
    for name in ("one", "two", "three"):
        write(f"{name}.py", ONE.format(name=name))
    arguments = [f"--baseline={file}", "--write-baseline", f"--dags-folder={folder}"]
    assert cli.main(["lint", str(folder), *arguments]) == 0
    before = file.read_text()
    write("two.py", GUARDED.format(name="two"))
    write("three.py", "from airflow import DAG\nx = (\n")
    assert cli.main(["lint", str(folder / "one.py"), *arguments]) == 0
    assert file.read_text() == before
    assert cli.main(["lint", str(folder), *arguments]) == 1
    assert [name in file.read_text() for name in ('"one.py"', '"two.py"', '"three.py"')] == [True, False, True]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is no file or folder nowhere"),
        (["{folder}/notes.md"], "is no DAG file"),
        (["{folder}", "--write-baseline"], "--write-baseline needs a file"),
        (
            ["{folder}", "--baseline", "{folder}/none.json"],
            "none.json, cannot be used: no such file or directory. Write",
        ),
        (["{folder}", "--baseline", "{folder}"], "cannot be used: is a directory. Name the file in it."),
        (["{folder}", "--baseline", "/dev/null", "--write-baseline"], "/dev/null is no file that can be replaced.\n"),
        (["{folder}", "--dags-folder", "{folder}/other"], "does not lie in the folder"),
        (["--dags-folder", "{folder}/nowhere"], "there is no file or folder"),
    ],
)
def test_what_cannot_be_meant(folder: Path, capsys: Said, arguments: list[str], said: str) -> None:
    """Exit code 2, and one sentence."""
    (folder / "notes.md").write_text("airflow DAG")
    (folder / "other").mkdir()
    assert cli.main(["lint", *(each.format(folder=folder) for each in arguments)]) == 2
    assert said in capsys.readouterr().err


def test_wrong_settings_are_told(folder: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """In CI a wrong option stops the job: in production it would switch the policy off."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CLUSTER_POLICY", "maybe")
    assert cli.main(["lint", str(folder)]) == 2
    assert "cluster_policy" in capsys.readouterr().err


def test_nothing_is_named(write: Callable[..., Path], folder: Path, capsys: Said, settings_folder: Path) -> None:
    """All that Airflow is set up to read is linted; where there is nothing, that is said."""
    assert cli.main(["lint"]) == 2
    assert "does not exist here" in capsys.readouterr().err
    settings_folder.mkdir()
    (settings_folder / "one.py").write_text(ONE.format(name="one"))
    assert cli.main(["lint", "--format=json"]) == 1
    assert [each["file"] for each in json.loads(capsys.readouterr().out)["tasks"]] == ["one.py"]


@pytest.fixture
def settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The DAGs folder of this Airflow, which is not there yet."""
    from airflow import settings

    folder = tmp_path / "configured"
    monkeypatch.setattr(settings, "DAGS_FOLDER", str(folder))
    return folder


@pytest.mark.skipif(not compat.AIRFLOW_V_3_0_PLUS, reason="bundles came with Airflow 3")
def test_bundles(write: Callable[..., Path], capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each folder of them is linted, and what is no folder is told."""
    folder = write("one.py", ONE.format(name="one")).parent
    home = "airflow.dag_processing.bundles.local.LocalDagBundle"
    bundles = [
        {"name": "here", "classpath": home, "kwargs": {"path": str(folder)}},
        {
            "name": "far",
            "classpath": "airflow.providers.git.bundles.git.GitDagBundle",
            "kwargs": {"tracking_ref": "main"},
        },
    ]
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(bundles))
    assert cli.main(["lint", "--format=json"]) == 1
    said = capsys.readouterr()
    assert [each["file"] for each in json.loads(said.out)["tasks"]] == ["one.py"]
    assert "bundle 'far' is no local folder" in said.err


def test_a_file_that_goes_elsewhere(write: Callable[..., Path], capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names begin where the command was given, wherever a DAG file has gone meanwhile."""
    file = write("one.py", ONE.format(name="one") + "import os\nos.chdir('/')\n")
    monkeypatch.chdir(file.parent)
    cli.main(["lint", "one.py"])
    assert capsys.readouterr().out.startswith("one.py\n")


def test_annotations_of_github(write: Callable[..., Path], capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command a line, escaped, with names that begin where the command runs."""
    file = write("a,b.py", ONE.format(name="one"))
    write("syntax.py", "from airflow import DAG\nx = (\n")
    monkeypatch.chdir(file.parent.parent)
    assert cli.main(["lint", "--format=github", "dags"]) == 1
    syntax, unguarded, bulk, summary = capsys.readouterr().out.splitlines()
    assert syntax.startswith("::error file=dags/syntax.py,line=2,title=DAG file could not be read::")
    assert unguarded.startswith("::error file=dags/a%2Cb.py,line=")
    assert ",title=Unguarded Salesforce task one.a::" in unguarded
    assert "%0A" in unguarded
    assert bulk.startswith("::warning file=dags/a%2Cb.py,line=")
    assert summary == "2 files read; 1 Salesforce task in 1 file: 1 unguarded; 1 file with errors."


def test_the_text_is_for_people(write: Callable[..., Path], capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each task, below it what to write, and the numbers at the end."""
    file = write("one.py", ONE.format(name="one"))
    write("two.py", GUARDED.format(name="two"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(file.parent.parent)
    assert cli.main(["lint", "dags"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "dags/one.py",
        "  unguarded  one.a  crm  -                        insert Account (Name), 1 record",
        "    Add to the operator's arguments: pre_execute=preflight_hook(),",
        "    Import: from airflow_sf_health import preflight_hook",
    ]
    assert "  guarded    two.a  crm  preflight preflight_crm  insert Account (Name), 1 record" in lines
    assert lines[-1] == "2 files read; 2 Salesforce tasks in 2 files: 1 guarded, 1 unguarded."


@pytest.fixture
def policy() -> Iterator[None]:
    """Airflow calls our policy, as it does wherever the package is installed."""
    plugins = compat.policy_plugins()
    if plugins.is_registered(cluster_policy):
        yield
        return
    plugins.register(cluster_policy)
    yield
    plugins.unregister(cluster_policy)


@pytest.mark.usefixtures("policy")
def test_what_the_policy_injects_is_seen(
    write: Callable[..., Path], lint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks are told as a worker has them, mapped ones too."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CLUSTER_POLICY", "inject")
    mapped = (
        'SalesforceBulkOperator.partial(task_id="m", operation="insert", object_name="Account", '
        'salesforce_conn_id="crm").expand(payload=[[]])'
    )
    write(
        "one.py",
        f"{HEAD}from dag_shapes import SalesforceBulkOperator\nwith a_dag('one'):\n    sf('a')\n    {mapped}\n",
    )
    code, found = lint()
    assert (code, found["policy"]) == (0, "inject")
    assert {each["guard"]["how"] for each in found["tasks"]} == {"injected"}


@pytest.mark.usefixtures("policy")
def test_what_the_policy_would_refuse_is_listed(
    write: Callable[..., Path], lint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other DAGs of its file too: nothing is refused while a file is linted."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CLUSTER_POLICY", "require")
    write("one.py", ONE.format(name="one") + 'with a_dag("two"):\n    sf("a", pre_execute=preflight_hook())\n')
    code, found = lint()
    assert (code, found["errors"]) == (1, [])
    assert [each["status"] for each in found["tasks"]] == ["unguarded", "guarded"]
