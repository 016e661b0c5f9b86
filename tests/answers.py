"""An adapter of ``requests`` that answers from a list and keeps what it was asked."""

from __future__ import annotations

import io
import json
from typing import Any

import requests
from requests.adapters import BaseAdapter

DEAD: tuple[int, Any] = (401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
GOOD: tuple[int, Any] = (200, {"records": []})


class Answers(BaseAdapter):
    """Answers the requests in order by ``(status, JSON value or bytes)``, the last one for ever."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        super().__init__()
        self.answers = list(answers) or [GOOD]
        self.requests: list[requests.PreparedRequest] = []
        self.options: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        self.requests.append(request)
        self.options.append(options)
        self.tokens.append(request.headers.get("Authorization") or request.headers.get("X-SFDC-Session"))
        status, value = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        response = requests.Response()
        response.status_code, response.url, response.request = status, request.url or "", request
        response.raw = io.BytesIO(value if isinstance(value, bytes) else json.dumps(value).encode())
        return response

    def close(self) -> None:
        """Nothing is open."""
