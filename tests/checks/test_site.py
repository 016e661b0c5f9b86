"""Checks that a site brings by entry point: really installed, examined with, and never able to break a preflight."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from connecting import connect

from airflow_sf_health import checks, examine
from airflow_sf_health.checks import CATALOGUE, UnknownCheckError, _site, load, refuse_unknown, select
from airflow_sf_health.checks._check import judge
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.present.payload import dump
from airflow_sf_health.present.payload import load as read_back
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.testing import FakeOrg

PAGE = Path(__file__).parents[2] / "docs" / "write-a-check.md"
Install = Callable[..., None]

HEAD = """
from airflow_sf_health.checks import *
from airflow_sf_health.checks import Check, Evidence, Finding, Level, Query, Record, RUNNING_USER

def check(evaluate, needs=(), **more):
    return Check(id="acme.mine", title="Mine", needs=needs, evaluate=evaluate, **more)

OK = Finding(level=Level.OK, summary="fine")
NEED = Record("acme_zone", "User", "{user_id}", ("TimeZoneSidKey",))
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with one module and its entry points, as pip leaves it; it is gone after the test."""
    modules = []

    def add(source: str, entry_points: dict[str, str], name: str = "acme-checks", module: str = "acme_checks") -> None:
        site = tmp_path / name
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"{key} = {value}" for key, value in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[airflow_sf_health.checks]", *lines, ""]))
        (site / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(site)
        modules.append(module)
        _site.found.cache_clear()

    yield add
    monkeypatch.undo()
    _site.found.cache_clear()
    for module in modules:
        sys.modules.pop(module, None)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def install_example(install: Install) -> None:
    """The package that the page shows."""
    project = tomllib.loads(blocks("toml")[0])
    assert project["tool"]["setuptools"]["py-modules"] == ["acme_checks"]
    install(blocks("python")[0], project["project"]["entry-points"][_site.GROUP], project["project"]["name"])


def install_one(install: Install, source: str, name: str = "acme.mine") -> None:
    install(HEAD + source, {name: "acme_checks:CHECK"})


def found_by(check_id: str, answers: dict[Any, Any] | None = None) -> Finding:
    (found,) = judge(load(check_id), Evidence(answers or {}))
    return found


def of_the_site(report: Any) -> list[Finding]:
    return [each for each in report.findings if each.check not in CATALOGUE]


def test_example_of_the_page(org: FakeOrg, install: Install) -> None:
    """The package of docs/write-a-check.md, installed, is part of each examination and costs no further call."""
    install_example(install)
    assert select() == (*CATALOGUE, "acme.time_zone")
    report = examine(connect(org, "jwt"))
    (finding,) = of_the_site(report)
    assert finding is report.findings[-1]
    assert (finding.check, finding.level) == ("acme.time_zone", Level.WARNING)
    assert finding.summary == "the user's time zone is America/Los_Angeles"
    assert (report.cost.http_requests, report.cost.api_calls) == (2, 1)
    assert "America/Los_Angeles" in message(report)
    assert "Set the time zone of the integration user to GMT" in message(report)
    assert read_back(dump(report)) == report


def test_test_of_the_page(install: Install) -> None:
    """The test that the page shows passes."""
    install_example(install)
    namespace: dict[str, Any] = {}
    exec(compile(blocks("python")[1], str(PAGE), "exec"), namespace)
    namespace["test_another_time_zone_is_a_warning"]()


@pytest.mark.parametrize(
    ("patterns", "is_in"),
    [(["acme"], True), (["acme.time_zone"], True), (["-acme"], False), (["user"], False), (["-user"], True)],
)
def test_selected_like_the_others(install: Install, patterns: list[str], is_in: bool) -> None:
    """A site's check is meant by its id and its family."""
    install_example(install)
    assert ("acme.time_zone" in select(patterns)) is is_in
    refuse_unknown(patterns)


def test_slip_with_a_site(install: Install) -> None:
    """The nearest right name may be one of the site's."""
    install_example(install)
    for refuse in (select, refuse_unknown):
        with pytest.raises(UnknownCheckError, match=r"Did you mean 'acme\.time_zone'"):
            refuse(["acme.time_zon"])


def test_site_check_may_join_a_family(install: Install) -> None:
    """A check of the site in a family of the plugin is selected with it."""
    install(
        HEAD + 'CHECK = Check(id="user.mine", title="", needs=(), evaluate=lambda _: [OK])',
        {"user.mine": "acme_checks:CHECK"},
    )
    assert select(["user"])[-1] == "user.mine"


BROKEN = [
    ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
    ("raise SystemExit(3)", "SystemExit: 3"),
    ("CHECK =", "SyntaxError"),
    ("", "AttributeError"),
    ("CHECK = 7", "it is a int and no Check"),
    ('CHECK = Check(id="acme.other", title="", needs=(), evaluate=None)', "calls itself 'acme.other'"),
    ("CHECK = check(None, needs=[NEED])", "its needs must be a tuple of needs"),
    ("CHECK = check(None, needs=('user',))", "its needs must be a tuple of needs"),
    ("CHECK = check(None, needs=(Record('a', 'User', '{user_id}', ['Id']),))", "whose own lists are tuples"),
]


@pytest.mark.parametrize(("source", "words"), BROKEN)
def test_check_that_cannot_be_used(org: FakeOrg, install: Install, source: str, words: str) -> None:
    """It becomes one UNKNOWN that names distribution and entry point, and the verdict stays what it was."""
    install_one(install, source)
    report = examine(connect(org, "jwt"))
    (finding,) = of_the_site(report)
    assert report.verdict is Verdict.HEALTHY
    assert (finding.check, finding.level, finding.essential) == ("acme.mine", Level.UNKNOWN, False)
    assert words in finding.summary
    assert "entry point 'acme.mine = acme_checks:CHECK' of acme-checks" in finding.summary


FAULTY = [
    (
        "CHECK = check(lambda evidence: [evidence[NEED]])",
        "the need 'acme_zone' was not gathered: name it in the check's needs",
    ),
    ("CHECK = check(lambda evidence: None)", "TypeError"),
    ("CHECK = check(lambda evidence: ['fine'])", "could not be read"),
    ("CHECK = check(lambda evidence: 1 / 0)", "ZeroDivisionError"),
    ("CHECK = check(lambda evidence: [OK], needs_for=lambda requirements: 1 / 0)", "ZeroDivisionError"),
    (
        "CHECK = check(lambda evidence: [OK], needs_for=lambda requirements: [7, NEED])",
        "needs_for must give a tuple of needs",
    ),
    ("CHECK = check(lambda evidence: [OK], needs_for=lambda requirements: None)", "TypeError"),
    ("CHECK = check(lambda evidence: exit(3), essential=False)", "could not be read: SystemExit: 3"),
    ("CHECK = check(lambda evidence: [OK], needs_for=lambda requirements: exit(3))", "SystemExit: 3"),
    ("CHECK = check(lambda evidence: [Finding(level='fine', summary='')])", "'fine' is not a valid Level"),
    (
        "CHECK = check(lambda e: [e[Q]], needs=(Q := Query('acme rows', 'SELECT Nothing FROM Nowhere'),))",
        "INVALID_TYPE",
    ),
]


@pytest.mark.parametrize(("source", "words"), FAULTY)
def test_check_that_fails(org: FakeOrg, install: Install, source: str, words: str) -> None:
    """Whatever a check trips over is its own UNKNOWN; the others are judged as ever, in the same one call."""
    install_one(install, source)
    report = examine(connect(org, "jwt"))
    (finding,) = of_the_site(report)
    assert report.verdict is Verdict.HEALTHY
    assert finding.level is Level.UNKNOWN
    assert words in finding.summary
    assert report.cost.api_calls == 1


HANGING = """
import threading
LET_GO = threading.Event()
def hang(*_):
    LET_GO.wait(60)
    return [OK]
FINE = Check(id="acme.fine", title="", needs=(), evaluate=lambda _: [OK])
"""
HANGS = [
    ("CHECK = check(hang)", [Level.OK, Level.UNKNOWN]),
    ("CHECK = check(lambda evidence: [OK], needs_for=hang)", [Level.OK, Level.UNKNOWN]),
    ("def __getattr__(name): return hang()", [Level.OK, Level.UNKNOWN]),
]


@pytest.fixture
def examine_and_let_go(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[OrgConnection], Report]]:
    """Examine; a check that hangs then may end after the test."""
    monkeypatch.setattr("airflow_sf_health.org.deadline.GRACE", 0.05)
    yield examine
    sys.modules["acme_checks"].LET_GO.set()
    for thread in threading.enumerate():
        if thread.name == "sf-health-examination":
            thread.join(10)


@pytest.mark.parametrize(("source", "levels"), HANGS, ids=["evaluate", "needs_for", "import"])
def test_check_that_hangs(
    org: FakeOrg,
    install: Install,
    examine_and_let_go: Callable[[OrgConnection], Report],
    source: str,
    levels: list[Level],
) -> None:
    """The examination ends at its limit without it: one UNKNOWN, and all that was seen and judged before stands."""
    entry_points = {"acme.fine": "acme_checks:FINE", "acme.mine": "acme_checks:CHECK"}
    install(HEAD + HANGING + source, entry_points)
    report = examine_and_let_go(connect(org, "jwt", limits=TimeLimits(examination=2)))
    assert not sys.modules["acme_checks"].LET_GO.is_set()
    assert report.verdict is Verdict.HEALTHY
    assert [each.level for each in of_the_site(report)] == levels
    assert of_the_site(report)[-1].summary == "the check 'acme.mine' did not finish in time"
    assert report.proof is not None
    assert report.identity.user_id is not None
    assert (report.cost.http_requests, report.cost.api_calls) == (2, 1)


def test_essential_check_that_hangs(
    org: FakeOrg, install: Install, examine_and_let_go: Callable[[OrgConnection], Report]
) -> None:
    """Where its author calls it essential, nobody goes on without it; the message says what was not known."""
    install(HEAD + HANGING + "CHECK = check(hang, essential=True)", {"acme.mine": "acme_checks:CHECK"})
    report = examine_and_let_go(connect(org, "jwt", limits=TimeLimits(examination=2)))
    assert report.verdict is Verdict.UNDETERMINED
    assert "could not be examined: the check 'acme.mine' did not finish in time." in message(report)


def test_no_time_for_any() -> None:
    """Where it does not even come to loading them, each has its word all the same."""
    found = _site.SiteChecks(["acme.fine", "acme.mine"]).findings
    assert [(each.check, each.level) for each in found] == [("acme.fine", Level.UNKNOWN), ("acme.mine", Level.UNKNOWN)]


def test_failure_of_the_site_asks_for_no_new_login(org: FakeOrg, install: Install) -> None:
    """What a site's check finds is judged last, so no repair is tried for its sake, nor withheld."""
    install_one(
        install,
        'BAD = Finding(level=Level.FAILED, summary="no", cause="session_expired")\nCHECK = check(lambda evidence: [BAD])',
    )
    report = examine(connect(org, "jwt"))
    assert (report.verdict, report.repairs, report.cost.logins) == (Verdict.UNHEALTHY, (), 1)


def test_need_with_a_name_that_is_taken(org: FakeOrg, install: Install) -> None:
    """A need named like one of the plugin's is answered beside it, and refers to its own parent."""
    install_one(
        install,
        'ZONE = Record("user", "User", "{user_id}", ("TimeZoneSidKey", "ProfileId"))\n'
        'PROFILE = Record("profile", "Profile", "@{user.ProfileId}", ("Name", "UserType"), after=ZONE)\n'
        "def evaluate(evidence):\n"
        "    yield Finding(level=Level.OK, summary=f\"{evidence[ZONE]['TimeZoneSidKey']} {evidence[PROFILE]['UserType']}\")\n"
        "CHECK = check(evaluate, needs=(PROFILE, RUNNING_USER))",
    )
    report = examine(connect(org, "jwt"))
    assert of_the_site(report)[0].summary == "America/Los_Angeles Standard"
    assert report.identity.profile_id is not None


def test_cause_that_does_not_exist(org: FakeOrg, install: Install) -> None:
    """A failure with a cause of the site's own is a failure, told in its words, and in every output."""
    install_one(
        install,
        'BAD = Finding(level=Level.FAILED, summary="the moon is full", cause="acme_moon", hint="Wait.")\n'
        "CHECK = check(lambda evidence: [BAD])",
    )
    report = examine(connect(org, "jwt"))
    assert report.verdict is Verdict.UNHEALTHY
    assert not report.no_retry_heals
    assert message(report).startswith("Salesforce connection 'crm' is unhealthy: the moon is full.")
    assert "Wait. The check calls the cause 'acme_moon', of which this plugin knows nothing." in " ".join(
        message(report).split()
    )
    assert read_back(dump(report)) == report


def test_built_in_checks_cannot_be_replaced(install: Install) -> None:
    """An entry point with an id of the catalogue is told as what it is; the plugin's own check runs."""
    install_one(install, "CHECK = check(lambda evidence: [OK])", name="user.active")
    assert select() == (*CATALOGUE, "acme-checks:user.active")
    assert load("user.active").evaluate.__module__ == "airflow_sf_health.checks.user.active"
    finding = found_by("acme-checks:user.active")
    assert finding.level is Level.UNKNOWN
    assert "'user.active' is a check of the plugin itself and cannot be replaced" in finding.summary


def test_two_with_the_same_id(install: Install) -> None:
    """Of two checks with the same id none is run, and both are named."""
    install_one(install, "CHECK = check(lambda evidence: [OK])")
    install(HEAD, {"acme.mine": "other_checks:CHECK"}, "other-checks", "other_checks")
    assert select(["acme"])[-1] == "acme.mine"
    finding = found_by("acme.mine")
    assert "offered more than once, so none was run" in finding.summary
    for name in ("of acme-checks", "of other-checks"):
        assert name in finding.summary


@pytest.mark.parametrize("name", ["mine", "acme.Mine", "-acme.mine", "acme.mine.more"])
def test_name_that_is_no_id(install: Install, name: str) -> None:
    """An entry point whose name is no family with a name is told, not guessed at."""
    install(HEAD, {name: "acme_checks:CHECK"})
    assert f"'{name}' is no id of a check" in found_by(name).summary


def test_nothing_is_scanned_while_a_dag_is_read() -> None:
    """Importing, and selections of what the catalogue has, look through no installed distribution."""
    code = (
        "import importlib.metadata, sys\n"
        "def scanned(*_, **__): raise AssertionError('scanned')\n"
        "importlib.metadata.entry_points = scanned\n"
        "from airflow_sf_health.checks import refuse_unknown\n"
        "refuse_unknown(['user', '-user.active', 'org.identity', '-session'])\n"
        "assert 'airflow_sf_health.checks._site' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_names_for_authors() -> None:
    """Each public name is there, and each is the very thing that the plugin uses."""
    assert [name for name in checks.__all__ if not hasattr(checks, name)] == []
    assert checks.Finding is Finding
    assert checks.Evidence is Evidence
    with pytest.raises(AttributeError):
        _ = checks.Nothing
