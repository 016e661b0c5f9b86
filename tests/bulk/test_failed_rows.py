"""The refused rows as a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health.compat import AIRFLOW_V_3_3_PLUS, ObjectStoragePath

Judge = Callable[..., Any]
ROWS = [
    {"Name": "Müller", "Since__c": date(2026, 1, 2)},
    {"Name": "fine"},
    {"Id": "001Hs00000abcdefAAA", "Name": "third"},
]
ERROR = {
    "statusCode": "INACTIVE_OWNER_OR_USER",
    "message": "operation performed with inactive user [005] as owner of account",
    "fields": ["OwnerId"],
}
BAD = {"success": False, "created": False, "id": None, "errors": [ERROR]}
RESULTS = [BAD, {"success": True, "created": True, "id": "001Hs00000abcdegAAA", "errors": []}, BAD]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_for_each_refused_row(judge: Judge, tmp_path: Path) -> None:
    """Number, id, code, text, fields, cause, and the row as it was sent; in the order of the rows."""
    error = judge(RESULTS, {"failed_rows_to": tmp_path / "new" / "folder"}, payload=ROWS).error
    [file] = (tmp_path / "new" / "folder").iterdir()
    assert error.outcome.failed_rows == str(file)
    assert file.name == "nightly__manual__2026-01-01T00:00:00+00:00__load.accounts__try-1.jsonl"
    first, second = lines(file.read_text(encoding="utf-8"))
    assert first == {
        "row": 1,
        "id": None,
        "code": "INACTIVE_OWNER_OR_USER",
        "message": "operation performed with inactive user [005] as owner of account",
        "fields": ["OwnerId"],
        "cause": "owner_inactive",
        "payload": {"Name": "Müller", "Since__c": "2026-01-02"},
    }
    assert (second["row"], second["id"]) == (3, "001Hs00000abcdefAAA")


def test_of_an_unknown_row_there_is_no_payload(judge: Judge, tmp_path: Path) -> None:
    """A task of the user's own does not tell what it sent."""
    judge(RESULTS, {"failed_rows_to": str(tmp_path)}, payload=None)
    [file] = tmp_path.iterdir()
    assert all("payload" not in line for line in lines(file.read_text(encoding="utf-8")))


def test_each_try_and_each_mapped_task_has_a_file_and_none_is_written_over(judge: Judge, tmp_path: Path) -> None:
    """The second file of one try, which a deleted and repeated run leads to, gets a number."""
    from bulk.conftest import Instance

    for changes in ({}, {}, {"try_number": 2}, {"map_index": 7}, {"run_id": "../../etc/passwd"}):
        judge(RESULTS, {"failed_rows_to": str(tmp_path)}, Instance(**changes), payload=ROWS)
    names = sorted(file.name.removeprefix("nightly__") for file in tmp_path.iterdir())
    assert names == [
        ".._.._etc_passwd__load.accounts__try-1.jsonl",
        "manual__2026-01-01T00:00:00+00:00__load.accounts__map-7__try-1.jsonl",
        "manual__2026-01-01T00:00:00+00:00__load.accounts__try-1-2.jsonl",
        "manual__2026-01-01T00:00:00+00:00__load.accounts__try-1.jsonl",
        "manual__2026-01-01T00:00:00+00:00__load.accounts__try-2.jsonl",
    ]


@pytest.mark.parametrize(
    "scheme",
    ["file", pytest.param("memory", marks=pytest.mark.skipif(not AIRFLOW_V_3_3_PLUS, reason="older ones know it not"))],
)
def test_an_address_is_an_object_storage_path(judge: Judge, tmp_path: Path, scheme: str) -> None:
    """Any file system that Airflow knows; templates are rendered."""
    folder = f"{scheme}://{tmp_path}/refused/{{{{ run_id }}}}"
    first, second = (
        judge(RESULTS, {"failed_rows_to": folder}, payload=ROWS).error.outcome.failed_rows for _ in range(2)
    )
    assert first.startswith(f"{scheme}://")
    assert "manual__2026-01-01" in first
    assert first != second
    assert len(lines(ObjectStoragePath(first).read_text(encoding="utf-8"))) == 2


@pytest.mark.parametrize("folder", ["/proc/nothing/here", "nosuchscheme://bucket/refused"])
def test_a_file_that_cannot_be_written_hides_no_verdict(
    judge: Judge, caplog: pytest.LogCaptureFixture, folder: str
) -> None:
    """The task fails for its rows all the same, and the message says that there is no file."""
    judged = judge(RESULTS, {"failed_rows_to": folder}, payload=ROWS)
    assert judged.kind == "SalesforceRowsRefused"
    assert judged.error.outcome.failed_rows is None
    assert f"the refused rows could not be kept in {folder}" in caplog.text


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_the_file_is_for_the_worker_alone(judge: Judge, tmp_path: Path, scheme: str) -> None:
    """It has rows that may be those of persons."""
    judge(RESULTS, {"failed_rows_to": f"{scheme}{tmp_path}"}, payload=ROWS)
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_long_names_are_cut_and_stay_apart(judge: Judge, tmp_path: Path) -> None:
    """A file system takes no name of more than 255 bytes, and Airflow ids of 250 letters each."""
    from bulk.conftest import Instance

    for end in "abb":
        instance = Instance(dag_id="d" * 250, run_id="ü" * 240, task_id="t" * 249 + end, map_index=1234)
        judged = judge(RESULTS, {"failed_rows_to": str(tmp_path)}, instance, payload=ROWS)
        assert judged.error.outcome.failed_rows
    names = [file.name for file in tmp_path.iterdir()]
    assert len(names) == 3
    assert all(len(name.encode()) <= 255 and "__map-1234__try-1" in name for name in names)


def test_no_refused_row_is_no_file(judge: Judge, tmp_path: Path) -> None:
    """A good load leaves nothing behind; one within what may fail does."""
    judge(RESULTS[1:2], {"failed_rows_to": str(tmp_path)}, payload=ROWS[1:2])
    assert not list(tmp_path.iterdir())
    assert judge(RESULTS, {"failed_rows_to": str(tmp_path), "max_failed": 2}, payload=ROWS).error is None
    assert len(list(tmp_path.iterdir())) == 1
