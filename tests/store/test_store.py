"""What is kept and what is given back, in SQLite and in PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pendulum
import pytest
from store.remembered import AT, ME, USE, accept, baseline, describe, recall, snapshot, user

from airflow_sf_health.evidence.baselines import EVERY_USE
from airflow_sf_health.evidence.facts import MemoryFacts, Remembered
from airflow_sf_health.evidence.memory import Memory, Snapshot
from airflow_sf_health.store import Store, _baselines


def recalled(store: Store, use: str = USE) -> Remembered:
    return recall(store, "Account", use=use).snapshots["Account"]


def label(store: Store, use: str = USE) -> str:
    """Of the baseline."""
    return recalled(store, use).shape.label


def labels(store: Store) -> list[str]:
    return [each.shape.label for each in store.history(ME, "Account")]


def test_an_empty_store_remembers_nothing_and_says_its_reach(store: Store, url: str) -> None:
    """No baseline is no problem."""
    memory: Memory = store
    reach = "this host only" if url.startswith("sqlite") else "shared: postgresql"
    assert recall(memory, "Account") == MemoryFacts(reach=reach)
    assert memory.reach == reach
    assert memory.who_came_by("door") is None
    assert store.newest(ME, "Account") is None
    assert (list(store.listed(ME)), list(store.history(ME, "Account")), store.forget(ME)) == ([], [], 0)


def test_what_is_kept_is_given_back_to_the_microsecond(store: Store) -> None:
    """Snapshot and baseline come back as they were, times in UTC, and so does the user, whom a door leads to."""
    kept, stamp = snapshot(), "Sun, 22 Nov 2026 01:00:00 GMT"
    right = baseline(kept, last_modified=stamp, rights="digest", refused_at=AT.add(hours=1))
    me = user(permissions={"ApiEnabled": True, "ViewSetup": False}, permission_sets={"0PS1": "Integration"})
    assert store.keep(ME, [kept], [right], user=me, door="door") == ""
    facts = recall(store, "Account")
    assert facts.user == store.who_came_by("door") == me
    assert facts.snapshots == {"Account": right}
    assert store.baselines(ME) == {"Account": [right]}
    assert facts.snapshots["Account"].taken_at.timezone_name == "UTC"
    found = store.newest(ME, "Account")
    assert found is not None
    assert (found.body, found.at, found.taken_at) == (kept.body, AT, AT)


def test_times_of_another_zone_are_the_same_instant(store: Store) -> None:
    """A look in Berlin is found at its time in UTC."""
    accept(store, replace(snapshot(), at=AT.in_timezone("Europe/Berlin")))
    assert recalled(store).taken_at == AT


def test_what_was_accepted_last_is_the_baseline(store: Store) -> None:
    """A change that was not accepted serves the cache, and is compared with nothing."""
    accept(store, snapshot(after=0), snapshot("Contact"))
    accept(store, snapshot(after=10))
    store.keep(ME, [snapshot(after=20)])
    assert label(store) == "Account after 10"
    found = store.newest(ME, "Account")
    assert found is not None
    assert found.shape.label == "Account after 20"


def test_each_use_has_its_own_baseline(store: Store) -> None:
    """What one task accepts is nothing that another one has accepted, whichever comes first."""
    accept(store, snapshot(after=0), use="A")
    accept(store, snapshot(after=0), use="B")
    accept(store, snapshot(after=10), use="B")
    assert (label(store, "A"), label(store, "B")) == ("Account after 0", "Account after 10")
    accept(store, snapshot(after=20), use="A")
    assert (label(store, "A"), label(store, "B")) == ("Account after 20", "Account after 10")


def test_a_new_use_begins_with_what_was_found_so_last(store: Store) -> None:
    """A task that is new, or was changed, is compared with what others were compared with."""
    accept(store, snapshot(after=0), use="A")
    accept(store, snapshot(after=10), use="B")
    store.keep(ME, baselines=[baseline(use="A", confirmed_at=AT.add(seconds=5))])
    found = recalled(store, "C")
    assert (found.shape.label, found.use) == ("Account after 10", "B")
    store.keep(ME, baselines=[baseline(use="A", confirmed_at=AT.add(seconds=20))])
    assert recalled(store, "C").use == "A"


def test_a_refresh_accepts_for_every_use(store: Store) -> None:
    """All baselines of the object give way to one, also for uses that come later; those of other objects stay."""
    for use in ("A", "B"):
        accept(store, snapshot(after=0), snapshot("Contact"), use=use)
    accept(store, snapshot(after=10), use=EVERY_USE)
    assert {label(store, use) for use in ("A", "B", "C")} == {"Account after 10"}
    assert [each.use for each in store.baselines(ME)["Account"]] == [EVERY_USE]
    assert len(store.baselines(ME)["Contact"]) == 2
    accept(store, snapshot(after=20), use="A")
    assert [label(store, use) for use in ("A", "B", "C")] == [f"Account after {each}" for each in (20, 10, 10)]


def test_an_earlier_look_does_not_undo_a_refresh(store: Store) -> None:
    """A task that looked before a refresh and writes behind it brings nothing back; nor does a refresh undo a later look."""
    accept(store, snapshot(after=10), use=EVERY_USE)
    store.keep(ME, baselines=[baseline(use="A", confirmed_at=AT.add(seconds=9))])
    assert label(store, "A") == "Account after 10"
    accept(store, snapshot(after=20), use="A")
    accept(store, snapshot(after=15), use=EVERY_USE)
    accept(store, snapshot(after=5), use=EVERY_USE)
    assert (label(store, "A"), label(store, "B")) == ("Account after 20", "Account after 15")


def test_what_nobody_has_accepted_yet_is_told_against_the_oldest(store: Store) -> None:
    """For every use the baseline that was found so the longest ago is asked, as a refresh and a comparison do."""
    accept(store, snapshot(after=0), use="A")
    accept(store, snapshot(after=10), use="B")
    assert label(store, EVERY_USE) == "Account after 0"


def test_uses_of_which_nothing_is_heard_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are changed and removed; what was found so the longest ago is dropped, and never what a refresh has accepted."""
    monkeypatch.setattr(_baselines, "KEPT", 3)
    accept(store, snapshot(after=0), use=EVERY_USE)
    for number in range(5):
        accept(store, snapshot(after=1 + number), use=f"use {number}")
    assert [each.use for each in store.baselines(ME)["Account"]] == ["use 4", "use 3", "use 2", EVERY_USE]


def test_an_older_look_that_comes_later_is_not_the_baseline(store: Store) -> None:
    """Of two refreshes at once the one that looked last counts, whichever wrote last."""
    accept(store, snapshot(after=10), user=user(10, profile_id="new"))
    accept(store, snapshot(after=0), user=user(0, profile_id="old"), door="door")
    assert recalled(store).shape.label == "Account after 10"
    facts = recall(store)
    assert facts.user is not None
    assert facts.user.profile_id == "new"


def test_the_last_three_are_kept_of_each_object(store: Store) -> None:
    """A fourth snapshot drops the oldest one of that object, and of no other."""
    accept(store, snapshot("Contact"))
    for seconds in range(5):
        accept(store, snapshot(after=seconds))
    assert labels(store) == ["Account after 4", "Account after 3", "Account after 2"]
    assert len(store.history(ME, "Contact")) == 1
    assert store.forget(ME) == 4


def test_the_baseline_is_never_dropped(store: Store) -> None:
    """Many retries that meet a breaking change leave what they are compared with."""
    accept(store, snapshot(after=1))
    for seconds in range(2, 6):
        store.keep(ME, [snapshot(after=seconds)])
    assert label(store) == "Account after 1"
    assert labels(store) == ["Account after 5", "Account after 4", "Account after 3"]


def test_the_same_describe_is_kept_once(store: Store) -> None:
    """What was found so again is younger, and drops nothing."""
    store.keep(ME, [snapshot(after=0), snapshot("Contact")])
    store.keep(ME, [snapshot(after=20, label="Account after 0")])
    store.keep(ME, [snapshot(after=10, label="Account after 0")])
    [kept] = store.history(ME, "Account")
    assert (kept.taken_at, kept.at) == (AT, AT.add(seconds=20))


def helped(text: str, after: float) -> Snapshot:
    """A describe with a help text, which is no part of the shape."""
    found = snapshot(after=after, label="Account")
    return replace(found, body={**found.body, "inlineHelpText": text})


def test_the_last_describe_is_served(store: Store) -> None:
    """One that differs in what nobody compares takes the place of the former one, also where that comes back, and drops no history."""
    accept(store, snapshot(after=-10))
    for seconds, text in enumerate(("old", "new", "newer", "newest", "old")):
        accept(store, helped(text, seconds))
        store.keep(ME, [helped("late", -1)])
        found = store.newest(ME, "Account")
        assert found is not None
        assert found.body is not None
        assert (found.body["inlineHelpText"], found.taken_at, found.at) == (text, AT, AT.add(seconds=seconds))
        assert labels(store) == ["Account", "Account after -10"]


def test_a_baseline_that_is_confirmed_moves_its_times(store: Store) -> None:
    """An answer of "not modified" moves when it was confirmed; a whole compare moves when it was compared too, and takes the new stamps.
    The describe is as young.
    """
    accept(store, snapshot())
    first = baseline(last_modified="first", rights="before", confirmed_at=AT.add(hours=1))
    second = replace(first, compared_at=AT.add(hours=2), confirmed_at=AT.add(hours=2), last_modified="second")
    for confirmed in (first, second):
        store.keep(ME, baselines=[confirmed])
        assert recalled(store) == confirmed
        found = store.newest(ME, "account")
        assert found is not None
        assert (found.taken_at, found.at) == (AT, confirmed.confirmed_at)


def test_an_older_confirmation_moves_no_clock_back(store: Store) -> None:
    """A slow task that ends after a quick one does not make the baseline older, nor does one that compared less."""
    at = AT.add(hours=2)
    for hours in (2, 1):
        store.keep(ME, baselines=[baseline(compared_at=AT.add(hours=hours), confirmed_at=AT.add(hours=hours))])
        assert recalled(store).compared_at == recalled(store).confirmed_at == at
    store.keep(ME, baselines=[baseline(compared_at=AT, confirmed_at=AT.add(hours=3))])
    assert (recalled(store).compared_at, recalled(store).confirmed_at) == (at, AT.add(hours=3))


def test_a_schema_that_is_not_accepted_is_noted(store: Store) -> None:
    """Since when, until it is found as it was; a look that ended before that notes nothing."""
    refused = baseline(refused_at=AT.add(seconds=10))
    store.keep(ME, baselines=[baseline()])
    store.keep(ME, baselines=[refused])
    assert recalled(store) == refused
    store.keep(ME, baselines=[baseline(confirmed_at=AT.add(seconds=20))])
    store.keep(ME, baselines=[refused])
    assert recalled(store).refused_at is None


def test_a_confirmation_is_of_what_was_there_when_it_was_made(store: Store) -> None:
    """A look that knew nothing of a newer baseline changes nothing of that one."""
    accept(store, snapshot(after=0))
    accept(store, snapshot(after=20))
    store.keep(ME, baselines=[baseline(confirmed_at=AT.add(seconds=30), rights="other")])
    assert (label(store), recalled(store).confirmed_at) == ("Account after 20", AT.add(seconds=20))
    assert recalled(store).rights is None


def test_a_change_that_was_taken_back_is_not_served(store: Store) -> None:
    """After the baseline was confirmed, the cache serves that one and no more what was refused before."""
    accept(store, snapshot(after=0))
    store.keep(ME, [snapshot(after=10)])
    store.keep(ME, baselines=[baseline(confirmed_at=AT.add(seconds=20))])
    found = store.newest(ME, "Account")
    assert found is not None
    assert (found.shape.label, found.at) == ("Account after 0", AT.add(seconds=20))
    assert labels(store) == ["Account after 0", "Account after 10"]


def ahead(**how: int) -> pendulum.Duration:
    """From :data:`AT` to a moment that is so far ahead of now."""
    return pendulum.now("UTC").add(**how) - AT


@pytest.mark.parametrize("seconds", [60, 172_800])
def test_a_refresh_wins_over_a_clock_that_ran_ahead(store: Store, seconds: int) -> None:
    """Whatever other hosts have written by their clocks, what is accepted now is the baseline, and is served."""
    early = snapshot(after=ahead(seconds=seconds).total_seconds())
    accept(store, early, use="another")
    accept(store, early)
    late = snapshot(after=ahead().total_seconds())
    assert accept(store, late, use=EVERY_USE) == ""
    assert (label(store), label(store, "another")) == (late.shape.label, late.shape.label)
    found = store.newest(ME, "Account")
    assert found is not None
    assert (found.shape.label, found.at) == (late.shape.label, late.at)


def test_days_ahead_block_nobody(store: Store) -> None:
    """What a look finds now replaces what was found by a clock that was days ahead: schema, describe and user."""
    accept(store, snapshot(after=ahead(days=2).total_seconds()), user=user(ahead(days=2).total_seconds()), door="door")
    now = snapshot(after=ahead().total_seconds())
    accept(store, now, user=user(ahead().total_seconds(), profile_id="new"), door="door")
    found, seen = store.newest(ME, "Account"), store.who_came_by("door")
    assert found is not None
    assert seen is not None
    assert (label(store), found.shape, seen.profile_id) == (now.shape.label, now.shape, "new")


def test_what_is_written_days_ahead_is_of_now(store: Store) -> None:
    """A baseline that was recalled with such times and is confirmed has none of them any more."""
    early = snapshot(after=ahead(days=2).total_seconds())
    accept(store, early)
    store.keep(ME, baselines=[baseline(early, refused_at=early.at)])
    found = recalled(store)
    assert found.refused_at is not None
    assert max(found.taken_at, found.compared_at, found.confirmed_at, found.refused_at) <= pendulum.now("UTC")


def test_all_is_kept_or_nothing(store: Store) -> None:
    """One value that no database takes leaves the others out too, with a sentence and without its content."""
    broken = baseline(snapshot("Contact"), rights="canary\ud800")
    said = store.keep(ME, [snapshot()], [baseline(), broken], user=user(), door="door")
    assert said.startswith("The store")
    assert "canary" not in said
    facts = recall(store, "Account", "Contact")
    assert (facts.snapshots, facts.user) == ({}, None)


def test_a_body_that_is_no_json_is_not_kept(store: Store) -> None:
    """Even a mistake of the caller is a sentence, and no error."""
    said = store.keep(ME, [replace(snapshot(), body={"fields": {1, 2}})])
    assert said == "The store cannot be used: TypeError in airflow_sf_health.store."
    assert recall(store, "Account").snapshots == {}


@pytest.mark.parametrize("other", [{"org_id": "00D2"}, {"user_id": "0052"}, {"version": "65.0"}])
def test_others_share_nothing(store: Store, other: dict[str, str]) -> None:
    """Another org, user or API version starts anew, and clearing one leaves the others."""
    whose = replace(ME, **other)
    accept(store, snapshot())
    assert store.recall(whose, {"Account": USE}).snapshots == {}
    assert store.newest(whose, "Account") is None
    store.keep(whose, [snapshot(after=5)], [baseline(snapshot(after=5), EVERY_USE)])
    assert store.forget(whose) == 1
    assert store.baselines(whose) == {}
    assert recalled(store).shape.label == "Account after 0"


def test_an_object_is_found_in_any_case_by_the_name_that_was_asked(store: Store) -> None:
    """A requirement may write ``account``; Salesforce does not look at case either."""
    accept(store, snapshot())
    facts = recall(store, "account", "Account", "Lead")
    assert {name: each.shape.name for name, each in facts.snapshots.items()} == {
        "account": "Account",
        "Account": "Account",
    }
    assert store.newest(ME, "ACCOUNT") is not None


def test_the_listing_has_each_object_once_without_its_body(store: Store) -> None:
    """By name, and as the cache would serve it."""
    accept(store, snapshot("Contact"), snapshot("Account"))
    accept(store, snapshot("Contact", after=5))
    listed = store.listed(ME)
    assert [(each.sobject, each.shape.label, each.body) for each in listed] == [
        ("Account", "Account after 0", None),
        ("Contact", "Contact after 5", None),
    ]
    assert all(each.size > 0 for each in listed)


def test_named_objects_are_forgotten_alone(store: Store) -> None:
    """Clearing gives how many snapshots went; who the user was stays."""
    accept(store, snapshot(), snapshot("Contact"), user=user())
    accept(store, snapshot(after=5))
    assert store.forget(ME, ["ACCOUNT", "Lead"]) == 2
    facts = recall(store, "Account", "Contact")
    assert list(facts.snapshots) == ["Contact"]
    assert facts.user == user()
    assert store.forget(ME, []) == 0
    assert list(store.baselines(ME)) == ["Contact"]


def test_one_door_leads_to_who_came_last(store: Store) -> None:
    """A connection that was given to another user remembers that one, with what another door's look has told of them since."""
    store.keep(ME, user=user(), door="door")
    other = user(10, user_id="005Hs0000000002MAA", username="other@acme.com")
    store.keep(ME, user=other, door="door")
    assert store.who_came_by("door") == other
    store.keep(ME, user=replace(other, at=AT.add(seconds=20), profile_name="Sales"), door="second door")
    found = store.who_came_by("door")
    assert found is not None
    assert found.profile_name == "Sales"


def test_a_whole_describe_is_small(store: Store) -> None:
    """500 fields take a small part of what Salesforce sent."""
    body = describe(fields=500, label="A label of usual length")
    store.keep(ME, [replace(snapshot(fields=500), body=body)])
    [kept] = store.listed(ME)
    assert kept.size < len(str(body)) / 10
    assert len(kept.shape.fields) == 500


def test_many_objects_are_recalled_at_once(store: Store) -> None:
    """As many as a task may name."""
    names = [f"Object_{n}__c" for n in range(120)]
    accept(store, *(snapshot(each) for each in names))
    assert list(store.recall(ME, dict.fromkeys(names, USE)).snapshots) == names


def test_a_time_before_1970_is_kept_too() -> None:
    """A clock that is wrong is no reason to fail."""
    from airflow_sf_health.store._values import instant, micros

    for at in (pendulum.datetime(1969, 12, 31, 23, 59, 59, 999999), pendulum.datetime(2026, 3, 29, 1, 30)):
        assert instant(micros(at)) == at


def test_the_former_user_is_kept_with_the_user(store: Store) -> None:
    """What the user was before a change, and when that was seen, come back as they were."""
    former = user(permissions={"ApiEnabled": True}, permission_sets={"0PS1": "Nightly Import"})
    seen = user(60, permissions={"ApiEnabled": True}, former=former, changed_at=AT.add(seconds=60))
    assert store.keep(ME, user=seen) == ""
    assert recall(store).user == seen
