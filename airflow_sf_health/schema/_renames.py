"""Which new field a removed one may have become. Never known, only guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from airflow_sf_health.schema.shape import FieldShape
from airflow_sf_health.schema.suggest import ALIKE, core, first_word, similarity

__all__ = ["ALIKE", "ALIKE_TO_ANY", "renames"]

ALIKE_TO_ANY = 0.8
"""So alike where it is not known which fields are new: one then holds the other's whole name, or nearly."""
MOST_PAIRS = 500
"""More pairs are not compared by name, which takes a millisecond or two. Fields that are used come first."""
MOST_HEIRS = 50
"""Where more fields than these went without a trace, the object was made anew, and a first word tells nothing."""

_core = lru_cache(maxsize=2_048)(core)


def renames(
    removed: Sequence[FieldShape], added: Collection[FieldShape], used: Collection[str], alike: float = ALIKE
) -> dict[str, FieldShape]:
    """API name of a removed field -> the new field of the same type that it may be now; each new field once, best guess first.
    None of Salesforce's own, which nobody can rename.

    :param used: names of the fields that the task uses, in lower case.
    :param alike: what the likeness of two names must come to where the labels differ.
    """
    removed, added = [[each for each in some if _is_custom(each)] for some in (removed, added)]
    in_order = sorted(removed, key=lambda field: field.name.casefold() not in used)
    found = _best(_same_label(in_order, added))
    taken = {field.name for field in found.values()}
    left = [field for field in in_order if field.name not in found]
    found |= _best(_same_name(left, [field for field in added if field.name not in taken], alike))
    return found if alike == ALIKE_TO_ANY else found | _only_heirs(found, in_order, added)


Guess = tuple[float, FieldShape, FieldShape]


def _same_label(removed: Sequence[FieldShape], added: Iterable[FieldShape]) -> list[Guess]:
    """Those of one type and label, the likest names first where several have it."""
    news: dict[tuple[str, str], list[FieldShape]] = {}
    for new in added:
        if new.label:
            news.setdefault((new.type, new.label.casefold()), []).append(new)
    rivals = Counter((old.type, old.label.casefold()) for old in removed)
    guesses, compared = [], 0
    for old in removed:
        label = (old.type, old.label.casefold())
        same = news.get(label, [])
        compared += len(same)
        by_name = (len(same) > 1 or rivals[label] > 1) and compared <= MOST_PAIRS
        guesses += [(_likeness(old, new) if by_name else 0.0, old, new) for new in same]
    return guesses


def _same_name(removed: Iterable[FieldShape], added: Iterable[FieldShape], alike: float) -> list[Guess]:
    """Those of one type whose names are alike, as far as time allows."""
    news: dict[str, list[FieldShape]] = {}
    for new in added:
        news.setdefault(new.type, []).append(new)
    guesses, compared = [], 0
    for old in removed:
        same = news.get(old.type, [])
        compared += len(same)
        if compared > MOST_PAIRS:
            break
        guesses += [(likeness, old, new) for new in same if (likeness := _likeness(old, new)) >= alike]
    return guesses


def _only_heirs(
    found: Mapping[str, FieldShape], removed: Sequence[FieldShape], added: Iterable[FieldShape]
) -> dict[str, FieldShape]:
    """Where one field went and one came with the same first word in its name, and the same type, size and uniqueness: the one may
    be the other, as ``ERP_Number__c`` is ``ERP_Id__c``.
    """
    taken = {field.name for field in found.values()}
    left = [field for field in removed if field.name not in found]
    if not left or len(left) > MOST_HEIRS:
        return {}
    went, came = _by_nature(left), _by_nature(field for field in added if field.name not in taken)
    pairs = ((olds, came.get(nature, [])) for nature, olds in went.items() if nature is not None)
    return {olds[0].name: news[0] for olds, news in pairs if len(olds) == len(news) == 1}


def _by_nature(fields: Iterable[FieldShape]) -> dict[Any, list[FieldShape]]:
    found: dict[Any, list[FieldShape]] = {}
    for each in fields:
        word, size = first_word(each.name), (each.length, each.precision, each.scale)
        nature = (word, each.type, size, each.reference_to, each.external_id, each.unique, each.calculated)
        found.setdefault(nature if word else None, []).append(each)
    return found


def _is_custom(field: FieldShape) -> bool:
    return "__" in field.name


def _likeness(old: FieldShape, new: FieldShape) -> float:
    """Of the names, and a little more where the rest is the same too."""
    rest = [(each.length, each.precision, each.scale, each.reference_to) for each in (old, new)]
    return similarity(_core(old.name), _core(new.name)) + (0.05 if rest[0] == rest[1] else 0.0)


def _best(guesses: list[Guess]) -> dict[str, FieldShape]:
    found: dict[str, FieldShape] = {}
    taken: set[str] = set()
    for _, old, new in sorted(guesses, key=lambda guess: (-guess[0], guess[1].name, guess[2].name)):
        if old.name not in found and new.name not in taken:
            found[old.name] = new
            taken.add(new.name)
    return found
