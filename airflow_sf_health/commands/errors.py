"""What ends a command early."""

from __future__ import annotations

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.errors import SalesforceHealthError


class CommandError(SalesforceHealthError):
    """A command could not be done; the text, one sentence or two, is all that its user needs."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
