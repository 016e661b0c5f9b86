"""What is kept and what is given back, in SQLite and in PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pendulum
import pytest
from store.remembered import AT, ME, describe, snapshot, user

from airflow_sf_health.evidence.facts import MemoryFacts, Remembered
from airflow_sf_health.evidence.memory import Confirmation, Memory
from airflow_sf_health.store import Store


def baseline(store: Store, sobject: str = "Account") -> Remembered:
    return store.recall(ME, [sobject]).snapshots[sobject]


def labels(store: Store) -> list[str]:
    return [each.shape.label for each in store.history(ME, "Account")]


def test_an_empty_store_remembers_nothing_and_says_its_reach(store: Store, url: str) -> None:
    """No baseline is no problem."""
    memory: Memory = store
    reach = "this host only" if url.startswith("sqlite") else "shared: postgresql"
    assert memory.recall(ME, ["Account"]) == MemoryFacts(reach=reach)
    assert memory.reach == reach
    assert memory.who_came_by("door") is None
    assert store.newest(ME, "Account") is None
    assert (list(store.listed(ME)), list(store.history(ME, "Account")), store.forget(ME)) == ([], [], 0)


def test_what_is_kept_is_given_back_to_the_microsecond(store: Store) -> None:
    """A snapshot comes back as it was, its time in UTC, and so does the user, whom a door leads to."""
    kept = snapshot(last_modified="Sun, 22 Nov 2026 01:00:00 GMT", rights="digest")
    me = user(permissions={"ApiEnabled": True, "ViewSetup": False}, permission_sets={"0PS1": "Integration"})
    assert store.keep(ME, [kept], user=me, door="door") == ""
    facts = store.recall(ME, ["Account"])
    assert facts.user == store.who_came_by("door") == me
    assert facts.snapshots == {
        "Account": Remembered(
            shape=kept.shape,
            taken_at=AT,
            compared_at=AT,
            confirmed_at=AT,
            last_modified=kept.last_modified,
            rights="digest",
        )
    }
    assert facts.snapshots["Account"].taken_at.timezone_name == "UTC"
    found = store.newest(ME, "Account")
    assert found is not None
    assert (found.body, found.at, found.accepted, found.rights) == (kept.body, AT, True, "digest")


def test_times_of_another_zone_are_the_same_instant(store: Store) -> None:
    """A look in Berlin is found at its time in UTC."""
    store.keep(ME, [replace(snapshot(), at=AT.in_timezone("Europe/Berlin"))])
    assert baseline(store).taken_at == AT


def test_the_newest_accepted_snapshot_is_the_baseline(store: Store) -> None:
    """A change that was not accepted serves the cache, and is compared with nothing."""
    store.keep(ME, [snapshot(after=0), snapshot("Contact")])
    store.keep(ME, [snapshot(after=10)])
    store.keep(ME, [snapshot(after=20, accepted=False)])
    assert baseline(store).shape.label == "Account after 10"
    found = store.newest(ME, "Account")
    assert found is not None
    assert (found.shape.label, found.accepted) == ("Account after 20", False)


def test_an_older_look_that_comes_later_is_not_the_baseline(store: Store) -> None:
    """Of two refreshes at once the one that looked last counts, whichever wrote last."""
    store.keep(ME, [snapshot(after=10)], user=user(10, profile_id="new"))
    store.keep(ME, [snapshot(after=0)], user=user(0, profile_id="old"), door="door")
    assert baseline(store).shape.label == "Account after 10"
    facts = store.recall(ME, [])
    assert facts.user is not None
    assert facts.user.profile_id == "new"


def test_the_last_three_are_kept_of_each_object(store: Store) -> None:
    """A fourth snapshot drops the oldest one of that object, and of no other."""
    store.keep(ME, [snapshot("Contact")])
    for seconds in range(5):
        store.keep(ME, [snapshot(after=seconds)])
    assert labels(store) == ["Account after 4", "Account after 3", "Account after 2"]
    assert len(store.history(ME, "Contact")) == 1
    assert store.forget(ME) == 4


def test_the_baseline_is_never_dropped(store: Store) -> None:
    """Many retries that meet a breaking change leave what they are compared with."""
    for seconds in range(6):
        store.keep(ME, [snapshot(after=seconds, accepted=seconds < 2)])
    assert baseline(store).shape.label == "Account after 1"
    assert labels(store) == ["Account after 5", "Account after 4", "Account after 3"]


def test_a_snapshot_that_is_confirmed_is_not_taken_anew(store: Store) -> None:
    """An answer of "not modified" moves when it was confirmed; a whole compare moves when it was compared too, and takes the new stamps."""
    store.keep(ME, [snapshot(last_modified="first", rights="before")])
    store.keep(ME, confirmations=[Confirmation(sobject="account", at=AT.add(hours=1))])
    found = baseline(store)
    assert (found.taken_at, found.compared_at, found.confirmed_at) == (AT, AT, AT.add(hours=1))
    assert (found.last_modified, found.rights) == ("first", "before")
    compared = Confirmation(sobject="Account", at=AT.add(hours=2), compared=True, last_modified="second", rights="now")
    store.keep(ME, confirmations=[compared])
    found = baseline(store)
    assert (found.taken_at, found.compared_at, found.confirmed_at) == (AT, AT.add(hours=2), AT.add(hours=2))
    assert (found.last_modified, found.rights) == ("second", "now")


def test_an_older_confirmation_moves_no_clock_back(store: Store) -> None:
    """A slow task that ends after a quick one does not make the snapshot older."""
    store.keep(ME, [snapshot()])
    for hours in (2, 1):
        store.keep(ME, confirmations=[Confirmation(sobject="Account", at=AT.add(hours=hours), compared=True)])
    assert baseline(store).compared_at == baseline(store).confirmed_at == AT.add(hours=2)


def test_a_confirmation_is_of_what_was_there_when_it_was_made(store: Store) -> None:
    """A look that ended before another task took a newer snapshot says nothing of that one."""
    store.keep(ME, [snapshot(after=0)])
    store.keep(ME, [snapshot(after=20)])
    store.keep(ME, confirmations=[Confirmation(sobject="Account", at=AT.add(seconds=10), rights="other")])
    assert baseline(store).confirmed_at == AT.add(seconds=20)
    assert baseline(store).rights is None


def test_a_confirmation_of_nothing_is_none(store: Store) -> None:
    """What was cleared meanwhile does not come back."""
    assert store.keep(ME, confirmations=[Confirmation(sobject="Account", at=AT)]) == ""
    assert store.recall(ME, ["Account"]).snapshots == {}


def test_a_change_that_was_taken_back_is_not_served(store: Store) -> None:
    """After the baseline was confirmed, the cache serves the baseline and no more what was refused before."""
    store.keep(ME, [snapshot(after=0)])
    store.keep(ME, [snapshot(after=10, accepted=False)])
    store.keep(ME, confirmations=[Confirmation(sobject="Account", at=AT.add(seconds=20), compared=True)])
    found = store.newest(ME, "Account")
    assert found is not None
    assert (found.shape.label, found.at) == ("Account after 0", AT.add(seconds=20))
    assert labels(store) == ["Account after 0", "Account after 10"]


def test_all_is_kept_or_nothing(store: Store) -> None:
    """One value that no database takes leaves the others out too, with a sentence and without its content."""
    broken = replace(snapshot("Contact"), rights="canary\ud800")
    said = store.keep(ME, [snapshot(), broken], user=user(), door="door")
    assert said.startswith("The store")
    assert "canary" not in said
    facts = store.recall(ME, ["Account", "Contact"])
    assert (facts.snapshots, facts.user) == ({}, None)


def test_a_body_that_is_no_json_is_not_kept(store: Store) -> None:
    """Even a mistake of the caller is a sentence, and no error."""
    said = store.keep(ME, [replace(snapshot(), body={"fields": {1, 2}})])
    assert said == "The store cannot be used: TypeError in airflow_sf_health.store."
    assert store.recall(ME, ["Account"]).snapshots == {}


@pytest.mark.parametrize("other", [{"org_id": "00D2"}, {"user_id": "0052"}, {"version": "65.0"}])
def test_others_share_nothing(store: Store, other: dict[str, str]) -> None:
    """Another org, user or API version starts anew, and clearing one leaves the others."""
    whose = replace(ME, **other)
    store.keep(ME, [snapshot()])
    assert store.recall(whose, ["Account"]).snapshots == {}
    assert store.newest(whose, "Account") is None
    store.keep(whose, [snapshot(after=5)])
    assert store.forget(whose) == 1
    assert baseline(store).shape.label == "Account after 0"


def test_an_object_is_found_in_any_case_by_the_name_that_was_asked(store: Store) -> None:
    """A requirement may write ``account``; Salesforce does not look at case either."""
    store.keep(ME, [snapshot()])
    facts = store.recall(ME, ["account", "Account", "Lead"])
    assert {name: each.shape.name for name, each in facts.snapshots.items()} == {
        "account": "Account",
        "Account": "Account",
    }
    assert store.newest(ME, "ACCOUNT") is not None


def test_the_listing_has_each_object_once_without_its_body(store: Store) -> None:
    """By name, and as the cache would serve it."""
    store.keep(ME, [snapshot("Contact"), snapshot("Account")])
    store.keep(ME, [snapshot("Contact", after=5, accepted=False)])
    listed = store.listed(ME)
    assert [(each.sobject, each.shape.label, each.body) for each in listed] == [
        ("Account", "Account after 0", None),
        ("Contact", "Contact after 5", None),
    ]
    assert all(each.size > 0 for each in listed)


def test_named_objects_are_forgotten_alone(store: Store) -> None:
    """Clearing gives how many snapshots went; who the user was stays."""
    store.keep(ME, [snapshot(), snapshot("Contact")], user=user())
    store.keep(ME, [snapshot(after=5)])
    assert store.forget(ME, ["ACCOUNT", "Lead"]) == 2
    facts = store.recall(ME, ["Account", "Contact"])
    assert list(facts.snapshots) == ["Contact"]
    assert facts.user == user()
    assert store.forget(ME, []) == 0


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
    store.keep(ME, [snapshot(each) for each in names])
    assert list(store.recall(ME, names).snapshots) == names


def test_a_time_before_1970_is_kept_too() -> None:
    """A clock that is wrong is no reason to fail."""
    from airflow_sf_health.store._values import instant, micros

    for at in (pendulum.datetime(1969, 12, 31, 23, 59, 59, 999999), pendulum.datetime(2026, 3, 29, 1, 30)):
        assert instant(micros(at)) == at
