"""One thing that was seen of an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_sf_health.org.errors import Refusal

if TYPE_CHECKING:
    from airflow_sf_health.causes import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A refusal that was read somewhere in the error.

    ``prose`` when it was recognised by words and not by a code of Salesforce's; ``row`` when it refused one record of several,
    ``count`` of them in these words; ``entry`` when the recogniser that fits is known already.
    """

    refusal: Refusal
    prose: bool = False
    row: bool = False
    count: int = 1
    entry: Entry | None = None
