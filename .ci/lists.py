"""Write the lists of the README and the docs that have their source elsewhere, or say which are out of step.

    python .ci/lists.py            rewrite them (make lists)
    python .ci/lists.py --check    only compare; exit code 1 when one differs

A list stands between `<!-- name: ... -->` and `<!-- /name -->`. Runs in the environment that has the package installed.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from airflow_sf_health import causes, checks
from airflow_sf_health.commands import ExitCode
from airflow_sf_health.connection_fields import OWN_FIELDS, STOCK_FIELDS
from airflow_sf_health.org.flows import DOORS
from airflow_sf_health.provider_info import CONFIG_OPTIONS

ROOT = Path(__file__).resolve().parent.parent
FILES = ("README.md", "docs/connection.md", "docs/command-line.md", "docs/guards.md")


def checks_list() -> str:
    rows = ["| check | asks |", "| --- | --- |"]
    for check_id in checks.CATALOGUE:
        module = sys.modules[checks.load(check_id).evaluate.__module__]
        rows.append(f"| `{check_id}` | {first_sentence(module.__doc__)} |")
    return "\n".join(rows)


def causes_list() -> str:
    rows = ["| cause | means | who acts | retry |", "| --- | --- | --- | --- |"]
    for cause_id in causes.CAUSE_IDS:
        cause = causes.cause(cause_id)
        rows.append(
            f"| [`{cause_id}`](airflow_sf_health/causes/{cause_id}.md) | {cause.title} | {cause.who} | {cause.retry} |"
        )
    return "\n".join(rows)


def flows_list() -> str:
    rows = ["| login flow | fields that it needs | fields that it reads too |", "| --- | --- | --- |"]
    for door in DOORS:
        needs = [f"`{name}`" for name in door.needs]
        if door.one_of:
            needs.append(" or ".join(f"`{name}`" for name in door.one_of))
        rows.append(f"| {door.flow.label} | {', '.join(needs)} | {', '.join(f'`{name}`' for name in door.also_uses)} |")
    return "\n".join(rows)


def fields_list() -> str:
    rows = ["| extra | label in the form | what it is |", "| --- | --- | --- |"]
    for name, field in {**STOCK_FIELDS, **OWN_FIELDS}.items():
        about = field.get("description", "as in the Salesforce provider")
        rows.append(f"| `{name}` | {field['label']} | {about} |")
    return "\n".join(rows)


def options_list() -> str:
    rows = ["| option | default | what it is |", "| --- | --- | --- |"]
    rows += [
        f"| `{name}` | `{option['default']}` | {option['description']} |" for name, option in CONFIG_OPTIONS.items()
    ]
    return "\n".join(rows)


def exits_list() -> str:
    rows = ["| exit code | means |", "| --- | --- |"]
    rows += [f"| {code.value} | {code.meaning} |" for code in ExitCode]
    return "\n".join(rows)


def dags_list() -> str:
    rows = ["| file in `dags/` | what it shows |", "| --- | --- |"]
    for file in sorted((ROOT / "dags").glob("*.py")):
        module = ast.parse(file.read_text(encoding="utf-8"))
        rows.append(f"| `{file.name}` | {first_sentence(ast.get_docstring(module))} |")
    return "\n".join(rows)


def first_sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").strip().split("\n\n")[0].split())


LISTS = {
    "checks": checks_list,
    "causes": causes_list,
    "flows": flows_list,
    "fields": fields_list,
    "options": options_list,
    "exits": exits_list,
    "dags": dags_list,
}


def renewed(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return f"{match['open']}\n{LISTS[match['name']]()}\n{match['close']}"

    pattern = r"(?P<open><!-- (?P<name>\w+):[^>]*-->)\n.*?(?P<close><!-- /(?P=name) -->)"
    return re.sub(pattern, replace, text, flags=re.DOTALL)


def main(arguments: list[str]) -> int:
    stale = [path for path in (ROOT / name for name in FILES) if renewed(path.read_text()) != path.read_text()]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is out of step with its sources. Run `make lists`.")
        else:
            path.write_text(renewed(path.read_text()))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
