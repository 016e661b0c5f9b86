"""Where lint says that a task is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sf_health.commands.lint_lines import Source

TEXT = """\
from airflow.sdk import DAG, dag, task

for name in ("a", "b"):
    with DAG(f"made_{name}"):
        Load(task_id="load")
        Load(task_id=f"load_{name}")

with DAG(dag_id="plain"):
    Load(
        task_id="load",
    )

    @task
    def function(): ...

    @task(task_id="named")
    def otherwise(): ...

    Load(task_id=NAME)


@dag(schedule=None)
def decorated():
    @task.branch
    def function(): ...


DAG("first_word")
Load(task_id=f"{name}")
"""


@pytest.mark.parametrize(
    ("dag_id", "task_id", "said"),
    [
        ("plain", "load", "Load("),
        ("plain", "group.load", "Load("),
        ("made_a", "load", 'Load(task_id="load")'),
        ("made_a", "load_a", 'Load(task_id=f"load_{name}")'),
        ("plain", "function", "def function(): ..."),
        ("plain", "function__2", "def function(): ..."),
        ("plain", "named", '@task(task_id="named")'),
        ("plain", "from_a_variable", 'with DAG(dag_id="plain"):'),
        ("decorated", "nowhere", "def decorated():"),
        ("first_word", "nowhere", 'DAG("first_word")'),
        ("nowhere", "nowhere", "from airflow.sdk import DAG, dag, task"),
    ],
)
def test_the_line_of_a_task(dag_id: str, task_id: str, said: str) -> None:
    """That of its id, of a pattern that its id fits, of its function, or else of its DAG; 1 where the file says nothing of it."""
    line = Source(Path("dag.py"), TEXT).line_of(dag_id, task_id)
    assert TEXT.splitlines()[line - 1].strip() == said


def test_of_two_dags_each_has_its_own() -> None:
    """The same id in two DAGs is the one below its DAG's line."""
    source = Source(Path("dag.py"), TEXT)
    assert source.line_of("decorated", "function") > source.line_of("plain", "function")


@pytest.mark.parametrize("text", ["x = (", "", "\0", "(" * 2000])
def test_what_cannot_be_read_has_a_first_line(text: str) -> None:
    """A file of whatever content is no obstacle."""
    assert Source(Path("dag.py"), text).line_of("one", "load") == 1


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """A name within a zip archive, and a file in an unknown encoding."""
    (tmp_path / "odd.py").write_bytes(b"# coding: none\n\xff")
    for name in ("odd.py", "dags.zip/one.py"):
        assert Source.of(tmp_path / name).line_of("one", "load") == 1
