"""What a task uses of Salesforce, read from its arguments: which connections, and what it needs of the org.

No provider is imported: operators are known by the paths of their classes. What is not known before the task runs (templates,
outputs of other tasks) is left out here and read again at run time, from the rendered task. What cannot be inferred is left out,
never guessed.
"""

from __future__ import annotations

from airflow_sf_health.inference._merge import merged
from airflow_sf_health.inference._uses import MARK, OURS, PREFLIGHT, SENSOR, Kind, Uses, class_paths, mark_of, uses_of

__all__ = ["MARK", "OURS", "PREFLIGHT", "SENSOR", "Kind", "Uses", "class_paths", "mark_of", "merged", "uses_of"]
