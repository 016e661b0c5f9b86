"""What tests have a store remember; run as a program, another process that keeps it."""

from __future__ import annotations

import sys
from itertools import count
from typing import Any

import pendulum

from airflow_sf_health.evidence.facts import MemoryFacts, Remembered, RememberedUser
from airflow_sf_health.evidence.memory import Memory, Snapshot, Whose
from airflow_sf_health.schema.shape import ObjectShape
from airflow_sf_health.store import _database, _place, open_store

AT = pendulum.datetime(2024, 11, 22, 2, 0, 13, 123456)
USE = "what the task does"
ME = Whose("00DHs0000000001MAA", "005Hs0000000001MAA", "64.0")


def describe(sobject: str = "Account", fields: int = 3, label: str = "") -> dict[str, Any]:
    """A describe with so many text fields, which all bear the label."""
    named = [{"name": f"Field_{n}__c", "type": "string", "label": label, "length": 80} for n in range(fields)]
    return {"name": sobject, "label": label or sobject, "fields": named, "recordTypeInfos": []}


def snapshot(sobject: str = "Account", after: float = 0, **more: Any) -> Snapshot:
    """A snapshot taken so many seconds after :data:`AT`; its label says when."""
    label = more.pop("label", f"{sobject} after {after:g}")
    body = describe(sobject, more.pop("fields", 3), label)
    return Snapshot(shape=ObjectShape.of(body), body=body, at=AT.add(seconds=after))


def baseline(of: Snapshot | None = None, use: str = USE, **more: Any) -> Remembered:
    """The baseline that is made of a snapshot for one use."""
    found = of or snapshot()
    known: dict[str, Any] = dict.fromkeys(("taken_at", "compared_at", "confirmed_at"), found.at)
    return Remembered(shape=found.shape, use=use, **{**known, **more})


def accept(store: Memory, *looks: Snapshot, use: str = USE, **more: Any) -> str:
    """Keep what a look has found, and take it for right."""
    return store.keep(ME, looks, [baseline(each, use) for each in looks], **more)


def recall(store: Memory, *objects: str, use: str = USE) -> MemoryFacts:
    return store.recall(ME, dict.fromkeys(objects, use))


def user(after: float = 0, **facts: Any) -> RememberedUser:
    """The integration user, seen so many seconds after :data:`AT`."""
    known = {"org_id": ME.org_id, "user_id": ME.user_id, "username": "integration@acme.com", **facts}
    return RememberedUser(at=AT.add(seconds=after), **known)


def main(url: str, mode: str) -> None:
    """Keep once, or until killed, pairs of snapshots that belong together; says each that was kept."""
    _database.PATIENCE = _place.BUSY_SECONDS = 60  # how long many of them take at once is no matter here
    store = open_store(url)
    for number in count() if mode == "on and on" else range(int(mode)):
        label = f"{mode} {number}"
        pair = [snapshot(each, after=number, label=label, fields=200) for each in ("Account", "Contact")]
        print(accept(store, *pair, user=user(number), door="door") or "kept", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
