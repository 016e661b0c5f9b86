"""One call of the REST API, free of the web: a composite part is the same call as a request of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.state import OrgState, User


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a resource below ``/services/data/vNN.0``, by an authenticated user."""

    state: OrgState
    user: User
    version: str
    """``62.0``"""
    method: str
    path: str
    """Below the version: ``sobjects/Account``."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""
    body: Any = None
    """Bytes of a request; the JSON value itself of a composite part."""

    @property
    def base(self) -> str:
        return f"/services/data/v{self.version}"

    @property
    def sight(self) -> Sight:
        return Sight(self.state, self.user)

    def json(self) -> Any:
        """The value of a JSON body.

        :raises ApiError: 400 JSON_PARSER_ERROR.
        """
        if not isinstance(self.body, bytes):
            return self.body
        try:
            return json.loads(self.body)
        except ValueError:
            raise ApiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is not valid JSON") from None  # inferred

    def json_object(self) -> dict[str, Any]:
        value = self.json()
        if not isinstance(value, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object")  # inferred
        return value

    def text(self) -> str:
        return self.body.decode("utf-8") if isinstance(self.body, bytes) else str(self.body or "")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a resource answers: JSON, or text where ``media_type`` says so, or nothing."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json;charset=UTF-8"

    @property
    def empty(self) -> bool:
        return self.status in (204, 304)


Handler = Callable[..., Reply]
"""Answers a call; the groups of the path's pattern are its further arguments."""


def not_found() -> ApiError:
    """Recorded: unknown id, unknown path and hidden object alike; ``errorCode`` stands first."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist", code_first=True)
