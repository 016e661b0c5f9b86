"""Secrets that sing: put into each place where a secret may stand, looked for in everything that leaves the process.

``Canaries`` gives connections whose every secret is known, learns the tokens that the fake org mints, and finds any of them,
as it is, URL-quoted, in base64, or in part, in whatever text is handed to it::

    canaries = Canaries(org)
    connection = canaries.connection("jwt")
    with canaries.logs() as logged:
        report = examine(connection)
    assert canaries.found_in(repr(report), logged()) == []
"""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from connecting import FLOWS, LOGIN_FLOWS

from airflow_sf_health.org.connection import OrgConnection, org_connection
from airflow_sf_health.testing import FakeOrg

__all__ = ["FLOWS", "LOGIN_FLOWS", "Canaries"]

PROXY_PASSWORD = "canary-proxy-password@with:signs"
SHORTEST_PART = 12
"""Characters of a secret that count as a hit: a token cut for a log line is told all the same."""


class Canaries:
    """The secrets of one fake org, whose users and app get new ones that no other text contains."""

    def __init__(self, org: FakeOrg) -> None:
        self.org = org
        user, app = org.user(), org.state.apps[0]
        user.password = "canary-password-of-the-user"
        user.security_token = "canaryTokenOfTheUser1234"
        app.consumer_secret = "CANARY0SECRET0OF0THE0APP0123456789ABCDEF"
        lines = [line for line in org.private_key.splitlines() if not line.startswith("-----")]
        self.secrets = {user.password, user.security_token, app.consumer_secret, PROXY_PASSWORD, *lines}

    def fields(self, name: str, **extra: Any) -> dict[str, Any]:
        """Login, password and extra of an Airflow connection by this flow, with a proxy whose password is a secret too."""
        port = urlsplit(self.org.environ()["HTTPS_PROXY"]).port
        proxy = f"http://test:{quote(PROXY_PASSWORD, safe='')}@127.0.0.1:{port}"
        fields = self.org.connection(name, **{"proxies": {"https": proxy}, **extra})
        return {"login": fields["login"], "password": fields["password"], "extra": fields["extra"]}

    def connection(self, name: str, **extra: Any) -> OrgConnection:
        """The same as an ``OrgConnection`` with the id ``crm``."""
        return org_connection("crm", **self.fields(name, **extra))

    def remember(self) -> None:
        """Keep the session ids of now among the secrets, before they are ended."""
        self.secrets |= set(self.org.context.sessions._live)

    def found_in(self, *texts: object) -> list[str]:
        """The secrets that are in one of these texts, also quoted, encoded or in part; none is what a test expects."""
        whole = "\n".join(str(text) for text in texts)
        return sorted({secret for secret in self._all() for form in _forms(secret) if form in whole})

    def error_texts(self, error: BaseException) -> str:
        """All that an error may show: its texts, its arguments and its traceback, with the causes that it names."""
        return "\n".join([str(error), repr(error), repr(error.args), *traceback.format_exception(error)])

    @contextmanager
    def logs(self) -> Iterator[Callable[[], str]]:
        """Catch all records of all loggers from DEBUG on; the value gives their text, arguments and extras included."""
        records: list[logging.LogRecord] = []
        handler = logging.Handler(logging.NOTSET)
        handler.emit = records.append  # type: ignore[assignment, method-assign]
        root = logging.getLogger()
        names = ("", "requests", "urllib3", "simple_salesforce", "airflow_sf_health")
        loggers = [logging.getLogger(name) for name in names]
        before = [logger.level for logger in loggers]
        root.addHandler(handler)
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        try:
            yield lambda: "\n".join(f"{record.getMessage()} {vars(record)!r}" for record in records)
        finally:
            root.removeHandler(handler)
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)

    def _all(self) -> set[str]:
        """The secrets given, and each session id and refresh token that the org has minted by now."""
        refresh_tokens = {token.value for token in self.org.state.refresh_tokens}
        return self.secrets | refresh_tokens | set(self.org.context.sessions._live)


def _forms(secret: str) -> Iterator[str]:
    yield from {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }
    # A token begins with the org's id, which is no secret; what stands behind it is.
    tail = secret.rpartition("!")[2]
    yield from (tail[at : at + SHORTEST_PART] for at in range(0, len(tail) - SHORTEST_PART + 1, SHORTEST_PART))
