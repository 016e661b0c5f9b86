"""The values of requirements as they were given, checked: an error names the place, what is wrong there, and what to write."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_sf_health import spelling
from airflow_sf_health.errors import RequirementsError

LONGEST_QUOTE = 60
_WORDS: dict[type, str] = {bool: "true or false", str: "a text", int: "a whole number"}


def check_kinds(value: object, kinds: Mapping[str, type], where: str = "") -> None:
    """Refuse a field of this frozen value that is of another type. None is of each type.

    :param where: the place of the value within the requirements.
    """
    for name, kind in kinds.items():
        given = getattr(value, name)
        if given is not None and (not isinstance(given, kind) or (kind is int and isinstance(given, bool))):
            path = f"{where}.{name}".lstrip(".")
            hint = _quotes(given) if kind is str else ""
            raise RequirementsError(f"Requirements: '{path}' must be {_WORDS[kind]}, and is {given!r}.{hint}")


def names(path: str, value: object) -> tuple[str, ...] | None:
    """A list of texts, as a tuple; None where it is empty."""
    if isinstance(value, str):
        listed = [value] if path == "queries" else [each.strip() for each in value.split(",")]
        raise RequirementsError(f"Requirements: '{path}' is the text '{value}'. Write a list: {listed!r}.")
    if value is None or value in ([], ()):
        return None
    if not isinstance(value, list | tuple):
        raise RequirementsError(f"Requirements: '{path}' must be a list of texts, and is {value!r}.")
    for each in value:
        if not isinstance(each, str) or not each.strip():
            raise RequirementsError(f"Requirements: '{path}' must hold names, and holds {each!r}.{_quotes(each)}")
    return tuple(value)


def _quotes(value: object) -> str:
    """YAML takes digits for a number, those after a 0 for an octal one, and `no` for false."""
    return " Put what you wrote there in quotes." if isinstance(value, int | float) else ""


def field_list(path: str, value: object, sobject: str) -> tuple[str, ...] | None:
    """The fields of one operation: empty where it is only meant, None where it is not. Without the object's own name before
    them, which SOQL allows.
    """
    if value is None or value is False:
        return None
    if value is True:
        return ()
    own, reads = f"{sobject.casefold()}.", path.endswith(".read")
    given = names(path, value) or ()
    listed = tuple(each[len(own) :] if each.casefold().startswith(own) else each for each in given)
    can_be = spelling.is_field_path if reads else spelling.is_reference
    if wrong := next((each for each in listed if not can_be(each)), None):
        raise RequirementsError(f"Requirements: '{path}' has {wrong!r}, which is no {_form(wrong, reads=reads)}.")
    return listed


def _form(wrong: str, *, reads: bool) -> str:
    if "(" in wrong:
        return "field name. A function or a subquery belongs into 'queries'"
    path = "a path over a relationship (Owner.Name)" if reads else "a reference by an external id (Account.Number__c)"
    return f"field name (Name, Status__c), nor {path}"


def check_queries(queries: tuple[str, ...] | None) -> None:
    """Refuse what is no SOQL."""
    for n, soql in enumerate(queries or (), 1):
        if not spelling.is_select(soql):
            form = "It takes SOQL: SELECT … FROM …."
            raise RequirementsError(f"Requirements: number {n} of 'queries' is {_short(soql)!r}. {form}")


def check_owners(owners: tuple[str, ...] | None) -> None:
    """Refuse what can name no owner."""
    if wrong := next((each for each in owners or () if spelling.owner_form(each) is None), None):
        raise RequirementsError(
            f"Requirements: 'owners' has {wrong!r}, which names no owner. It takes ids of users (005…) or queues (00G…) with 15 "
            "or 18 characters, user names (sync@acme.com), and developer names of queues (Support_Queue)."
        )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"
