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

    Links of the docs to pages that only the build of the web site makes are checked by that build.
    """
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    links = [(page, link) for page in pages for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text())]
    made = re.compile(r"(causes|checks)/|(configuration|command-line-help|errors)\.md$")
    links = [(page, link) for page, link in links if page.name == "README.md" or not made.match(link)]
    assert links
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]
