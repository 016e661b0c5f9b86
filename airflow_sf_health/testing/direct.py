"""The data plane asked without a network, as one user: for tests of the fake org itself, and to prepare its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_sf_health.testing.call import Call, Reply
from airflow_sf_health.testing.dataplane import dispatch
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.seed import default_org
from airflow_sf_health.testing.state import OrgState, Row, User


@dataclass
class Direct:
    """Calls as one user, by default the first of a new default org."""

    state: OrgState = field(default_factory=lambda: default_org(""))
    user: User = field(init=False)
    version: str = "62.0"

    def __post_init__(self) -> None:
        self.user = self.state.users[0]

    def of(self, username: str) -> Direct:
        """The same org, asked by another user.

        :raises KeyError: when the org has no such user.
        """
        user = self.state.user_named(username)
        if user is None:
            raise KeyError(username)
        other = Direct(self.state, self.version)
        other.user = user
        return other

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **query: str
    ) -> Reply:
        """One call below ``/services/data/vNN.0``; a refusal is the reply that the web layer makes of it."""
        call = Call(self.state, self.user, self.version, method, path, query, headers or {}, body)
        try:
            return dispatch(call)
        except ApiError as error:
            return Reply(error.status, error.body)

    def query(self, soql: str) -> Reply:
        return self.ask("GET", "query", q=soql)

    def rows(self, soql: str) -> list[Row]:
        """The rows of a query, without their attributes.

        :raises AssertionError: when the query is refused.
        """
        reply = self.query(soql)
        assert reply.status == 200, reply.body
        return [{name: value for name, value in row.items() if name != "attributes"} for row in reply.body["records"]]

    def composite(self, *parts: Mapping[str, Any], **options: Any) -> list[Row]:
        """Results of the parts of a composite request.

        :raises AssertionError: when the request as a whole is refused.
        """
        reply = self.ask("POST", "composite", {"compositeRequest": list(parts), **options})
        assert reply.status == 200, reply.body
        results: list[Row] = reply.body["compositeResponse"]
        return results
