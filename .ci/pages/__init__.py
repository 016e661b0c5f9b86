"""The pages of the documentation that have their source in the package: each check, each cause, the index of errors, and the
references.
"""

from __future__ import annotations

from airflow_sf_health.causes import CAUSE_IDS, cause
from airflow_sf_health.checks import CATALOGUE
from pages.of_causes import cause_page, causes_index
from pages.of_checks import check_page, checks_index
from pages.of_errors import errors_index
from pages.references import command_line, configuration


def pages() -> dict[str, str]:
    """Each page by its path below docs/."""
    made = {"checks/index.md": checks_index(), "causes/index.md": causes_index()}
    made |= {"causes/by-error-text.md": errors_index()}
    made |= {"configuration.md": configuration(), "command-line-help.md": command_line()}
    made |= {f"checks/{check_id.replace('.', '/')}.md": check_page(check_id) for check_id in CATALOGUE}
    return made | {f"causes/{cause_id}.md": cause_page(cause(cause_id)) for cause_id in CAUSE_IDS}
