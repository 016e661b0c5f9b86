"""What a task's class alone tells. It is asked of each task of each DAG whenever a file is read, so it is kept for each class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from airflow_sf_health.inference._arguments import class_of
from airflow_sf_health.inference._stock import LOADER, STOCK, Infer, is_transfer, of_unknown

OURS = "airflow_sf_health."
PREFLIGHT = "airflow_sf_health.operators.salesforce.SalesforcePreflightOperator"
SENSOR = "airflow_sf_health.sensors.salesforce.SalesforceHealthSensor"
_EXAMINERS = frozenset((PREFLIGHT, SENSOR))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is read of a class once.

    :param paths: of the class and of those it is made of, its own first.
    :param names: of all these.
    :param stock: kind, and what infers its needs, of an operator of Airflow's own providers and its subclasses.
    :param is_transfer: whether its name says that records leave Salesforce for another place.
    :param is_examiner: whether it does nothing but examine.
    :param is_loader: whether it is our bulk operator.
    """

    paths: tuple[str, ...]
    names: frozenset[str]
    stock: tuple[str, Infer] | None
    is_ours: bool
    is_transfer: bool
    is_examiner: bool
    is_loader: bool


_KNOWN: WeakKeyDictionary[Any, Facts] = WeakKeyDictionary()


def facts_of(task: Any) -> Facts:
    """Of a mapped task those of what it is mapped to."""
    kind = class_of(task)
    found = _KNOWN.get(kind)
    if found is None:
        found = _KNOWN[kind] = _facts(kind)
    return found


def class_paths(task: Any) -> tuple[str, ...]:
    """The paths of the operator's classes, its own first; of a mapped task those of what it is mapped to."""
    return facts_of(task).paths


def class_names(task: Any) -> frozenset[str]:
    """The bare names of the same classes."""
    return facts_of(task).names


def is_examiner(task: Any) -> bool:
    """Whether it is one of our tasks that do nothing but examine."""
    return facts_of(task).is_examiner


def is_loader(task: Any) -> bool:
    """Whether it is our bulk operator, which examines before it loads."""
    return facts_of(task).is_loader


def _facts(kind: Any) -> Facts:
    classes = getattr(kind, "__mro__", ())
    paths = tuple(f"{each.__module__}.{each.__qualname__}" for each in classes)
    return Facts(
        paths=paths,
        names=frozenset(each.__name__ for each in classes),
        stock=_stock(classes, paths),
        is_ours=any(path.startswith(OURS) for path in paths),
        is_transfer=is_transfer(kind.__name__),
        is_examiner=not _EXAMINERS.isdisjoint(paths),
        is_loader=LOADER in paths,
    )


def _stock(classes: tuple[type, ...], paths: tuple[str, ...]) -> tuple[str, Infer] | None:
    """What its arguments tell holds of the stock ``execute`` alone: one of a site's own makes of them what it likes."""
    place = next((place for place, path in enumerate(paths) if path in STOCK), None)
    if place is None:
        return None
    kind, infer = STOCK[paths[place]]
    # The functions themselves cannot be compared: Airflow wraps each of them.
    is_its_own = any("execute" in vars(each) for each in classes[:place])
    return kind, of_unknown if is_its_own else infer
