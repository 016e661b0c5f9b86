"""The task ids of the preflights that ``guard`` makes."""

from __future__ import annotations

from collections.abc import Collection


def asked_ids(task_id: str | None, conn_ids: Collection[str]) -> dict[str, str | None]:
    """The ids asked for, by connection, the same ones each time; None where any will do."""
    if task_id is None or len(conn_ids) == 1:
        return dict.fromkeys(conn_ids, task_id)
    found: dict[str, str | None] = {}
    for each in sorted(conn_ids):
        found[each] = _free(f"{task_id}_{_as_id(each)}", found.values())
    return found


def free_id(conn_id: str, taken: Collection[str]) -> str:
    """One that no task has yet, for the preflight of a connection."""
    return _free(f"preflight_{_as_id(conn_id)}", taken)


def _as_id(conn_id: str) -> str:
    return "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "_" for each in conn_id)


def _free(wanted: str, taken: Collection[str | None]) -> str:
    number, free = 1, wanted
    while free in taken:
        number += 1
        free = f"{wanted}_{number}"
    return free
