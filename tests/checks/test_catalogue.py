"""The catalogue: ids are paths, a selection means what it says, and each check is judged alike."""

from __future__ import annotations

import inspect
import pkgutil
import sys
from asyncio import CancelledError
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from known import AT, HEALTHY, NO_API

from airflow_sf_health import checks
from airflow_sf_health.checks import ALWAYS, CATALOGUE, UnknownCheckError, load, select
from airflow_sf_health.checks._check import Check, judge, not_asked, refused, seen
from airflow_sf_health.evidence.evidence import Evidence, Unavailable
from airflow_sf_health.evidence.facts import Described
from airflow_sf_health.evidence.needs import API, OWN_LICENSE, REQUIREMENTS, RUNNING_USER, Describe, Given, Limits, Need
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.shape import ObjectShape

HERE = Path(__file__).parent
ALL = Requirements.of(
    {
        "api_only": False,
        "permission_set_licenses": ["Salesforce API Integration"],
        "packages": ["acme"],
        "objects": {
            "Lead": {"read": ["Name"], "insert": ["LastName"], "hard_delete": True},
            "Case": {"update": ["OwnerId"]},
        },
        "queries": ["SELECT Id FROM Account"],
        "records": 25_000,
        "owners": ["sync@acme.com", "EMEA_Leads"],
        "audit_fields": True,
        "inactive_owners": True,
        "s2s": True,
    }
)
"""Requirements that ask for all that is asked on demand."""
USER = tuple(check_id for check_id in CATALOGUE if check_id.startswith("user."))


@pytest.mark.parametrize("check_id", CATALOGUE)
def test_id_is_the_path(check_id: str) -> None:
    """The id names the module, the check in it, and the module of its tests."""
    check = load(check_id)
    assert check.id == check_id
    assert check.title
    assert check.needs
    family, name = check_id.split(".")
    assert (HERE / family / f"test_{name}.py").is_file()
    assert inspect.getdoc(sys.modules[f"airflow_sf_health.checks.{check_id}"])


def test_catalogue_is_complete() -> None:
    """Each module of a check is in the catalogue."""
    families = {package.name for package in pkgutil.iter_modules(checks.__path__) if package.ispkg}
    ids = {
        f"{family}.{module.name}"
        for family in families
        for module in pkgutil.iter_modules(import_module(f"airflow_sf_health.checks.{family}").__path__)
    }
    assert ids == set(CATALOGUE)


@pytest.mark.parametrize("check_id", CATALOGUE)
def test_check_looks_up_only_what_it_needs(check_id: str) -> None:
    """A check asks the evidence for nothing that it has not declared, answered or refused."""
    check = load(check_id)
    for answers, other in ((HEALTHY, _healthy), ({**dict.fromkeys(HEALTHY, NO_API), **_given()}, lambda _: NO_API)):
        for required in (Requirements(), ALL):
            needs = (*check.needs, *check.needs_for(required))
            known = {need: answers.get(need, other(need)) for need in needs if need is not REQUIREMENTS}
            found = judge(check, Evidence({**known, **({REQUIREMENTS: required} if REQUIREMENTS in needs else {})}))
            assert found
            assert not [
                each
                for each in found
                if "not gathered" in each.summary or "the answer could not be read" in each.summary
            ]


def _healthy(need: Need[object]) -> object:
    """The answer to what only requirements ask: no rows, no limits, and an object without fields."""
    if isinstance(need, Limits):
        return {}
    return Described(shape=ObjectShape(name=need.sobject), at=AT) if isinstance(need, Describe) else ()


def _given() -> dict[Need[object], object]:
    return {need: answer for need, answer in HEALTHY.items() if isinstance(need, Given) and need is not API}


def test_needs_have_unique_names() -> None:
    """A need's name stands in messages and is the part's reference id, so two needs never share one."""
    needs = {need for check_id in CATALOGUE for need in (*load(check_id).needs, *load(check_id).needs_for(ALL))}
    assert len({need.name for need in needs}) == len(needs)


@pytest.mark.parametrize(
    ("patterns", "ids"),
    [
        (None, CATALOGUE),
        ([], CATALOGUE),
        (["user"], ("session.login", *USER[:-1], "access.api_enabled", USER[-1])),
        (["user.active"], ("session.login", "user.active", "access.api_enabled")),
        (["user", "-user.changed"], ("session.login", *USER[:-1], "access.api_enabled")),
        (["-user"], tuple(each for each in CATALOGUE if not each.startswith("user."))),
        (["-session"], ("session.login", *(each for each in CATALOGUE if not each.startswith("session.")))),
        (
            ["org", "access"],
            tuple(each for each in CATALOGUE if each == "session.login" or each.startswith(("org.", "access."))),
        ),
        (("-session.login", "-access.api_enabled"), CATALOGUE),
    ],
)
def test_selection(patterns: list[str] | None, ids: tuple[str, ...]) -> None:
    """Ids and families include, a minus excludes, the order is the catalogue's; login and API are always among them."""
    assert select(patterns) == ids
    assert set(ALWAYS) <= set(select(patterns))


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (["user.activ"], "Did you mean 'user.active'?"),
        (["usr"], "Did you mean 'user'?"),
        (["-sesion"], "Did you mean 'session'?"),
        (["zzzz"], "Known are session.login"),
        ("user", "Write a list: ['user']"),
    ],
)
def test_selection_that_means_nothing(patterns: list[str], words: str) -> None:
    """A slip in a selection is refused with the nearest right name."""
    with pytest.raises(UnknownCheckError) as raised:
        select(patterns)
    assert words in str(raised.value)


def check_that(*found: Finding | BaseException, essential: bool = False) -> Check:
    def evaluate(_: Evidence) -> Iterator[Finding]:
        for each in found:
            if isinstance(each, BaseException):
                raise each
            yield each

    return Check(id="user.mine", title="Mine", needs=(), evaluate=evaluate, essential=essential)


def test_judged_findings_carry_their_check() -> None:
    """The runner writes the check's id and weight into each finding."""
    ok = Finding(level=Level.OK, summary="fine")
    first, second = judge(check_that(ok, ok, essential=True), Evidence({}))
    assert first == second
    assert (first.check, first.essential) == ("user.mine", True)


def test_refused_need_makes_one_unknown() -> None:
    """What could not be asked is one finding, explained by what was refused; what was found before it falls away."""
    refusal = Refusal(shape=Shape.REST, code="NOT_FOUND", where="record of User", at="2026-11-22T02:00:13.5Z")
    ok = Finding(level=Level.OK, summary="fine")
    (found,) = judge(check_that(ok, Unavailable(RUNNING_USER, refusal)), Evidence({}))
    assert (found.level, found.summary) == (Level.UNKNOWN, "record of User could not be asked: NOT_FOUND")
    assert found.saw == seen(refusal) == "NOT_FOUND · record of User · 02:00:13 UTC"


def test_answer_of_an_unforeseen_shape() -> None:
    """A check that trips over an answer does not know; it breaks no healthy task."""
    (found,) = judge(check_that(KeyError("IsActive")), Evidence({}))
    assert (found.level, found.summary) == (Level.UNKNOWN, "the answer could not be read: KeyError: 'IsActive'")


@pytest.mark.parametrize("exit_", [SystemExit(3), SystemExit(), GeneratorExit(), CancelledError()])
def test_check_that_exits(exit_: BaseException) -> None:
    """A check that would end the process, or the event loop of a triggerer, ends itself alone."""
    (found,) = judge(check_that(exit_), Evidence({}))
    assert found.level is Level.UNKNOWN
    assert type(exit_).__name__ in found.summary
    assert not found.summary.endswith(": ")


def test_keyboard_is_obeyed() -> None:
    """Whoever presses Ctrl-C is obeyed, also while a check is judged."""
    with pytest.raises(KeyboardInterrupt):
        judge(check_that(KeyboardInterrupt()), Evidence({}))


def test_finding_may_be_essential_by_itself() -> None:
    """A check that is not essential as a whole may still find what nobody should go on without."""
    found = Finding(level=Level.UNKNOWN, summary="not known", essential=True)
    assert judge(check_that(found), Evidence({}))[0].essential


def test_helpers_of_checks() -> None:
    """A refusal that is the answer has a cause; one that only hides the answer has none."""
    assert refused(NO_API, "no API").cause == "api_disabled_for_user"
    assert not_asked(NO_API).cause is None
    assert Evidence({OWN_LICENSE: NO_API}).get(OWN_LICENSE) is None
