"""The refused rows as a file: JSON lines, one file for each try, never over another one."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_sf_health import compat

if TYPE_CHECKING:
    from airflow_sf_health.bulk._load import Load
    from airflow_sf_health.bulk._outcome import BulkOutcome
    from airflow_sf_health.compat import Context

LOCAL = ("file", "local")
"""Schemes of file systems whose folders must be made; elsewhere a folder is a part of the name."""
LONGEST_STEM = 220
"""Bytes of a name without its number and ending: file systems take 255 for all of it."""
LONGEST_PART = 60
"""Bytes of a part of a name that is too long as a whole."""


def write(folder: str, outcome: BulkOutcome, load: Load, context: Context) -> str:
    """Write the refused rows, in the order in which they were sent, and give the file's path or address.

    Each line has the keys ``row`` (counted from 1), ``id``, ``code``, ``message``, ``fields``, ``cause`` and, where the task
    tells what it sent, ``payload``: the row as it was sent.

    :raises Exception: whatever the file system raises.
    """
    text = "".join(f"{line}\n" for line in _lines(outcome, load))
    stem = _stem(context)
    names = (f"{stem}{f'-{number}' if number > 1 else ''}.jsonl" for number in count(1))
    return _write_local(Path(folder), names, text) if "://" not in folder else _write_object(folder, names, text)


def _lines(outcome: BulkOutcome, load: Load) -> Iterator[str]:
    told = [(row, group.cause) for group in outcome.groups for row in group.rows]
    for row, cause_id in sorted(told, key=lambda each: each[0].number):
        line: dict[str, Any] = {
            "row": row.number,
            "id": row.id,
            "code": row.code or None,
            "message": row.message,
            "fields": list(row.fields),
            "cause": cause_id,
        }
        sent = load.row(row.number)
        if sent is not None:
            line["payload"] = sent
        yield json.dumps(line, ensure_ascii=False, default=str)


def _stem(context: Context) -> str:
    """A name that no other try has; without what a path could be led astray by."""
    ti: Any = context["ti"]
    number, try_number = getattr(ti, "map_index", -1), getattr(ti, "try_number", 1)
    mapped = f"map-{number}" if isinstance(number, int) and number >= 0 else ""
    parts = (str(ti.dag_id), str(ti.run_id), str(ti.task_id), mapped, f"try-{try_number}")
    clean = [re.sub(r"[^\w.~:+-]", "_", part) for part in parts if part]
    stem = "__".join(clean)
    return stem if len(stem.encode()) <= LONGEST_STEM else "__".join(_short(part) for part in clean)


def _short(part: str) -> str:
    """The beginning of a part, with a short hash of all of it."""
    text = part.encode()
    if len(text) <= LONGEST_PART:
        return part
    mark = "-" + hashlib.sha256(text).hexdigest()[:8]
    return text[: LONGEST_PART - len(mark)].decode(errors="ignore") + mark


def _write_local(folder: Path, names: Iterator[str], text: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        try:
            with open(folder / name, "x", encoding="utf-8", opener=_for_us_alone) as file:
                file.write(text)
        except FileExistsError:
            continue
        return str(folder / name)
    raise AssertionError("there is always another name")


def _for_us_alone(path: str, flags: int) -> int:
    """The rows may be those of persons."""
    return os.open(path, flags, 0o600)


def _write_object(folder: str, names: Iterator[str], text: str) -> str:
    place = compat.ObjectStoragePath(folder)
    if place.protocol in LOCAL:
        return str(place / Path(_write_local(Path(place.path), names, text)).name)
    file = next(place / name for name in names if not (place / name).exists())
    file.write_text(text, encoding="utf-8")
    return str(file)
