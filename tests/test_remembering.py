"""Examinations with a memory: what they save, what they keep, and that no memory can fail them."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pendulum
import pytest
from connecting import FLOWS, LOGIN_FLOWS, connect
from objects import add_objects, asked_for, reading

from airflow_sf_health import Options, Requirements, examine
from airflow_sf_health.evidence.baselines import EVERY_USE
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import MemoryFacts, Remembered, RememberedUser
from airflow_sf_health.evidence.look import Look
from airflow_sf_health.evidence.memory import Memory, Whose
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, MEMORY, OWN_PERMISSION_SETS, RUNNING_USER, Describe
from airflow_sf_health.metadata_refresh import refresh
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.session import EXAMINATION_VERSION
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.payload import dump, load
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Level, Report, Verdict
from airflow_sf_health.schema.lock import Lock, LockedObject, make
from airflow_sf_health.store import Store, open_store
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.people import Rights
from airflow_sf_health.testing.schema import FieldSpec

ACCOUNT = {"objects": {"Account": {"read": ["Id", "Name", "Fax"]}}}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/memory.sqlite")


def look(
    org: FakeOrg, memory: Memory | None, requirements: Requirements, lock: Lock | None = None, **choices: Any
) -> tuple[Evidence, int]:
    """What the requirements ask, without any check: the evidence, and the API calls."""
    options = Options(**choices).filled()
    seen = Look([RUNNING_USER, *asked_for(requirements)], requirements, options, lock, memory=memory)
    return seen.at(connect(org, "jwt")), seen.traffic.api_calls


def unchanged(evidence: Evidence) -> list[bool]:
    answers = (evidence.get(need) for need in evidence.needs() if isinstance(need, Describe))
    return [answer.unchanged for answer in answers if answer is not None]


def allowed(org: FakeOrg, sobject: str) -> Rights:
    """The integration user's rights on an object."""
    return next(each for each in org.state.permission_sets if sobject in each.objects).objects[sobject]


def whose(org: FakeOrg) -> Whose:
    return Whose(org.state.org.id, org.user().id, EXAMINATION_VERSION)


def baseline(org: FakeOrg, store: Store, sobject: str = "Account") -> Remembered | None:
    """What the one task that has looked compares with."""
    return store.recall(whose(org), {sobject: EVERY_USE}).snapshots.get(sobject)


def summaries(report: Report, check: str) -> str:
    return "; ".join(each.summary for each in report.findings if each.check == check)


# Cost


@pytest.mark.parametrize("name", FLOWS)
def test_default_examination_with_a_memory(org: FakeOrg, store: Store, name: str) -> None:
    """Where nothing is required a memory costs no request: two, and one API call, however often."""
    reports = [examine(connect(org, name), memory=store) for _ in range(2)]
    for report in reports:
        assert report.may_proceed
        assert (report.cost.http_requests, report.cost.api_calls) == (2, 1)
        assert report.memory == store.reach == "this host only"
        assert coverage(report).endswith("; memory: this host only")


def test_many_objects(org: FakeOrg, store: Store) -> None:
    """25 objects with the proof of the rights are six API calls, the first time as well as unchanged."""
    required = reading(*add_objects(org, 25))
    for again in (False, True):
        report = examine(connect(org, "jwt"), required, memory=store)
        assert report.may_proceed
        assert report.cost.api_calls == org.counts("test").api_calls == 6
        assert ("unchanged" in summaries(report, "metadata.freshness")) is again
        org.reset_counts()


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize(
    ("objects", "queries", "owners"),
    [
        (0, 0, 0),
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
        (5, 0, 0),
        (5, 1, 0),
        (4, 1, 0),
        (12, 7, 300),
        (25, 0, 0),
        (20, 4, 200),
    ],
)
def test_formula(org: FakeOrg, store: Store, again: bool, objects: int, queries: int, owners: int) -> None:
    """One call, and one for each five queries or five describes, whichever are more; what is known saves no call."""
    required = reading(
        *add_objects(org, objects),
        queries=[f"SELECT Id FROM Account WHERE Fax = '{n}'" for n in range(queries)],
        owners=[f"005Hs{n:010}MAA" for n in range(owners)],
    )
    reports = [examine(connect(org, "jwt"), required, memory=store) for _ in range(2 if again else 1)]
    report = reports[-1]
    asked = objects + queries + math.ceil(owners / 200)
    assert report.may_proceed
    assert report.cost.api_calls == 1 + max(math.ceil(asked / 5), math.ceil(objects / 5))


@pytest.mark.parametrize(
    ("required", "queries"),
    [({"audit_fields": True}, 1), ({"inactive_owners": True}, 1), ({"s2s": True}, 2), ({"owners": ["New_Leads"]}, 1)],
)
def test_other_requirements(org: FakeOrg, required: dict[str, Any], queries: int) -> None:
    """Whatever else is required is asked in queries of the same calls: the sixth needs a call more."""
    for beside, calls in ((5 - queries, 2), (6 - queries, 3)):
        soql = [f"SELECT Id FROM Account WHERE Fax = '{n}'" for n in range(beside)]
        assert examine(connect(org, "jwt"), Requirements.of({**required, "queries": soql})).cost.api_calls == calls


def test_long_lists_of_fields(org: FakeOrg) -> None:
    """An object with very many used fields takes a query more for each 6,000 characters."""
    (name,) = add_objects(org, 1)
    required = Requirements.of(
        {"objects": {name: {"read": [f"Field_{n:04}_of_a_very_wide_object__c" for n in range(500)]}}}
    )
    evidence, calls = look(org, None, required)
    assert calls == 2
    assert len([need for need in evidence.needs() if need.name.startswith("rights_")]) == 4


# What counts as unchanged


def test_unchanged_only_with_the_same_rights(org: FakeOrg, store: Store) -> None:
    """When the user's permission stamp has moved, "not modified" is not believed, and the whole describe tells what went."""
    required = Requirements.of(ACCOUNT)
    examine(connect(org, "jwt"), required, memory=store)
    org.state.schema_stamp_frozen = True
    allowed(org, "Account").hidden_fields.add("Fax")
    evidence, _ = look(org, store, required)
    assert unchanged(evidence) == [False]


def test_rights_removed_while_no_stamp_moved(org: FakeOrg, store: Store) -> None:
    """When neither stamp moved, the query that proves the rights finds it, and the object is described anew: one call more."""
    required = Requirements.of(ACCOUNT)
    examine(connect(org, "jwt"), required, memory=store)
    org.state.schema_stamp_frozen = org.state.permission_stamp_frozen = True
    allowed(org, "Account").hidden_fields.add("Fax")
    evidence, calls = look(org, store, required)
    (need,) = [need for need in evidence.needs() if isinstance(need, Describe)]
    assert (unchanged(evidence), "Fax" in evidence[need].shape.fields, calls) == ([False], False, 3)


def test_lost_right_fails_the_task_again_and_again(org: FakeOrg, store: Store) -> None:
    """A right that was taken away behind both stamps fails the task, and a retry does not turn green by itself."""
    required = Requirements.of(ACCOUNT)
    assert examine(connect(org, "jwt"), required, memory=store).may_proceed
    org.state.schema_stamp_frozen = org.state.permission_stamp_frozen = True
    allowed(org, "Account").hidden_fields.add("Fax")
    for _ in range(2):
        report = examine(connect(org, "jwt"), required, memory=store)
        assert report.verdict is Verdict.UNHEALTHY
        assert "Fax" in summaries(report, "access.fields") + summaries(report, "metadata.drift")
    allowed(org, "Account").hidden_fields.clear()
    assert examine(connect(org, "jwt"), required, memory=store).may_proceed


def test_stamp_moved_and_nothing_changed(org: FakeOrg, store: Store) -> None:
    """Stamps of the org move without anybody's doing: all is described as a whole, five to a call, and found equal."""
    required = reading(*add_objects(org, 12))
    examine(connect(org, "jwt"), required, memory=store)
    org.state.org.audit_fields_enabled = not org.state.org.audit_fields_enabled
    report = examine(connect(org, "jwt"), required, memory=store)
    assert report.may_proceed
    assert report.cost.api_calls == 4
    evidence, _ = look(org, store, required)
    assert unchanged(evidence) == [True] * 12


@pytest.mark.parametrize(
    ("required", "choices"),
    [
        (ACCOUNT, {"max_age": 0}),
        (ACCOUNT, {"compare_every": 0}),
        ({"objects": {"Account": {"update": ["Name"]}}}, {}),
    ],
)
def test_asked_afresh(org: FakeOrg, store: Store, required: dict[str, Any], choices: dict[str, Any]) -> None:
    """A ``max_age`` of 0, a compare that is due, or a task that writes: the whole describe is read."""
    requirements = Requirements.of(required)
    examine(connect(org, "jwt"), requirements, memory=store)
    assert unchanged(look(org, store, requirements)[0]) == [required is ACCOUNT]
    assert unchanged(look(org, store, requirements, **choices)[0]) == [False]


def test_asked_afresh_beside_a_lock_file(org: FakeOrg, store: Store) -> None:
    """A lock file is compared with what the org has now, so all is read."""
    requirements = Requirements.of(ACCOUNT)
    examine(connect(org, "jwt"), requirements, memory=store)
    shape, (use,) = baseline(org, store), requirements.objects or ()
    assert shape is not None
    lock = Lock(objects={"Account": LockedObject(use=use, shape=shape.shape)})
    assert unchanged(look(org, store, requirements, lock)[0]) == [False]


def test_without_memory(org: FakeOrg) -> None:
    """Without a memory each look reads all, and the report says nothing of one."""
    requirements = Requirements.of(ACCOUNT)
    evidence, _ = look(org, None, requirements)
    assert (unchanged(evidence), evidence[MEMORY]) == ([False], MemoryFacts())
    report = examine(connect(org, "jwt"), requirements)
    assert (report.memory, report.may_proceed) == ("", True)


# What is kept


def test_first_look_takes_a_baseline(org: FakeOrg, store: Store) -> None:
    """What was never seen becomes the baseline, with the user's rights as they are."""
    examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=store)
    kept = baseline(org, store)
    assert kept is not None
    assert kept.shape.fields["Fax"].type == "phone"
    assert kept.rights is not None
    assert kept.last_modified is not None


def test_confirmed(org: FakeOrg, store: Store) -> None:
    """A 304 confirms the baseline; that it was compared as a whole is said only where it was."""
    required = Requirements.of(ACCOUNT)
    examine(connect(org, "jwt"), required, memory=store)
    first = baseline(org, store)
    examine(connect(org, "jwt"), required, memory=store)
    second = baseline(org, store)
    examine(connect(org, "jwt"), required, Options(compare_every=0), memory=store)
    third = baseline(org, store)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (second.taken_at, second.compared_at, second.confirmed_at > first.confirmed_at) == (
        first.taken_at,
        first.compared_at,
        True,
    )
    assert (third.taken_at, third.compared_at > second.compared_at) == (first.taken_at, True)


def shorten(org: FakeOrg) -> None:
    org.state.schema["Account"].fields["Fax"].length = 20


def relabel(org: FakeOrg) -> None:
    org.state.schema["Account"].fields["Fax"].label = "Telefax"


def shorten_unused(org: FakeOrg) -> None:
    org.state.schema["Account"].fields["Website"].length = 20


def retarget(org: FakeOrg) -> None:
    org.state.schema["Account"].fields["Fax"].type = "reference"


def remove(org: FakeOrg) -> None:
    org.remove_field("Account", "Fax")


@pytest.mark.parametrize(
    ("change", "choices", "accepted"),
    [
        (relabel, {}, True),
        (shorten_unused, {}, True),
        (remove, {}, False),
        (remove, {"on_drift": "warn"}, False),
        (retarget, {}, False),
        (retarget, {"on_drift": "warn"}, True),
        (relabel, {"on_drift": "fail"}, False),
        (shorten_unused, {"on_drift": "fail"}, True),
    ],
)
def test_changed(org: FakeOrg, store: Store, change: Any, choices: dict[str, Any], accepted: bool) -> None:
    """A change that does not stop the task is the new baseline; one that does leaves the old one, however often it is met, and so
    does one that takes away what the task uses.
    """
    required = Requirements.of(ACCOUNT)
    examine(connect(org, "jwt"), required, Options(**choices), memory=store)
    first = baseline(org, store)
    change(org)
    for _ in range(2):
        examine(connect(org, "jwt"), required, Options(**choices), memory=store)
    second = baseline(org, store)
    assert first is not None
    assert second is not None
    assert (second.shape != first.shape, second.taken_at > first.taken_at) == (accepted, accepted)
    newest = store.newest(whose(org), "Account")
    assert newest is not None
    assert newest.shape != first.shape


def age(org: FakeOrg, store: Store, **how: float) -> None:
    """Make all baselines of Account older by so much."""
    old = pendulum.duration(**how)
    kept = store.baselines(whose(org))["Account"]
    store.forget(whose(org))
    for each in kept:
        times = {name: getattr(each, name) - old for name in ("taken_at", "compared_at", "confirmed_at")}
        assert store.keep(whose(org), baselines=[replace(each, **times)]) == ""


@pytest.fixture
def seen(org: FakeOrg, store: Store) -> Requirements:
    """What a task requires that has looked once."""
    required = Requirements.of(ACCOUNT)
    examine(connect(org, "jwt"), required, memory=store)
    return required


def test_stale_snapshot_is_refreshed(org: FakeOrg, store: Store, seen: Requirements) -> None:
    """A snapshot that is too old is renewed, and the report says so among the repairs."""
    age(org, store, hours=30)
    report = examine(connect(org, "jwt"), seen, memory=store)
    assert report.repairs == ("The remembered schema of Account was older than 24 h, and read anew.",)
    again = examine(connect(org, "jwt"), seen, memory=store)
    assert again.repairs == ()


@pytest.mark.parametrize(
    ("seconds", "said"), [(3, "3 s"), (300, "5 minutes"), (9_000, "2.5 h"), (604_800, "7 days"), (0.5, "0.5 s")]
)
def test_limit_in_words(org: FakeOrg, store: Store, seen: Requirements, seconds: float, said: str) -> None:
    """What was older than which limit is told in the unit that fits."""
    age(org, store, days=9)
    report = examine(connect(org, "jwt"), seen, Options(max_age=seconds), memory=store)
    assert report.repairs == (f"The remembered schema of Account was older than {said}, and read anew.",)


@pytest.mark.parametrize("late", [{"seconds": 3}, {"hours": 1, "minutes": 5}])
@pytest.mark.parametrize("on_stale", ["refresh", "warn", "fail"])
def test_daily_task_is_in_time(
    org: FakeOrg, store: Store, seen: Requirements, on_stale: Any, late: dict[str, float]
) -> None:
    """A task that runs each day begins some seconds later than the day before, or an hour once a year, and is never stale for that."""
    for _ in range(2):
        age(org, store, days=1, **late)
        report = examine(connect(org, "jwt"), seen, Options(on_stale=on_stale), memory=store)
        assert (report.repairs, summaries(report, "metadata.freshness")) == ((), "Account read just now")


@pytest.mark.parametrize(("on_stale", "level"), [("warn", Level.WARNING), ("fail", Level.FAILED)])
@pytest.mark.parametrize("compare_every", [0, 10**6])
def test_stale_and_as_it_was_is_told_once(
    org: FakeOrg, store: Store, seen: Requirements, on_stale: Any, level: Level, compare_every: float
) -> None:
    """What is found as it was, by a whole describe or by a 304, is fresh from then on."""
    age(org, store, hours=30)
    options = Options(on_stale=on_stale, compare_every=compare_every)
    levels = [freshness(examine(connect(org, "jwt"), seen, options, memory=store)) for _ in range(2)]
    assert levels == [level, Level.OK]


@pytest.mark.parametrize(
    ("on_stale", "levels"),
    [("warn", [Level.WARNING, Level.OK, Level.OK]), ("fail", [Level.FAILED, Level.FAILED, Level.OK])],
)
def test_stale_and_changed(org: FakeOrg, store: Store, seen: Requirements, on_stale: Any, levels: list[Level]) -> None:
    """Where a change came while nobody looked, ``fail`` fails until somebody refreshes; ``warn`` has told it."""
    age(org, store, hours=30)
    relabel(org)
    found = []
    for number in range(3):
        if number == 2:
            refresh(connect(org, "jwt"), ["Account"], store)
        found.append(freshness(examine(connect(org, "jwt"), seen, Options(on_stale=on_stale), memory=store)))
    assert found == levels


def freshness(report: Report) -> Level:
    (found,) = [each for each in report.findings if each.check == "metadata.freshness"]
    return found.level


def test_look_that_lacks_something_is_no_baseline(org: FakeOrg, store: Store) -> None:
    """A first look that misses what the task uses says the same again the next time, and not that it never was there."""
    org.add_object("Visit__c", FieldSpec("Date__c"))
    for task in ({"read": ["Id", "Dat__c"]}, {"read": ["Owner.Nam"]}, {"update": ["CreatedDate"]}):
        required = Requirements.of({"objects": {"Visit__c": task}})
        first, second = (examine(connect(org, "jwt"), required, memory=store) for _ in range(2))
        assert first.verdict is Verdict.UNHEALTHY
        assert summaries(first, "access.fields") == summaries(second, "access.fields")
        assert first.main is not None
        assert second.main is not None
        assert (first.main.cause, first.main.hint) == (second.main.cause, second.main.hint)
        assert baseline(org, store, "Visit__c") is None
    assert store.newest(whose(org), "Visit__c") is not None


# Several tasks on one connection

BREAKS = {"objects": {"Account": {"update": ["Fax"]}}}
HARMLESS = {"objects": {"Account": {"read": ["Id", "Name"]}}}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("first", ["breaks", "harmless"])
def test_what_one_task_accepts_still_breaks_another(org: FakeOrg, store: Store, first: str, known: bool) -> None:
    """A change that breaks a task goes on to do so, whatever other tasks accept before and behind it, be they new or not."""
    tasks = {"breaks": Requirements.of(BREAKS), "harmless": Requirements.of(HARMLESS)}
    for name in tasks if known else ["breaks"]:
        assert examine(connect(org, "jwt"), tasks[name], memory=store).may_proceed
    shorten(org)
    for name in (first, "harmless", "breaks", "harmless", "breaks"):
        report = examine(connect(org, "jwt"), tasks[name], memory=store)
        assert report.may_proceed is (name == "harmless")
    refresh(connect(org, "jwt"), ["Account"], store)
    assert all(examine(connect(org, "jwt"), each, memory=store).may_proceed for each in tasks.values())


def test_new_task_that_a_change_breaks_is_not_healed_by_another(org: FakeOrg, store: Store) -> None:
    """A task that begins with the baseline of another one, and is broken, keeps that one while the other goes on."""
    breaks, harmless = Requirements.of(BREAKS), Requirements.of(HARMLESS)
    examine(connect(org, "jwt"), harmless, memory=store)
    shorten(org)
    for required in (breaks, harmless, breaks, harmless, breaks):
        assert examine(connect(org, "jwt"), required, memory=store).may_proceed is (required == harmless)


@pytest.mark.parametrize(
    ("change", "strict", "lax"), [("relabel", "fail", "fail_if_breaking"), ("shorten", "fail_if_breaking", "warn")]
)
def test_what_a_lax_task_accepts_a_strict_one_does_not(
    org: FakeOrg, store: Store, change: str, strict: Any, lax: Any
) -> None:
    """Two tasks that do the same and differ in ``on_drift`` accept for themselves alone."""
    required = Requirements.of(BREAKS)
    for choice in (strict, lax):
        examine(connect(org, "jwt"), required, Options(on_drift=choice), memory=store)
    {"relabel": relabel, "shorten": shorten}[change](org)
    for choice in (strict, lax, strict, lax, strict):
        report = examine(connect(org, "jwt"), required, Options(on_drift=choice), memory=store)
        assert report.may_proceed is (choice == lax)


# With a lock file


def locked(org: FakeOrg, required: dict[str, Any]) -> Lock:
    """The lock file of what the task uses, as it is now."""
    found = refresh(connect(org, "jwt"), ["Account"], None)
    return make(Requirements.of(required), {each.name: each.shape for each in found.objects if each.shape})


def test_what_the_lock_file_holds_is_accepted(org: FakeOrg, store: Store) -> None:
    """After a change that the lock file was made anew for, the store follows, whatever it held; a task without one does not."""
    required = Requirements.of(BREAKS)
    examine(connect(org, "jwt"), required, memory=store)
    old = locked(org, BREAKS)
    examine(connect(org, "jwt"), required, memory=store, lock=old)
    shorten(org)
    assert not examine(connect(org, "jwt"), required, memory=store, lock=old).may_proceed
    assert examine(connect(org, "jwt"), required, memory=store, lock=locked(org, BREAKS)).may_proceed
    assert [each.shape.fields["Fax"].length for each in store.baselines(whose(org))["Account"]] == [20, 40]
    assert not examine(connect(org, "jwt"), required, memory=store).may_proceed


@pytest.mark.parametrize("on_stale", ["refresh", "warn", "fail"])
def test_lock_file_does_not_age(org: FakeOrg, store: Store, on_stale: Any) -> None:
    """What is equal to the lock file is as it should be, however old the store's word is."""
    required, lock = Requirements.of(BREAKS), locked(org, BREAKS)
    examine(connect(org, "jwt"), required, memory=store, lock=lock)
    for _ in range(2):
        age(org, store, days=9)
        report = examine(connect(org, "jwt"), required, Options(on_stale=on_stale), memory=store, lock=lock)
        assert (freshness(report), report.repairs) == (Level.OK, ())


# Users


def test_user_is_kept_where_the_task_may_go_on(org: FakeOrg, store: Store) -> None:
    """Who the user is, is remembered after a good look alone."""
    examine(connect(org, "jwt"), Requirements(sandbox=True), memory=store)
    assert store.recall(whose(org), {}).user is None
    examine(connect(org, "jwt"), memory=store)
    user = store.recall(whose(org), {}).user
    assert user is not None
    assert (user.username, user.profile_id) == ("integration@acme.com", org.user().profile_id)


# Who it was


@pytest.mark.parametrize("name", ["jwt", "client_credentials", "soap_token", "refresh_token"])
def test_refused_login_of_a_known_user(org: FakeOrg, store: Store, name: str) -> None:
    """A refused login tells no ids: the report has those of the last good look, and says as of when."""
    good = examine(connect(org, name), memory=store)
    org.user().active = False
    report = examine(connect(org, name), memory=store)
    identity = report.identity
    assert report.verdict is Verdict.UNHEALTHY
    assert (identity.user_id, identity.org_id) == (good.identity.user_id, good.identity.org_id)
    assert (identity.host, identity.is_sandbox) == ("acme.my.salesforce.com", False)
    assert identity.as_of is not None
    assert f", as of {identity.as_of.format('YYYY-MM-DD HH:mm')} UTC" in " ".join(message(report).split())
    assert report.memory == "this host only"
    assert load(dump(report)) == report


def test_refused_login_of_an_unknown_user(org: FakeOrg, store: Store) -> None:
    """Where nobody came by this door before, there is nobody to name."""
    examine(connect(org, "soap_token"), memory=store)
    org.user().active = False
    identity = examine(connect(org, "jwt"), memory=store).identity
    assert (identity.user_id, identity.as_of) == (None, None)


def test_good_login_is_as_of_now(org: FakeOrg, store: Store) -> None:
    """What this look has seen is not as of anything."""
    for _ in range(2):
        assert examine(connect(org, "jwt"), memory=store).identity.as_of is None


# Memories that fail


class Failing:
    """A memory in which the named methods fail, raise, or take their time."""

    reach = "this host only"

    def __init__(self, **how: Any) -> None:
        self.how = how

    def recall(self, whose: Whose, uses: Mapping[str, str]) -> MemoryFacts:
        return MemoryFacts(reach=self.reach, problem=self._met("recall"))

    def keep(self, *_: Any) -> str:
        return self._met("keep")

    def forget(self, *_: Any) -> int:
        return 0

    def who_came_by(self, door: str) -> RememberedUser | None:
        self._met("who_came_by")
        return None

    def _met(self, name: str) -> str:
        how = self.how.get(name, "")
        if isinstance(how, Exception):
            raise how
        if isinstance(how, float):
            time.sleep(how)
            return ""
        return str(how)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"recall": "The store is locked."}, "no memory: The store is locked"),
        ({"recall": OSError("disk")}, "no memory: the store failed with OSError: disk"),
        ({"keep": "The disk is full."}, "this host only; this look was not kept: The disk is full"),
        ({"keep": OSError("disk")}, "this host only; this look was not kept: the store failed with OSError: disk"),
    ],
)
def test_memory_that_fails(org: FakeOrg, caplog: pytest.LogCaptureFixture, how: dict[str, Any], said: str) -> None:
    """A memory that fails is told, with a warning in the log, and the look is as healthy as without one."""
    report = examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=Failing(**how))
    assert report.may_proceed
    assert report.memory == said
    assert caplog.messages == [f"Salesforce connection 'crm': {said}."]
    assert said in " ".join(message(report).split())


@pytest.mark.parametrize(
    ("broken", "allowed_sandbox", "said"),
    [
        (
            {"sf_health_baselines": "shape"},
            False,
            "this host only; damaged: what was remembered of Account, taken anew by this look, so earlier changes are not seen",
        ),
        (
            {"sf_health_users": "facts"},
            False,
            "this host only; damaged: what was remembered of the user, taken anew by this look, so earlier changes are not seen",
        ),
        (
            {"sf_health_users": "facts"},
            True,
            "this host only; damaged: what is remembered of the user, so changes are not seen; the next healthy look mends it",
        ),
    ],
)
def test_damage_is_told_and_mended(
    org: FakeOrg,
    store: Store,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    broken: dict[str, str],
    allowed_sandbox: bool,
    said: str,
) -> None:
    """What the memory cannot read any more is named in the report and the log, with what it hides, and gone after a healthy look."""
    examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=store)
    spoil(tmp_path, broken)
    required = Requirements.of({**ACCOUNT, **({"sandbox": True} if allowed_sandbox else {})})
    report = examine(connect(org, "jwt"), required, memory=store)
    assert report.memory == said
    assert caplog.messages == [f"Salesforce connection 'crm': {said}."]
    assert examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=store).may_proceed
    assert examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=store).memory == "this host only"


def test_damage_that_a_look_cannot_mend_says_how(org: FakeOrg, store: Store, tmp_path: Path) -> None:
    """Where the task lacks what it needs, there is no new baseline: the command that removes the old one is named."""
    examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=store)
    spoil(tmp_path, {"sf_health_baselines": "shape"})
    org.state.schema["Account"].remove("Fax")
    report = examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=store)
    assert "so changes are not seen; `sf-health metadata clear crm` removes it" in report.memory
    assert "`sf-health metadata clear crm`" in " ".join(message(report).split())


def spoil(folder: Path, columns: dict[str, str]) -> None:
    """Put what nobody can read into these columns of these tables."""
    with closing(sqlite3.connect(folder / "memory.sqlite")) as database, database:
        for table, column in columns.items():
            value = b"xx" if column == "shape" else "xx"
            assert database.execute(f"UPDATE {table} SET {column} = ?", (value,)).rowcount > 0


def test_memory_that_is_slow(org: FakeOrg) -> None:
    """A memory that takes its time neither fails the look nor makes it longer than its limit."""
    begun = time.monotonic()
    slow = Failing(recall=20.0, keep=20.0, who_came_by=20.0)
    report = examine(connect(org, "jwt", examination_timeout=4), Requirements.of(ACCOUNT), memory=slow)
    assert report.may_proceed
    assert report.memory.startswith("no memory: the store did not answer within")
    assert time.monotonic() - begun < 5
    late = examine(connect(org, "jwt", examination_timeout=3), Requirements.of(ACCOUNT), memory=Failing(keep=20.0))
    assert late.may_proceed
    assert late.memory.startswith("this host only; this look was not kept: the store did not answer within")


def test_memory_that_fails_after_a_refused_login(org: FakeOrg) -> None:
    """Who came by a door is not worth a failure either."""
    org.user().active = False
    report = examine(connect(org, "jwt"), memory=Failing(who_came_by=OSError("disk")))
    assert report.verdict is Verdict.UNHEALTHY
    assert report.memory == "no memory: the store failed with OSError: disk"


# Slow describes


def test_describe_of_half_a_minute(org: FakeOrg, store: Store) -> None:
    """A describe of 35 seconds leaves one object unknown: the verdict stands, and all else is known and kept, in time."""
    names = add_objects(org, 6)
    org.describe_latency[names[0]] = 35
    report = examine(connect(org, "jwt", examination_timeout=12), reading(*names), memory=store)
    assert report.may_proceed
    assert report.cost.seconds < 12.5
    assert names[0] in summaries(report, "metadata.freshness")
    assert {each.level for each in report.findings if each.check == "metadata.freshness"} == {Level.UNKNOWN}
    assert [name for name in names if baseline(org, store, name) is None] == names[:1]


def test_describe_of_half_a_minute_in_the_usual_time(org: FakeOrg) -> None:
    """In the minute that an examination has by itself, even that describe is read in the end."""
    org.describe_latency["Account"] = 35
    required = reading("Account", "Contact", "Lead")
    evidence, _ = look(org, None, required)
    assert unchanged(evidence) == [False] * 3


def test_everything_hangs_after_the_first_answers(org: FakeOrg) -> None:
    """When nothing comes after the first call, the verdict rests on that."""
    org.fault(path="*/composite", nth=2, times=99, delay=60)
    report = examine(connect(org, "jwt", examination_timeout=3), reading("Account", "Contact"))
    assert report.may_proceed
    assert report.cost.seconds < 3.6


def test_dead_session_asks_nothing_late(org: FakeOrg) -> None:
    """Where the API does not answer at all, nothing more is asked, and each late question has that refusal."""
    org.fault(path="*/composite", status=503)
    required = reading("Account")
    evidence, calls = look(org, None, required)
    refusals = [evidence.refusal(need) for need in asked_for(required)]
    assert calls == 1
    assert {each.status for each in refusals if isinstance(each, Refusal)} == {503}


@pytest.mark.parametrize("name", LOGIN_FLOWS)
def test_rights_are_asked_beside_the_first_questions(org: FakeOrg, store: Store, name: str) -> None:
    """Profile, permission sets and stamp come with the first call, where a memory has a use for them."""
    seen = Look([RUNNING_USER, Describe("describe_Account", "Account")], Requirements(), memory=store)
    evidence = seen.at(connect(org, name))
    assert seen.traffic.api_calls == 2
    assert evidence[ALL_PERMISSIONS][0]["LastCacheUpdate"]
    assert OWN_PERMISSION_SETS in evidence.needs()
