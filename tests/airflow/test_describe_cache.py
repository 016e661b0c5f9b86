"""Describes of the hook from what is remembered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from airflow_sf_health.edges.memory import memory
from airflow_sf_health.evidence.memory import Snapshot, Whose
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.schema.shape import ObjectShape
from airflow_sf_health.settings import settings
from airflow_sf_health.store import Store
from airflow_sf_health.testing import FakeOrg

Connect = Callable[..., None]
DESCRIBES = "/describe"


def describes(org: FakeOrg) -> int:
    """How many describes the org has answered."""
    return sum(each.path.endswith(DESCRIBES) for each in org.requests())


def hook(**arguments: Any) -> SalesforceHealthHook:
    return SalesforceHealthHook("crm_prod", **arguments)


def kept() -> Store:
    found = memory(settings())
    assert found is not None
    return found


def whose(org: FakeOrg, version: str = "59.0") -> Whose:
    return Whose(org.state.org.id, org.user().id, version)


def test_it_is_off_by_default(org: FakeOrg, crm_prod: Connect) -> None:
    """The stock hook asks each time, and remembers nothing."""
    assert hook().describe_object("Account") == hook().describe_object("Account")
    assert describes(org) == 2
    assert kept().newest(whose(org), "Account") is None


def test_the_second_time_it_is_served(org: FakeOrg, crm_prod: Connect) -> None:
    """The same description as Salesforce gave, in another process's hook as well, in any case of the name; fields too."""
    live = hook().describe_object("Account")
    first = hook(cache_metadata=True).describe_object("Account")
    again = hook(cache_metadata=True)
    assert live == first == again.describe_object("account") == again.describe_object("Account")
    assert again.get_available_fields("Account") == [each["name"] for each in live["fields"]]
    assert describes(org) == 2
    first["fields"].clear()
    assert again.describe_object("Account") == live


def test_max_age_ends_it(org: FakeOrg, crm_prod: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is older than `[sf_health] max_age` is asked afresh; 0 asks each time."""
    hook(cache_metadata=True).describe_object("Account")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__MAX_AGE", "0")
    hook(cache_metadata=True).describe_object("Account")
    assert describes(org) == 2


def test_a_clock_that_ran_ahead(org: FakeOrg, crm_prod: Connect) -> None:
    """What was read in times to come is of an unknown age, and asked afresh."""
    import pendulum

    client = hook(cache_metadata=True)
    body = client.describe_object("Account")
    kept().forget(whose(org))
    early = Snapshot(
        shape=ObjectShape.of(body), body={**body, "label": "early"}, at=pendulum.now("UTC").add(seconds=90)
    )
    kept().keep(whose(org), snapshots=[early])
    assert [client.describe_object("Account")["label"] for _ in range(2)] == [body["label"]] * 2


def test_what_is_asked_is_no_baseline(org: FakeOrg, crm_prod: Connect) -> None:
    """A description that nobody has judged hides no change from the next examination."""
    hook(cache_metadata=True).describe_object("Account")
    org.state.schema["Account"].fields["AccountNumber"].length = 10
    client = hook(cache_metadata=True)
    cache = client._describe_cache
    assert cache is not None
    cache.put(hook().describe_object("Account"))
    assert client.describe_object("Account") == hook().describe_object("Account")
    assert len(kept().history(whose(org), "Account")) == 2
    assert kept().baselines(whose(org)) == {}


def test_another_user_another_org_and_another_version_have_their_own(org: FakeOrg, crm_prod: Connect) -> None:
    """A connection that leads elsewhere is never served what was seen here."""
    hook(cache_metadata=True).describe_object("Account")
    crm_prod("jwt", version="62.0")
    hook(cache_metadata=True).describe_object("Account")
    crm_prod()
    org.state.org.id = org.state.org.id[:-4] + "9" + org.state.org.id[-3:]
    hook(cache_metadata=True).describe_object("Account")
    assert describes(org) == 3


def test_a_ready_session_is_asked_whose_it_is(org: FakeOrg, crm_prod: Connect) -> None:
    """One request more, which is not metered, and only where describes are cached."""
    crm_prod("session")
    hook(cache_metadata=True).describe_object("Account")
    hook(cache_metadata=True).describe_object("Account")
    assert describes(org) == 1
    assert kept().newest(whose(org), "Account") is not None


def test_whose_nobody_tells_is_asked_live(org: FakeOrg, crm_prod: Connect) -> None:
    """A token that may not be asked whose it is might be anybody's."""
    crm_prod("session")
    with org.fault(path="/services/oauth2/userinfo", status=403):
        for _ in range(2):
            hook(cache_metadata=True).describe_object("Account")
    assert describes(org) == 2


@pytest.mark.parametrize("url", ["none", "sqlite:////proc/no/store.db", "no_such_connection"])
def test_without_a_store_it_is_asked_live(
    org: FakeOrg, crm_prod: Connect, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """No task fails for a store."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", url)
    for _ in range(2):
        assert hook(cache_metadata=True).get_available_fields("Account")
    assert describes(org) == 2


def test_what_is_no_object_is_no_entry(org: FakeOrg, crm_prod: Connect) -> None:
    """Salesforce's refusal reaches the caller, as with the stock hook, and is not remembered."""
    from simple_salesforce.exceptions import SalesforceResourceNotFound

    with pytest.raises(SalesforceResourceNotFound):
        hook(cache_metadata=True).describe_object("Acount")
    assert kept().newest(whose(org), "Acount") is None


def test_an_examination_does_not_disturb_it(org: FakeOrg, crm_prod: Connect) -> None:
    """The hook that examines with a lock file, or with requirements in a file, caches as before."""
    client = hook(cache_metadata=True)
    client.describe_object("Account")
    assert client.examine("objects: {Account: [Name]}").may_proceed
    before = describes(org)
    client.describe_object("Account")
    assert describes(org) == before


def test_a_store_that_hangs_holds_nobody_up(
    org: FakeOrg, crm_prod: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it is busy with, the describe is asked live, and the log says why."""
    never = threading.Event()
    monkeypatch.setattr("airflow_sf_health.edges.describes.LONGEST_RECALL", 0.05)
    monkeypatch.setattr(Store, "newest", lambda *_: never.wait(30))
    monkeypatch.setattr(Store, "keep", lambda *_, **__: never.wait(30))
    assert hook(cache_metadata=True).describe_object("Account")["name"] == "Account"
    never.set()
    assert describes(org) == 1
    assert [each for each in caplog.messages if "did not answer within 0.05 s" in each]
