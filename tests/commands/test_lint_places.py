"""Which files lint reads, of paths that are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sf_health.commands import lint_places
from airflow_sf_health.commands.lint_places import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "a.py").touch()
    (tmp_path / "link.py").symlink_to("team/a.py")
    return Place(tmp_path, (tmp_path / "team" / "a.py", tmp_path / "crm"))


@pytest.mark.parametrize(
    ("path", "has", "leads"),
    [
        ("team/a.py", True, True),
        ("link.py", True, True),
        ("crm/b/c.py", True, True),
        ("team", False, True),
        ("team/b.py", False, False),
        ("crm.py", False, False),
    ],
)
def test_what_is_asked_for(place: Place, path: str, has: bool, leads: bool) -> None:
    """By its name or by that of what it is, and what lies below; a folder above leads there."""
    assert (place.has(place.root / path), place.leads_to(place.root / path)) == (has, leads)


def test_what_is_asked_for_is_looked_up_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not for each file of a large folder anew."""
    resolved: list[Path] = []

    def watched(path: Path) -> Path:
        resolved.append(path)
        return path

    monkeypatch.setattr(lint_places, "real", watched)
    for number in range(9):
        place.has(place.root / f"{number}.py")
    assert len(resolved) == 9 + len(place.wanted)
