"""Examinations with a memory: what they save, what they keep, and that no memory can fail them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pendulum
import pytest
from connecting import FLOWS, LOGIN_FLOWS, connect
from objects import add_objects, asked_for, reading

from airflow_sf_health import Options, Requirements, examine
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Described, MemoryFacts, Remembered, RememberedUser
from airflow_sf_health.evidence.look import Look
from airflow_sf_health.evidence.memory import Memory, Snapshot, Whose
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, MEMORY, OWN_PERMISSION_SETS, RUNNING_USER, Describe
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.session import EXAMINATION_VERSION
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.payload import dump, load
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Level, Report, Verdict
from airflow_sf_health.schema.lock import Lock, LockedObject
from airflow_sf_health.store import Store, open_store
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.people import Rights

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
    return store.recall(whose(org), [sobject]).snapshots.get(sobject)


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


def remove(org: FakeOrg) -> None:
    org.remove_field("Account", "Fax")


@pytest.mark.parametrize(
    ("change", "choices", "accepted"),
    [
        (relabel, {}, True),
        (shorten_unused, {}, True),
        (remove, {}, False),
        (remove, {"on_drift": "warn"}, True),
        (relabel, {"on_drift": "fail"}, False),
        (shorten_unused, {"on_drift": "fail"}, True),
    ],
)
def test_changed(org: FakeOrg, store: Store, change: Any, choices: dict[str, Any], accepted: bool) -> None:
    """A change that does not stop the task is the new baseline; one that does leaves the old one, however often it is met."""
    required = Requirements.of(ACCOUNT)
    examine(connect(org, "jwt"), required, memory=store)
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


def aged(store: Store, org: FakeOrg, hours: int) -> Snapshot:
    """A snapshot of the Account as it is, kept that long ago."""
    evidence, _ = look(org, None, Requirements.of(ACCOUNT))
    (seen,) = [each for need in evidence.needs() if isinstance(each := evidence.get(need), Described)]
    at = pendulum.now("UTC").subtract(hours=hours)
    old = Snapshot(shape=seen.shape, body=seen.body or {}, at=at, accepted=True, last_modified=seen.last_modified)
    assert store.keep(whose(org), [old]) == ""
    return old


def test_stale_snapshot_is_refreshed(org: FakeOrg, store: Store) -> None:
    """A snapshot that is too old is renewed, and the report says so among the repairs."""
    aged(store, org, 30)
    report = examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=store)
    assert report.repairs == ("The remembered schema of Account was older than 24 h, and read anew.",)
    again = examine(connect(org, "jwt"), Requirements.of(ACCOUNT), memory=store)
    assert again.repairs == ()


@pytest.mark.parametrize("on_stale", ["warn", "fail"])
def test_stale_snapshot_is_left(org: FakeOrg, store: Store, on_stale: Any) -> None:
    """Where that is to be told and not mended, the snapshot stays as it is, so that a retry tells it again."""
    old = aged(store, org, 30)
    report = examine(connect(org, "jwt"), Requirements.of(ACCOUNT), Options(on_stale=on_stale), memory=store)
    kept = baseline(org, store)
    assert kept is not None
    assert abs((kept.confirmed_at - old.at).total_seconds()) < 1
    assert report.repairs == ()


def test_user_is_kept_where_the_task_may_go_on(org: FakeOrg, store: Store) -> None:
    """Who the user is, is remembered after a good look alone."""
    examine(connect(org, "jwt"), Requirements(sandbox=True), memory=store)
    assert store.recall(whose(org), []).user is None
    examine(connect(org, "jwt"), memory=store)
    user = store.recall(whose(org), []).user
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

    def recall(self, whose: Whose, objects: Sequence[str]) -> MemoryFacts:
        return MemoryFacts(reach=self.reach, problem=self._met("recall"))

    def keep(self, *_: Any) -> str:
        return self._met("keep")

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
    report = examine(connect(org, "jwt", examination_timeout=8), reading(*names), memory=store)
    assert report.may_proceed
    assert report.cost.seconds < 8.5
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
