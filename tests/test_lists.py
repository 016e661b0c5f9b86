"""The lists in README and docs are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_lists_are_in_step() -> None:
    """What `make lists` would write stands in README and docs already."""
    command = [sys.executable, str(ROOT / ".ci" / "lists.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_linked_file_exists() -> None:
    """Every relative link of README and docs leads to a file of this repository, whoever reads them there.

    Not those of the web site's front page, which leads to pages that only its build makes, and checks.
    """
    front = ROOT / "docs" / "index.md"
    pages = [ROOT / "README.md", *sorted({*(ROOT / "docs").glob("*.md")} - {front})]
    links = [(page, link) for page in pages for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text())]
    assert links
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]
