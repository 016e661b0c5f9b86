"""What a task uses of Salesforce, read from its arguments: which connections, and what it needs of the org.

No provider is imported: operators are known by the paths of their classes. What is not known before the task runs (templates,
outputs of other tasks) is left out here and read again at run time, from the rendered task. What cannot be inferred is left out,
never guessed.
"""

from __future__ import annotations

from airflow_sf_health.inference._arguments import class_of, is_late, is_mapped
from airflow_sf_health.inference._classes import (
    OURS,
    PREFLIGHT,
    SENSOR,
    class_names,
    class_paths,
    is_examiner,
    is_loader,
)
from airflow_sf_health.inference._connections import (
    MARK,
    Mark,
    decorators_of,
    hooks_of,
    late_connections,
    mark_of,
    marks_of,
    names,
    of_instances,
)
from airflow_sf_health.inference._functions import function_of
from airflow_sf_health.inference._merge import merged
from airflow_sf_health.inference._stock import BULK
from airflow_sf_health.inference._uses import Kind, Uses, uses_of

__all__ = [
    "BULK",
    "MARK",
    "OURS",
    "PREFLIGHT",
    "SENSOR",
    "Kind",
    "Mark",
    "Uses",
    "class_names",
    "class_of",
    "class_paths",
    "decorators_of",
    "function_of",
    "hooks_of",
    "is_examiner",
    "is_late",
    "is_loader",
    "is_mapped",
    "late_connections",
    "mark_of",
    "marks_of",
    "merged",
    "names",
    "of_instances",
    "uses_of",
]
