"""What a command reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sf_health import Requirements
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.files import read_lock, read_requirements
from airflow_sf_health.errors import ConfigurationError
from airflow_sf_health.schema import lock

WANTED = Requirements(sandbox=False, packages=("npsp",))
LAUGHS = b"a0: &a0 [1]\n" + b"".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n".encode() for number in range(1, 12)
)
"""Aliases of aliases, which stand for a hundred billion values."""
BOM = b"\xef\xbb\xbf"
"""What Windows puts before UTF-8."""


@pytest.mark.parametrize(
    ("name", "content", "value"),
    [
        ("r.yaml", b"sandbox: no\npackages: [npsp]\n", WANTED),
        ("r.yaml", BOM + b"sandbox: no\npackages: [npsp]\n", WANTED),
        ("r.yaml", b"sandbox: 'false'\npackages: \"['npsp']\"\n", WANTED),
        ("r.yml", b"# nothing\n", Requirements()),
        ("r.json", b'{"sandbox": false,\n\t"packages": ["npsp"]}', WANTED),
        ("r.json", BOM + b'{"sandbox": false, "packages": ["npsp"]}', WANTED),
        ("r.json", b"sandbox: no\npackages: [npsp]\n", WANTED),
        ("r.txt", b'{\n\t"sandbox": false,\n\t"packages": ["npsp"]\n}', WANTED),
    ],
)
def test_requirements(tmp_path: Path, name: str, content: bytes, value: Requirements) -> None:
    """YAML and JSON are read alike, whatever the file is called, and as a task reads them."""
    file = tmp_path / name
    file.write_bytes(content)
    assert read_requirements(str(file)) == value


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("r.yaml", b"sandbox: [", "r.yaml is neither JSON nor YAML, in line 1: "),
        ("r.yaml", b"- sandbox", "r.yaml must hold a mapping of names to values, such as `sandbox: false`."),
        ("r.yaml", b"text", "must hold a mapping"),
        ("r.yaml", b"a: \x00", "is neither JSON nor YAML"),
        ("r.yaml", b"a: 2026-13-45", "r.yaml cannot be read: "),
        ("r.yaml", b"a: &a [*a]", "r.yaml is neither JSON nor YAML, in line 1: an alias holds itself."),
        ("r.yaml", LAUGHS, "it stands for more than 100,000 values with its aliases written out."),
        ("r.json", b'{"sandbox": no]', "r.json cannot be read: it is no JSON: Expecting value: line 1"),
        ("r.json", b'{"a": ' + b"[" * 100_000, "r.json cannot be read: it is nested too deeply."),
        (
            "r.json",
            b'{"s2s": true,\n"s2s": false}',
            "'s2s' stands twice in one mapping, first in line 1 and again in line 2.",
        ),
        (
            "r.yaml",
            b"s2s: true\n's2s': false\n",
            "'s2s' stands twice in one mapping, first in line 1 and again in line 2.",
        ),
        (
            "r.yaml",
            b"queries: [\"SELECT Id FROM A WHERE B = '{{ ds }}'\"]",
            "r.yaml: Requirements: 'queries' has the template",
        ),
        ("r.yaml", b"sandbx: true", "r.yaml: Requirements: there is no 'sandbx'. Did you mean 'sandbox'?"),
        ("r.yaml", b"\xff", "r.yaml is no text in UTF-8, at byte 0."),
    ],
)
def test_a_wrong_file(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """What cannot be read, or meant, is named with the place and the reason."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises((CommandError, ConfigurationError)) as raised:
        read_requirements(str(file))
    assert words in str(raised.value)


def test_a_lock_file(tmp_path: Path) -> None:
    """One that an editor of Windows has saved is read like another."""
    file, empty = tmp_path / "schema.lock.json", lock.Lock(objects={})
    file.write_bytes(BOM + lock.dumps(empty).encode())
    assert read_lock(str(file)) == empty


@pytest.mark.parametrize("name", ["missing.yaml", ""])
def test_no_file(tmp_path: Path, name: str) -> None:
    """A file that is not there, and a folder, are one sentence."""
    with pytest.raises(CommandError, match=r"cannot be read: (No such file or directory|Is a directory)\.$"):
        read_requirements(str(tmp_path / name))
