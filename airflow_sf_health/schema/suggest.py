"""The existing name that was likely meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

__all__ = ["ALIKE", "core", "first_word", "is_alike", "nearest", "similarity"]

_SUFFIX = re.compile(r"__(?:[a-z]{1,3}|kav|share|history|feed|changeevent)$", re.IGNORECASE)
"""``__c`` of custom things, ``__r`` of their relationships, ``__mdt``, ``__e``, ``__b``, ``__x``, ``__pc`` and their kin."""
_NAMESPACE = re.compile(r"^[a-z][a-z0-9]{0,14}__(?=[a-z])|^[a-z][a-z0-9_]{0,13}?[a-z0-9]__(?=[a-z])", re.IGNORECASE)
ALIKE = 0.6
"""So alike must two names be for one to be the other's new one: ``Amount__c`` and ``Amount_Due__c`` are, ``Phone`` and ``Fax`` are not."""
CLOSE = 0.75
"""A name less alike than this is another name: below it ``City`` would be taken for ``Site``."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name among the known ones that was meant by one that is not there, or None.

    A name that differs in nothing but case, custom suffix (``Region`` for ``Region__c``), namespace (``Region__c`` for
    ``acme__Region__c``) or the ``Id`` of a lookup (``Owner`` for ``OwnerId``) goes before one that is only spelled alike.
    """
    names = sorted(known)
    exact = next((each for each in names if each.casefold() == name.casefold()), None)
    if exact is not None:
        return exact
    wanted = core(name)
    if not wanted.strip("_"):
        return None
    for meant in (wanted, wanted.removesuffix("id"), f"{wanted}id"):
        same = [each for each in names if meant and core(each) == meant]
        if same:
            return min(same, key=lambda each: _distance(name, each))
    cores: dict[str, list[str]] = {}
    for each in names:
        cores.setdefault(core(each), []).append(each)
    close = difflib.get_close_matches(wanted, cores, n=1, cutoff=CLOSE)
    return cores[close[0]][0] if close else None


def _distance(name: str, other: str) -> tuple[bool, bool, float]:
    """The same namespace goes first, then none, then the spelling."""
    own, others = _namespace(name), _namespace(other)
    return own != others, others != "", -difflib.SequenceMatcher(None, name, other).ratio()


def _namespace(name: str) -> str:
    found = _NAMESPACE.match(_SUFFIX.sub("", name))
    return found[0].casefold() if found else ""


def core(name: str) -> str:
    """What a name is without namespace, custom suffix, underscores and case: ``acme__Region_Code__c`` is ``regioncode``."""
    bare = _SUFFIX.sub("", name)
    return _NAMESPACE.sub("", bare).replace("_", "").casefold() or bare.casefold()


def first_word(name: str) -> str:
    """What a name of several words begins with, ``erp`` of ``acme__ERP_Id__c``; nothing of one word."""
    first, *others = [word for word in _NAMESPACE.sub("", _SUFFIX.sub("", name)).split("_") if word]
    return first.casefold() if others else ""


def is_alike(name: str, other: str) -> bool:
    """Whether two names are so alike that one may have become the other."""
    return similarity(core(name), core(other)) >= ALIKE


def similarity(one: str, other: str) -> float:
    """How alike two cores are, 0 to 1: by the pairs of letters that they share; one that holds the other is close to it."""
    if one == other:
        return 1.0
    if min(len(one), len(other)) >= 4 and (one in other or other in one):
        return 0.8
    pairs, others = _pairs(one), _pairs(other)
    return 2 * len(pairs & others) / ((len(pairs) + len(others)) or 1)


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}
