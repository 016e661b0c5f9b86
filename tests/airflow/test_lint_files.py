"""`sf-health lint`, and DAG files that do what none should: nothing that they do hides another file, or is passed over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nobody import nobody

from airflow_sf_health import cli, compat
from airflow_sf_health.commands import lint_judging
from airflow_sf_health.enforcement.judging import judged

HEAD = """
from datetime import datetime
from airflow.providers.common.compat.sdk import DAG, task
from dag_shapes import SalesforceBulkOperator, sf

def a_dag(name, **more):
    return DAG(name, schedule=None, start_date=datetime(2026, 1, 1), **more)
"""
ONE = HEAD + 'with a_dag("{0}"):\n    sf("a")\n'

Lint = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    (tmp_path / "dags").mkdir()
    return tmp_path / "dags"


@pytest.fixture
def lint(capsys: pytest.CaptureFixture[str]) -> Lint:
    """Give the exit code and the JSON of a lint."""

    def lint(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
        code = cli.main(["lint", "--format=json", *map(str, arguments)])
        return code, json.loads(capsys.readouterr().out)

    return lint


def errors(found: dict[str, Any]) -> dict[str, str]:
    return {each["file"]: each["error"] for each in found["errors"]}


def files(found: dict[str, Any]) -> list[str]:
    return [each["file"] for each in found["tasks"]]


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("import os\nos._exit(0)\n", "exit code 0"),
        ("import os\nos._exit(7)\n", "exit code 7"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "signal 9"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
        ("raise GeneratorExit\n", "GeneratorExit"),
    ],
)
def test_a_file_that_ends_the_process(dags: Path, lint: Lint, ending: str, said: str) -> None:
    """It is told by its name, the files before and after it are linted, and each of those is read once."""
    (dags / "a.py").write_text(ONE.format("first") + "import os\nos.mkdir(__file__ + '.read')\n")
    (dags / "m.py").write_text(f"# airflow DAG\n{ending}")
    (dags / "z.py").write_text(ONE.format("last") + "import os\nos.mkdir(__file__ + '.read')\n")
    code, found = lint(dags)
    assert (code, files(found), list(errors(found))) == (1, ["a.py", "z.py"], ["m.py"])
    assert said in errors(found)["m.py"]
    assert found["summary"]["files_read"] == 3


def test_what_a_file_leaves_behind_is_ended(dags: Path) -> None:
    """A thread keeps the command from nothing; what is to be printed at exit, or by a copy of the process, is no part of the answer."""
    (dags / "a.py").write_text(
        ONE.format("one") + "import atexit, os, sys, threading\natexit.register(print, 'noise', file=sys.__stdout__)\n"
        "threading.Thread(target=threading.Event().wait).start()\nos.fork()\n"
    )
    (dags / "b.py").write_text(ONE.format("two") + "import os\nos.mkdir(__file__ + '.read')\n")
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "airflow_sf_health.cli", "lint", "--format=json", str(dags)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, files(json.loads(done.stdout))) == (1, ["a.py", "b.py"]), done.stderr


def test_folders_share_no_modules(tmp_path: Path, lint: Lint) -> None:
    """Each root has its own `common`, whatever the one before has imported."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "common_of_lint.py").write_text(f'CONN = "crm_{name}"\n')
        (tmp_path / name / "dag.py").write_text(
            HEAD + f'from common_of_lint import CONN\nwith a_dag("{name}"):\n'
            '    SalesforceBulkOperator(task_id="a", salesforce_conn_id=CONN, operation="insert", object_name="A", payload=[])\n'
        )
    _, found = lint(tmp_path / "one", tmp_path / "two")
    assert {each["dag"]: each["connections"] for each in found["tasks"]} == {"one": ["crm_one"], "two": ["crm_two"]}
    assert "common_of_lint" not in sys.modules


def test_files_of_a_folder_that_bring_their_own_neighbours(dags: Path, lint: Lint) -> None:
    """Airflow reads each file in a process of its own: what one does to `sys.path` or imports by it, another does not see."""
    for name in ("one", "two"):
        (dags / name).mkdir()
        (dags / name / "common_of_lint.py").write_text(f'CONN = "crm_{name}"\n')
        (dags / name / "dag.py").write_text(
            f"import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\n{HEAD}from common_of_lint import CONN\n"
            f'with a_dag("{name}"):\n'
            '    SalesforceBulkOperator(task_id="a", salesforce_conn_id=CONN, operation="insert", object_name="A", payload=[])\n'
        )
    (dags / "a.py").write_text("# airflow DAG\nimport sys\nsys.path.clear()\n")
    code, found = lint(dags)
    assert (code, found["errors"]) == (1, [])
    assert {each["dag"]: each["connections"] for each in found["tasks"]} == {"one": ["crm_one"], "two": ["crm_two"]}


def test_links_are_read_by_their_names(tmp_path: Path, dags: Path, lint: Lint) -> None:
    """A linked file or folder is linted as Airflow reads it, also where it alone is named, or the folder is come to by a link."""
    (tmp_path / "shared" / "team").mkdir(parents=True)
    (tmp_path / "shared" / "linked.py").write_text(ONE.format("linked"))
    (tmp_path / "shared" / "team" / "inner.py").write_text(ONE.format("inner"))
    (dags / "file.py").symlink_to("../shared/linked.py")
    (dags / "team").symlink_to("../shared/team")
    (tmp_path / "alias").symlink_to("dags")
    assert files(lint(dags)[1]) == ["file.py", "team/inner.py"]
    assert files(lint(tmp_path / "alias")[1]) == ["file.py", "team/inner.py"]
    assert files(lint(dags / "file.py")[1]) == ["file.py"]
    assert files(lint(f"--dags-folder={dags}", dags / "team")[1]) == ["team/inner.py"]
    assert files(lint(f"--dags-folder={dags}", tmp_path / "alias" / "file.py")[1]) == ["file.py"]


def test_an_id_twice_in_a_file(dags: Path, lint: Lint) -> None:
    """Airflow keeps the one that comes last in an order that nobody knows: it is an error, and both are listed."""
    (dags / "a.py").write_text(HEAD + 'with a_dag("x") as one:\n    sf("b")\nwith a_dag("x") as two:\n    sf("a")\n')
    code, found = lint(dags)
    assert (code, [each["task"] for each in found["tasks"]]) == (1, ["a", "b"])
    assert errors(found) == {"a.py": "dag_id 'x' twice; Airflow keeps one of them."}
    assert [(each["topic"], each["dag"]) for each in found["errors"]] == [("twice", "x")]


def test_a_dag_that_cannot_be_judged_hides_no_other(dags: Path, lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error of its file."""

    def failing(dag: Any, *arguments: Any) -> Any:
        return 1 // 0 if dag.dag_id == "bad" else judged(dag, *arguments)

    monkeypatch.setattr(lint_judging, "judged", failing)
    (dags / "a.py").write_text(HEAD + 'with a_dag("bad"):\n    sf("a")\nwith a_dag("good"):\n    sf("a")\n')
    (dags / "b.py").write_text(ONE.format("other"))
    code, found = lint(dags)
    assert (code, [each["dag"] for each in found["tasks"]], list(errors(found))) == (1, ["good", "other"], ["a.py"])
    assert "ZeroDivisionError" in errors(found)["a.py"]
    assert [(each["topic"], each["dag"]) for each in found["errors"]] == [("unjudged", "bad")]


def test_an_archive_with_a_broken_module(dags: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether Airflow has read the other modules is not known, so it is said that DAGs may be missing."""
    with zipfile.ZipFile(dags / "pack.zip", "w") as archive:
        archive.writestr("zbad.py", "# airflow DAG\n1/0\n")
    assert cli.main(["lint", str(dags)]) == 1
    said = capsys.readouterr().out
    assert "pack.zip/zbad.py:2: could not be read; DAGs of its archive may be missing" in said
    assert "    ZeroDivisionError: division by zero\n" in said


def test_files_that_nobody_can_read(dags: Path, lint: Lint) -> None:
    """Airflow passes over them in silence; they may hide a task, unless `.airflowignore` names them."""
    (dags / "gone.py").symlink_to("nowhere.py")
    (dags / "circle.py").symlink_to("circle.py")
    (dags / "ignored.py").symlink_to("nowhere.py")
    (dags / "broken.zip").write_text("PK")
    (dags / "notes.md").symlink_to("nowhere.md")
    os.mkfifo(dags / "pipe.py")
    (dags / ".airflowignore").write_text("ignored.py\n")
    code, found = lint(dags)
    assert (code, errors(found)) == (
        1,
        {
            "broken.zip": "BadZipFile: File is not a zip file",
            "circle.py": "Too many levels of symbolic links",
            "gone.py": "No such file or directory",
        },
    )
    assert {each["topic"] for each in found["errors"]} == {"unread"}
    assert lint(dags / "broken.zip")[0] == 1


def test_folders_that_may_not_be_entered(tmp_path: Path, lint: Lint, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is an error by its name, and what lies in it is said to be out of reach."""
    lint(tmp_path)  # this, and what follows, import what "nobody" may not
    compat.dag_bag()
    with tempfile.TemporaryDirectory() as name:
        dags = Path(name).resolve()
        dags.chmod(0o777)
        with nobody():
            for folder in ("closed", "listed", "ignored"):
                (dags / folder).mkdir()
                (dags / folder / "a.py").write_text(ONE.format("one"))
                (dags / folder).chmod(0o444 if folder == "listed" else 0o000)
            (dags / ".airflowignore").write_text("ignored\n")
            (dags / "own.py").write_text(ONE.format("two"))
            (dags / "own.py").chmod(0o000)
            code, found = lint(dags)
            assert (code, errors(found)) == (1, dict.fromkeys(("closed", "listed", "own.py"), "Permission denied"))
            assert errors(lint(dags / "closed")[1]) == {".": "Permission denied"}
            assert cli.main(["lint", str(dags / "closed" / "a.py")]) == 2
            assert f"{dags / 'closed' / 'a.py'} cannot be read: Permission denied." in capsys.readouterr().err


def test_a_circle_of_links(dags: Path, lint: Lint, capsys: pytest.CaptureFixture[str]) -> None:
    """Airflow's words are told of it, and a file beside it is linted alone, without a look at its neighbours."""
    (dags / "team").mkdir()
    (dags / "again").symlink_to("team")
    (dags / "a.py").write_text(ONE.format("one"))
    assert files(lint(dags / "a.py")[1]) == ["a.py"]
    assert cli.main(["lint", str(dags)]) == 3
    said = capsys.readouterr().err
    assert f"DAG files cannot be looked for in {dags}: Detected recursive loop" in said
    assert cli.main(["lint", str(dags / "a.py"), f"--dags-folder={dags}"]) == 3


def test_what_is_named_and_not_read(dags: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each path of which nothing was read is told, though something was read of another."""
    (dags / "empty").mkdir()
    (dags / "helper.py").write_text("x = 1\n")
    (dags / "a.py").write_text(ONE.format("one"))
    (dags / "link.py").symlink_to("a.py")
    cli.main(["lint", *map(str, (dags / "a.py", dags / "link.py", dags / "helper.py", dags / "empty"))])
    assert f"no DAG file was read of {dags / 'helper.py'}, {dags / 'empty'}: there" in capsys.readouterr().err
    assert cli.main(["lint", "/dev/null"]) == 2


def test_nothing_read_is_told(dags: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong folder in CI is no green lint without a word."""
    (dags / "helper.py").write_text("x = 1\n")
    assert cli.main(["lint", str(dags)]) == 0
    said = capsys.readouterr()
    assert said.out == "0 files read; 0 Salesforce tasks.\n"
    assert f"no DAG file was read of {dags}" in said.err


def test_a_folder_that_goes_with_a_baseline(dags: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To which folder its names are relative is said, as another one would make them of no use to the policy."""
    (dags / "crm").mkdir()
    (dags / "crm" / "a.py").write_text(ONE.format("one"))
    file = dags.parent / "known.json"
    cli.main(["lint", str(dags / "crm"), f"--baseline={file}", "--write-baseline"])
    assert f"relative to {dags / 'crm'}." in capsys.readouterr().err
    cli.main(["lint", str(dags / "crm"), f"--baseline={file}", "--write-baseline", f"--dags-folder={dags}"])
    assert f"relative to {dags}." in capsys.readouterr().err
    assert '"crm/a.py"' in file.read_text()


def test_a_baseline_behind_a_link(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link stays, as the site keeps its file where it likes, and nothing is left beside it."""
    (dags / "a.py").write_text(ONE.format("one"))
    (dags.parent / "kept").mkdir()
    link = dags.parent / "known.json"
    link.symlink_to("kept/known.json")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__POLICY_BASELINE", str(link))
    assert cli.main(["lint", str(dags), "--write-baseline"]) == 0
    assert link.is_symlink()
    assert '"a.py"' in link.read_text()
    assert sorted(each.name for each in dags.parent.iterdir()) == ["dags", "kept", "known.json"]


def test_globs_of_another_folder(
    dags: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From which folder the site's globs were taken to name files is said where nobody has told."""
    (dags / "crm").mkdir()
    (dags / "crm" / "a.py").write_text(ONE.format("one"))
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__POLICY_INCLUDE", "crm/*")
    cli.main(["lint", str(dags / "crm")])
    assert f"were taken for files relative to {dags / 'crm'}." in capsys.readouterr().err
    cli.main(["lint", str(dags / "crm"), f"--dags-folder={dags}"])
    assert "were taken" not in capsys.readouterr().err
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__POLICY_INCLUDE", "crm_*")
    cli.main(["lint", str(dags / "crm")])
    assert "were taken" not in capsys.readouterr().err


def test_a_baseline_of_another_folder(dags: Path, lint: Lint, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody has said from which folder Airflow has the files, no entry is lost because its file is not there."""
    (dags / "crm").mkdir()
    for name in ("a.py", "crm/b.py"):
        (dags / name).write_text(ONE.format(name[-4]))
    file = dags.parent / "known.json"
    cli.main(["lint", f"--dags-folder={dags}", f"--baseline={file}", "--write-baseline"])
    before = file.read_text()
    capsys.readouterr()

    assert cli.main(["lint", str(dags / "crm"), f"--baseline={file}", "--write-baseline"]) == 2
    assert f"none of the baseline's files is in {dags / 'crm'}. Give the folder" in capsys.readouterr().err
    assert lint(dags / "crm", f"--baseline={file}")[1]["baseline"]["not_needed"] == []
    assert cli.main(["lint", str(dags / "a.py"), f"--baseline={file}", "--write-baseline"]) == 0
    assert file.read_text() == before
    (dags / "crm" / "a.py").write_text("# airflow DAG\n")
    assert cli.main(["lint", str(dags / "crm" / "b.py"), f"--baseline={file}", "--write-baseline"]) == 0
    assert '"crm/b.py"' in file.read_text()


@pytest.mark.parametrize("more", [[], ["--write-baseline"]])
def test_a_broken_baseline(dags: Path, capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    """It is told by the flag that names it, and never written over: what it knows of other files would be lost."""
    file = dags.parent / "known.json"
    file.write_text("<<<<<<< HEAD")
    assert cli.main(["lint", str(dags), f"--baseline={file}", *more]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        f"sf-health: the file of --baseline, {file}, cannot be used: is no baseline. Mend it, or delete it"
    )
    assert "policy_baseline" not in said
    assert file.read_text() == "<<<<<<< HEAD"


def test_a_waived_task_has_no_notes(dags: Path, lint: Lint) -> None:
    """Its author has said why nothing is asked of it, also where `--strict` is given."""
    (dags / "a.py").write_text(
        HEAD + 'with a_dag("one"):\n    sf("a", retries=3, params={"sf_health_waiver": "a scratch org"})\n'
    )
    code, found = lint("--strict", dags)
    assert (code, [(each["status"], each["remarks"]) for each in found["tasks"]]) == (0, [("waived", [])])


def test_connections_that_a_task_is_mapped_over(dags: Path, lint: Lint) -> None:
    """Those that are written out are known before it runs."""
    (dags / "a.py").write_text(
        HEAD
        + 'with a_dag("one"):\n    SalesforceBulkOperator.partial(task_id="a", operation="insert", object_name="A",'
        ' payload=[]).expand(salesforce_conn_id=["one", "two"])\n'
    )
    [found] = lint(dags)[1]["tasks"]
    assert (found["connections"], found["known_at_run_time"]) == (["one", "two"], False)


def test_names_for_github_begin_in_the_checkout(
    dags: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a step runs in a folder of it."""
    (dags / "a.py").write_text(ONE.format("one"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(dags.parent))
    monkeypatch.chdir(dags)
    cli.main(["lint", ".", "--format=github"])
    assert "::error file=dags/a.py,line=" in capsys.readouterr().out


def test_a_time_limit_is_said_as_such(
    dags: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the line of the file, and not by the last words of Airflow's, which are a link."""
    monkeypatch.setenv("AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT", "1")
    (dags / "a.py").write_text("# airflow DAG\nwhile True:\n    pass\n")
    assert cli.main(["lint", str(dags)]) == 1
    said = capsys.readouterr().out
    assert "a.py:2: could not be read" in said or "a.py:3: could not be read" in said
    assert "It took longer than [core] dagbag_import_timeout allows." in said


def test_a_broken_settings_file(tmp_path: Path) -> None:
    """It is told with its place, and without its text."""
    (tmp_path / "airflow.cfg").write_text("canary [[ = x\n")
    command = [sys.executable, "-m", "airflow_sf_health.cli", "lint", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "AIRFLOW_CONFIG"}
    done = subprocess.run(
        command, env=environment | {"AIRFLOW_HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"its airflow.cfg, {tmp_path / 'airflow.cfg'}, line 1, is not written as it must be" in done.stderr
    assert "canary" not in done.stderr
