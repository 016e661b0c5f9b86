"""What to say where the fake org is wanted and the extra `testing` is not installed."""

from __future__ import annotations

MODULES = frozenset({"certifi", "cryptography", "jwt", "lark", "starlette", "trustme", "uvicorn"})
"""Modules that the extra brings."""


def what_is_missing(error: ModuleNotFoundError) -> str | None:
    """One sentence on what to install; None where the missing module is none of the extra's."""
    package = (error.name or "").partition(".")[0]
    if package not in MODULES:
        return None
    return f"the fake org needs the package {package!r}: pip install 'airflow-sf-health[testing]'"
