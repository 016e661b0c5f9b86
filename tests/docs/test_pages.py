"""The documentation builds strictly, and has the pages that messages link."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from reports import report_of

from airflow_sf_health import causes, checks
from airflow_sf_health.present.text import Situation, message, one_line
from airflow_sf_health.provider_info import DOCS_URL
from airflow_sf_health.report import Finding, Level

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as `make docs` builds them."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, str(ROOT / ".ci" / "build_docs.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return folder / "html"


@pytest.mark.parametrize("cause_id", causes.CAUSE_IDS)
def test_a_message_links_a_page_that_exists(html: Path, cause_id: str) -> None:
    """The address at the end of each cause's message is, below the address of the documentation, a page of that cause."""
    finding = Finding(level=Level.FAILED, summary="it failed", check="session.login", cause=cause_id)
    report, situation = replace(report_of(), findings=(finding,)), Situation(docs_url=DOCS_URL)

    linked = re.findall(rf"{re.escape(DOCS_URL)}/(\S+)", message(report, situation))

    assert linked == [f"causes/{cause_id}"]
    assert one_line(report, situation).endswith(f"{DOCS_URL}/{linked[0]}")
    assert f"<title>{cause_id}" in (html / linked[0] / "index.html").read_text()


@pytest.mark.parametrize("check_id", checks.CATALOGUE)
def test_each_check_has_its_page(html: Path, check_id: str) -> None:
    """The page of a check stands where its module does: `user.active` is checks/user/active."""
    page = html / "checks" / check_id.replace(".", "/") / "index.html"
    assert f"<title>{check_id}" in page.read_text()


@pytest.mark.parametrize("link", ["nowhere/", "#nowhere", "../page/", "other/#nowhere"])
def test_a_dead_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str) -> None:
    """A link to a page or to a place in a page that is not there is told, beside those that are good."""
    monkeypatch.syspath_prepend(str(ROOT / ".ci"))
    from build_docs import dead_links  # type: ignore[import-not-found]

    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text('<p id="place">')
    good = ["other/", "other/#place", "#here", "https://example.com/", "mailto:crm@example.com"]
    text = "".join(f'<a href="{each}">' for each in [*good, link])
    (tmp_path / "index.html").write_text(f'<p id="here">{text}')

    assert list(dead_links(tmp_path)) == [((tmp_path / "index.html"), link)]
