"""What changed in a field for those who write it."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.schema._pair import Pair
from airflow_sf_health.schema._retyped import NUMBERS, PICKLISTS, writes_alike
from airflow_sf_health.schema._uses import FieldUse
from airflow_sf_health.schema._words import listed, size
from airflow_sf_health.schema.change import Change, Kind
from airflow_sf_health.schema.shape import FieldShape

__all__ = ["SIZES", "lookup_key", "made_required", "picklist", "room", "writeable"]


SIZES = ("length", "precision", "scale")
"""What :func:`room` looks at."""

MANY, FEW = 50, 0.05
"""Of more values than these a smaller part than this may go without harm to most tasks: a time zone that was renamed."""


def room(pair: Pair) -> Iterator[Change]:
    """Text by its length, numbers by their digits before and behind the point: (18, 2) to (18, 4) loses two before it."""
    old, new = _room(pair.before), _room(pair.after)
    if old == new or not any(old) or not any(new) or not writes_alike(pair.before, pair.after):
        return
    shorter = new[0] < old[0] or new[1] < old[1]
    room_now, breaking = size(pair.after), shorter and pair.use.writes
    cure = "in the mapping, or have the field widened again."
    yield pair.change(
        Kind.FIELD_SHORTENED if shorter else Kind.FIELD_LENGTHENED,
        f"takes {room_now}, and took {size(pair.before)}",
        breaking=breaking,
        advice=f"Cut or round the values for {pair.name} to {room_now} {cure}" if breaking else "",
    )


def _room(field: FieldShape) -> tuple[int, int]:
    if field.type in NUMBERS or field.type == "int":
        return field.precision - field.scale, field.scale
    return field.length, 0


def writeable(pair: Pair) -> Iterator[Change]:
    ways = [
        (verb, hit)
        for flag, verb, hit in (
            ("createable", "filled in new records", pair.use.creates),
            ("updateable", "updated", pair.use.updates),
        )
        if pair.lost(flag)
    ]
    if not ways:
        return
    reason = _reason(pair)
    cure = "" if reason else ", or have the integration user given edit access to the field again"
    yield pair.change(
        Kind.FIELD_NOT_WRITEABLE,
        f"cannot be {' or '.join(verb for verb, _ in ways)} any more{reason}",
        breaking=any(hit for _, hit in ways),
        advice=f"Take {pair.name} out of the fields to write{cure}.",
        regain="" if reason else f"Give the integration user edit access to {pair.name} again.",
    )


def _reason(pair: Pair) -> str:
    """Why no right can give it back."""
    if not pair.after.is_generated or pair.before.is_generated:
        return ""
    return f", for {'it is calculated' if pair.after.calculated else 'Salesforce numbers it'} now"


def lookup_key(pair: Pair) -> Iterator[Change]:
    """An upsert by what is not unique works, as long as no value stands in two records."""
    was, is_key = (each.external_id or each.id_lookup for each in (pair.before, pair.after))
    lost = was and not is_key
    if lost:
        said, mark = "is no external id any more", "External ID"
    elif pair.use.key and pair.lost("unique"):
        said, mark = "need not be unique any more, so that an upsert by it may find several records", "Unique"
    else:
        return
    advice = f"Have {pair.name} marked as {mark} again, or upsert by another field that is."
    key = pair.use.key
    yield pair.change(Kind.FIELD_NO_LOOKUP_KEY, said, breaking=key and lost, notable=key, advice=advice)


def picklist(pair: Pair) -> Iterator[Change]:
    """Values that went. To read them is safe, and where a few of very many went, as with a release of Salesforce, the task's own are
    likely among the others. An unrestricted picklist goes on taking them, and reports and rules do not know them any more.
    """
    if not {pair.before.type, pair.after.type} <= PICKLISTS:
        return
    left = set(pair.after.picklist)
    gone = [value for value in pair.before.picklist if value not in left]
    closed = pair.after.restricted_picklist and not pair.before.restricted_picklist
    if closed:
        said = f"takes none but its own values now: {listed(pair.after.picklist)}"
    elif gone:
        open_ = (
            "" if pair.after.restricted_picklist else "; Salesforce takes others all the same, as it is not restricted"
        )
        said = f"has no value {listed(gone)} any more; it has {listed(pair.after.picklist)}{open_}"
    else:
        return
    few = len(pair.before.picklist) > MANY and len(gone) < FEW * len(pair.before.picklist)
    yield pair.change(
        Kind.PICKLIST_VALUES_GONE,
        said,
        breaking=pair.use.writes and (closed or not few),
        notable=pair.use.writes,
        advice=f"Map to {pair.name} none but the values that it has, or have the others added to it again.",
    )


def made_required(
    sobject: str, before: FieldShape | None, after: FieldShape, use: FieldUse, *, creates: bool, partial: bool = False
) -> Change | None:
    """The change of a field that needs a value now, and did not before or was not there. That the user was given the right to
    fill it in is none.

    One that is written breaks too: from now on a row without a value for it is refused.

    :param creates: whether the task makes new records, of whatever fields.
    :param partial: of how it was only a part is known, so that a field which that part lacks may be an old one: it has what new
        records need for tasks that make some, and for no others.
    """
    if not after.required or (before is not None and before.is_mandatory):
        return None
    if before is None and (use.creates or (partial and not creates)):
        return None  # the mapping knows it already, or it may always have been so
    pair = Pair(sobject, before or after, after, use)
    default = "or have a default value set for it in Salesforce"
    return pair.change(
        Kind.FIELD_MADE_REQUIRED,
        _since(before, partial=partial),
        breaking=creates or (before is not None and use.updates),
        advice=f"See to it that each row has a value for {pair.name}, {default}."
        if use.writes
        else f"Map a value to {pair.name} for new records, {default}.",
    )


def _since(before: FieldShape | None, *, partial: bool) -> str:
    if before is not None:
        return "is required now, and was not"
    return "is required now" if partial else "is new, and required"
