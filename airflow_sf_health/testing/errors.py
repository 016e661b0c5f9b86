"""Refusals of the fake org: raised anywhere while a request is answered, rendered by the reply kind of its path.

Shapes (facts 3.1): REST errors are an array of objects, OAuth errors an object, Bulk API 1.0 answers XML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

JSON = "application/json;charset=UTF-8"

BULK_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?><error\n   xmlns="http://www.force.com/2009/06/asyncapi/dataload">\n'
    " <exceptionCode>{code}</exceptionCode>\n <exceptionMessage>{message}</exceptionMessage>\n</error>"
)


class ApiError(Exception):
    """A refusal by the data plane: ``[{"message": …, "errorCode": …}]``.

    ``fields`` is sent where given, also when empty, as DML errors do. ``code_first`` puts ``errorCode`` before
    ``message``, which is how Salesforce orders the two for a row that is not found.
    """

    def __init__(
        self, status: int, code: str, message: str, fields: list[str] | None = None, *, code_first: bool = False
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.code_first = code_first

    @property
    def body(self) -> list[dict[str, Any]]:
        """The REST array, for a reply of its own or for one part of a composite reply."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.code_first:
            error = {"errorCode": self.code, "message": self.message}
        if self.fields is not None:
            error["fields"] = self.fields
        return [error]

    def response(self) -> Response:
        return JSONResponse(self.body, self.status, media_type=JSON)

    def bulk_response(self) -> Response:
        """The same refusal by Bulk API 1.0, which knows no 401: a dead session is HTTP 400 (captured)."""
        status, code, message = self.status, self.code, self.message
        if status == 401:
            status, code, message = 400, "InvalidSessionId", "Invalid session id"
        body = BULK_ERROR.format(code=escape(code), message=escape(message))
        return Response(body, status, media_type="application/xml")


class OAuthError(Exception):
    """A refusal by the token endpoint: ``{"error": …, "error_description": …}``, HTTP 400 (captured)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description

    def response(self) -> Response:
        body = {"error": self.error, "error_description": self.description}
        return JSONResponse(body, 400, {"Cache-Control": "no-store"}, media_type=JSON)


async def render_api_error(request: Request, error: Exception) -> Response:
    """Starlette exception handler for ``ApiError``."""
    assert isinstance(error, ApiError)
    return error.bulk_response() if request.url.path.startswith("/services/async/") else error.response()


async def render_oauth_error(request: Request, error: Exception) -> Response:
    """Starlette exception handler for ``OAuthError``."""
    assert isinstance(error, OAuthError)
    return error.response()
