"""Replies of the fake org's data plane held against recordings of real ones: status, headers, keys, types, errors.

Values are not compared, as they belong to other orgs. Where the folder of recordings is not at hand, nothing runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from recorded_replies import ENTRIES, NOT_APPLICABLE, Asker, Entry

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.likeness import header_differences, words, xml_shape

BESIDE = Path(__file__).parents[3] / "shared/salesforce/recordings"
FOLDER = Path(os.environ.get("SF_HEALTH_RECORDINGS", BESIDE))
MANIFEST = FOLDER / "manifest.jsonl"

pytestmark = pytest.mark.skipif(not MANIFEST.exists(), reason=f"no recordings of Salesforce at {FOLDER}")

LOGIN = ("auth/", "auth_errors/", "soap/", "edge/")
"""Folders of recordings of what stands before the data."""


def manifest() -> dict[str, dict[str, Any]]:
    """What is known of each recording of a real reply of the data plane, by file."""
    entries = [json.loads(line) for line in MANIFEST.read_text("utf-8").splitlines() if line]
    real = [entry for entry in entries if entry["kind"] in ("recorded", "captured")]
    return {entry["file"]: entry for entry in real if not entry["file"].startswith(LOGIN)}


@pytest.fixture(scope="module")
def served() -> Iterator[FakeOrg]:
    with FakeOrg() as org:
        yield org


@pytest.fixture
def ask(served: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    """Asks a served org that is as new."""
    served.reset()
    for name, value in served.environ().items():
        monkeypatch.setenv(name, value)
    with requests.Session() as http:
        yield Asker(served, http)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_the_fake_answers_as_salesforce_did(entry: Entry, ask: Asker) -> None:
    """Status, headers, keys, types and errors of the reply are those of the recording."""
    recording, recorded = manifest()[entry.file], (FOLDER / entry.file).read_text("utf-8")
    reply = entry.ask(ask)
    assert reply.status_code == recording["status"]
    assert header_differences(headers_of(recording), reply.headers) == []
    if entry.file.endswith(".json"):
        assert entry.likeness.differences(json.loads(recorded), reply.json()) == []
    elif entry.file.endswith(".xml"):
        assert xml_shape(reply.text) == xml_shape(recorded)
    else:
        assert words(reply.text) == words(recorded)


def test_labels_of_versions_are_the_recorded_ones(ask: Asker) -> None:
    """Each version that was served then and still is has the label that it had."""
    then = {entry["version"]: entry for entry in json.loads((FOLDER / "rest/versions_2022.json").read_text("utf-8"))}
    now = {entry["version"]: entry for entry in ask.raw("GET", "/services/data/").json()}
    assert [then[version] for version in then if version in now] == [now[version] for version in then if version in now]


def test_every_recording_is_held_or_excused(capsys: pytest.CaptureFixture[str]) -> None:
    """No recording of a real reply is forgotten: each is held against the fake, or has a reason why not."""
    known, held = set(manifest()), {entry.file for entry in ENTRIES}
    with capsys.disabled():
        print(f"\nrecordings: {len(held)} held against the fake org, {len(NOT_APPLICABLE)} not applicable")
    assert len(held) == len(ENTRIES)
    assert held.isdisjoint(NOT_APPLICABLE)
    assert held | set(NOT_APPLICABLE) == known


def headers_of(recording: dict[str, Any]) -> dict[str, str]:
    """Those that bind: before 2020 an Expires header came with each reply."""
    headers: dict[str, str] = recording["headers"]
    return {name: value for name, value in headers.items() if name != "Expires"}
