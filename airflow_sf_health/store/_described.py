"""What the store gives of a describe that it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.schema.shape import ObjectShape


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDescribe:
    """A kept describe of one object, by its API name. ``at``: when it was last found to be so, ``taken_at`` when first; ``body`` is the
    whole describe, None in a listing; ``size`` is what the packed body takes, in bytes.
    """

    sobject: str
    at: pendulum.DateTime
    taken_at: pendulum.DateTime
    shape: ObjectShape
    size: int
    body: Mapping[str, Any] | None = field(default=None, repr=False)
