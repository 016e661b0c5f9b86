"""What differs between two looks at one object, and whether the task will notice."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What has changed."""

    OBJECT_GONE = "object_gone"
    OBJECT_RIGHT_GONE = "object_right_gone"
    FIELD_REMOVED = "field_removed"
    FIELD_RENAMED = "field_renamed"
    FIELD_RETYPED = "field_retyped"
    FIELD_SHORTENED = "field_shortened"
    FIELD_MADE_REQUIRED = "field_made_required"
    FIELD_NOT_WRITEABLE = "field_not_writeable"
    FIELD_NO_LOOKUP_KEY = "field_no_lookup_key"
    FIELD_MADE_UNIQUE = "field_made_unique"
    PICKLIST_VALUES_GONE = "picklist_values_gone"
    RECORD_TYPE_GONE = "record_type_gone"
    FIELD_ADDED = "field_added"
    FIELD_LENGTHENED = "field_lengthened"
    LABEL_CHANGED = "label_changed"
    OTHER = "other"
    """Seen and of no consequence: a value came, a field became writeable, a required one became optional …"""


class Change(NamedTuple):
    """One difference. No dataclass, since a frozen one takes twice the time to make, and there may be a thousand.

    :param field: API name as it was before (of a new one, as it is); None where it is about the object as a whole.
    :param breaking: whether what the task does with the object will fail, or write something else than meant.
    :param notable: whether it may make some rows fail, or none, which the values decide; told as a warning. Never of a breaking one.
    :param used: whether the task names it. Nothing that is not used is breaking, but for a field that was made required.
    :param said: what changed, in half a sentence with its values: ``Account.Phone is 40 characters long, and was 80``.
    :param advice: what to change in the mapping, a sentence.
    :param regain: the whole advice where it is likelier that a right was taken away, a sentence; empty where none can be what went.
    :param guess: the likely new name of a renamed field; said as a guess.
    """

    kind: Kind
    sobject: str
    said: str
    breaking: bool = False
    notable: bool = False
    used: bool = False
    field: str | None = None
    advice: str = ""
    regain: str = ""
    guess: str | None = None
