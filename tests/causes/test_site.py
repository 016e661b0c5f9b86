"""A site's own causes: added, replaced or extended from a folder or a package, and never able to break the built-in ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from airflow_sf_health import causes, diagnose
from airflow_sf_health.causes import cause, use_site_causes
from airflow_sf_health.edges.site import use_causes_of_site

EXTENDED = """+++
extends = true
runbook = "https://wiki.example.com/crm/inactive"
contact = "#crm-oncall"
who = "CRM team"

[[steps]]
role = "On call"
text = "open a ticket in the queue CRM."

[[recognisers]]
code = "CRM_LOCKED"
+++
"""

WHOLE = """+++
title = "the nightly freeze of the CRM team is on"
kind = "transient"
who = "CRM team"
action = "Wait for the end of the freeze"
retry = "later"
retry_after = 600
reauth = false

[[recognisers]]
message_has = "nightly freeze"
+++

## Means

The CRM team lets nobody write at night.

## Shows

"nightly freeze" in the text of a refusal.

## Do

1. On call: wait until 5 a.m.

## Works again

At 5 a.m.
"""


@pytest.fixture(autouse=True)
def own_causes_again() -> Iterator[None]:
    """Whatever a test lets in goes out again with it."""
    yield
    use_site_causes("")


def folder(path: Path, **files: str) -> str:
    for name, text in files.items():
        (path / f"{name}.md").write_text(text, "utf-8")
    return str(path)


def test_extended(tmp_path: Path) -> None:
    """A file that extends adds runbook, contact, steps and recognisers, and leaves the rest as it is."""
    before = cause("user_inactive")
    use_site_causes(folder(tmp_path, user_inactive=EXTENDED))
    after = cause("user_inactive")
    assert (after.articles[0].publisher, after.articles[0].url) == ("Runbook", "https://wiki.example.com/crm/inactive")
    assert (after.contact, after.who) == ("#crm-oncall", "CRM team")
    assert after.steps[:-1] == before.steps
    assert (after.steps[-1].role, after.steps[-1].text) == ("On call", "open a ticket in the queue CRM.")
    assert (after.title, after.means, after.retry) == (before.title, before.means, before.retry)
    assert diagnose('[{"errorCode": "CRM_LOCKED"}]').cause == "user_inactive"


def test_added(tmp_path: Path) -> None:
    """A file with a new id is a cause like any other."""
    assert diagnose("refused: nightly freeze").cause == "unknown"
    use_site_causes(folder(tmp_path, crm_freeze=WHOLE))
    assert diagnose("refused: nightly freeze").cause == "crm_freeze"
    assert cause("crm_freeze").retry_after == 600
    assert "crm_freeze" in causes.CAUSE_IDS
    use_site_causes("")
    assert "crm_freeze" not in causes.CAUSE_IDS


def test_replaced(tmp_path: Path) -> None:
    """A whole file with a built-in id stands in for it."""
    use_site_causes(folder(tmp_path, lock_contention=WHOLE))
    assert cause("lock_contention").who == "CRM team"


def test_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package is named like a module."""
    package = tmp_path / "acme_causes"
    package.mkdir()
    (package / "__init__.py").write_text("")
    folder(package, crm_freeze=WHOLE)
    monkeypatch.syspath_prepend(str(tmp_path))
    use_site_causes("acme_causes")
    assert cause("crm_freeze").who == "CRM team"


BROKEN = {
    "field": (EXTENDED.replace("contact =", "contract ="), ["line 4", "field 'contract'", "did you mean 'contact'?"]),
    "value": (EXTENDED.replace("https://wiki", "wiki"), ["line 3", "field 'runbook'", "https://"]),
    "step": (EXTENDED.replace('role = "On call"', ""), ["field 'steps[0].role'", "is missing"]),
    "toml": (EXTENDED.replace("extends = true", "extends = yes"), ["line 2", "is no valid TOML"]),
    "text": (EXTENDED + "\n## Means\n\nNothing.\n", ["line 14", "[[steps]]"]),
    "placeholder": (EXTENDED.replace("queue CRM", "queue {quue}"), ["line 9", "{quue}"]),
    "whole": (WHOLE.replace("## Shows", "## Show"), ["field 'Show'"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A broken file is told once, with its name, line and field; the built-in cause and the site's good files stay in force."""
    text, told = BROKEN[name]
    before = cause("user_inactive")
    use_site_causes(folder(tmp_path, user_inactive=text, crm_freeze=WHOLE))
    use_site_causes(str(tmp_path))
    assert cause("user_inactive") == before
    assert cause("crm_freeze").who == "CRM team"
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    for words in ("user_inactive.md", *told):
        assert words in record.getMessage()


def test_nothing_to_extend(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Extending what is not there is a slip in the file's name."""
    use_site_causes(folder(tmp_path, user_inaktive=EXTENDED))
    assert "no built-in cause 'user_inaktive'" in caplog.text


@pytest.mark.parametrize("source", ["/nowhere/at/all", "no_such_package_here", "two words", "os.path"])
def test_source_that_is_not_there(source: str, caplog: pytest.LogCaptureFixture) -> None:
    """A source that is neither a folder nor a package is told, and costs nothing else."""
    use_site_causes(source)
    assert f"{source}: cannot be read as a folder or an installed package" in caplog.text
    assert diagnose("invalid_grant: inactive user").cause == "user_inactive"


@pytest.mark.parametrize("broken", ["raise RuntimeError('no licence')", "def (:", "raise KeyError('x')"])
def test_package_that_raises(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the import of a site's package raises is told, and costs nothing else."""
    package = tmp_path / "broken_causes"
    package.mkdir()
    (package / "__init__.py").write_text(broken)
    monkeypatch.syspath_prepend(str(tmp_path))
    use_site_causes("broken_causes")
    assert "broken_causes: cannot be read as a folder or an installed package" in caplog.text
    assert diagnose("invalid_grant: inactive user").cause == "user_inactive"


def test_home_of_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A folder of a user that is not there."""
    use_site_causes("~no-such-user-here/causes")
    assert "cannot be read as a folder or an installed package" in caplog.text


def test_toml_that_is_nested_too_deep(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The reader of TOML gives up with an error of Python's own; the site's other files stay in force."""
    deep = f"+++\nwho = {'[' * 5000}{']' * 5000}\n+++\n"
    use_site_causes(folder(tmp_path, user_inactive=deep, crm_freeze=WHOLE))
    assert "user_inactive.md" in caplog.text
    assert cause("crm_freeze").who == "CRM team"


def test_a_fault_of_the_reading_hides_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a failure is about to be explained, it is explained by the causes there are."""

    def broken(_: str) -> None:
        raise RuntimeError

    monkeypatch.setattr("airflow_sf_health.causes.use_site_causes", broken)
    use_causes_of_site()


def test_unreadable_bytes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is no text is told by its name."""
    (tmp_path / "user_inactive.md").write_bytes(b"+++\n\xff\xfe")
    use_site_causes(str(tmp_path))
    assert "user_inactive.md: cannot be read" in caplog.text


def test_the_reader_of_site_files_hides_nothing() -> None:
    """A module of the package that is imported by itself takes no name of the package away."""
    import_module("airflow_sf_health.causes._site")
    use_site_causes("")
    assert "user_inactive" in causes.CAUSE_IDS
