"""Turn what the HTTP library raises into a :class:`Refusal` in plain words, without URLs: proxies carry passwords."""

from __future__ import annotations

import socket
import ssl

import requests
from urllib3.exceptions import (
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from airflow_sf_health.org.errors import Refusal, no_answer

MAY_BE_REPEATED = "connection reset"
"""How the message of a failure begins that one repetition may heal."""
CONNECT_LIMIT = "connect time limit reached"
"""The whole message of a failure where no connection came about in time."""
READ_LIMIT = "read time limit reached"
"""The whole message of a failure where the request was sent and no answer came in time."""

LONGEST_CHAIN = 20
"""Exceptions of a chain that are looked at."""

CUT = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""A line that was cut. Looked for before all else, since urllib3 calls the same a proxy that was never reached, and ``ssl``
calls it a broken protocol.
"""

_Rules = tuple[tuple[str, tuple[type[BaseException], ...]], ...]

_BEFORE_PROXY: _Rules = (
    (CONNECT_LIMIT, (requests.ConnectTimeout,)),
    (READ_LIMIT, (requests.Timeout, ReadTimeoutError, TimeoutError)),
    (MAY_BE_REPEATED, CUT),
    (
        "the address of the proxy cannot be read; encode the special signs of its password (# as %23, / as %2F, @ as %40)",
        (requests.exceptions.InvalidProxyURL,),
    ),
)
_BEFORE_TLS: _Rules = (
    *_BEFORE_PROXY,
    ("the proxy did not let the request through", (requests.exceptions.ProxyError, ProxyError)),
)
"""What each kind of failure is called; the first that fits something in the chain counts."""
_AFTER_TLS: _Rules = (
    ("name does not resolve", (NameResolutionError, socket.gaierror)),
    ("connection refused", (ConnectionRefusedError,)),
    (MAY_BE_REPEATED, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, ProtocolError)),
)


def refusal_of_failure(failure: BaseException, *, host: str) -> Refusal:
    """Give the refusal for a request that got no reply.

    The words are the contract with the recognisers of the causes: "connect time limit", "read time limit", "TLS", "name does
    not resolve", "connection refused", "connection reset", "proxy".
    """
    return no_answer(_words(failure), host=host)


def _words(failure: BaseException) -> str:
    chain = chain_of(failure)
    if not _named(chain, _BEFORE_PROXY) and (unreached := _unreached_proxy(chain)):
        return unreached
    tls = _tls_reason(failure, chain)
    named = _named(chain, _BEFORE_TLS) or (f"TLS failed: {tls}" if tls else None) or _named(chain, _AFTER_TLS)
    return named or f"the request failed ({type(failure).__name__})"


def _named(chain: list[BaseException], rules: _Rules) -> str | None:
    return next((words for words, kinds in rules if any(isinstance(each, kinds) for each in chain)), None)


def _unreached_proxy(chain: list[BaseException]) -> str | None:
    """What to say when not even the proxy was reached. Its host and port are those of the connection that was not made: the
    proxy's URL, which may hold a password, is not looked at.
    """
    unmade = next((each for each in chain if isinstance(each, NewConnectionError)), None)
    if unmade is None or not any(isinstance(each, requests.exceptions.ProxyError) for each in chain):
        return None
    host, port = (getattr(unmade.conn, name, None) for name in ("host", "port"))
    return f"the proxy {host}:{port} could not be reached" if host and port else "the proxy could not be reached"


class AsRaised(Exception):
    """An exception with what it was raised from, and without what was merely being handled when it was raised.

    Whatever reads an exception by :func:`chain_of` may be given one of these in its place.
    """


def chain_of(failure: BaseException) -> list[BaseException]:
    """The failure and what lies under it: ``requests`` and urllib3 hide the reason in ``args``, ``reason`` and causes.

    What was being handled when a failure was raised lies under it too, unless ``raise … from`` says otherwise.
    """
    found: list[BaseException] = []
    known: set[int] = set()
    handled_too = not isinstance(failure, AsRaised)
    waiting: list[object] = [failure] if handled_too else [*failure.args]
    while waiting and len(found) < LONGEST_CHAIN:
        each = waiting.pop()
        if isinstance(each, BaseException) and id(each) not in known:
            known.add(id(each))
            found.append(each)
            args, members = each.args[:LONGEST_CHAIN], getattr(each, "exceptions", ())
            waiting += members[:LONGEST_CHAIN] if isinstance(members, tuple) else ()
            waiting += [*args, getattr(each, "reason", None), each.__cause__]
            if handled_too and not each.__suppress_context__:
                waiting.append(each.__context__)
    return found


def _tls_reason(failure: BaseException, chain: list[BaseException]) -> str | None:
    if isinstance(failure, FileNotFoundError | PermissionError):
        return f"the CA bundle '{failure.filename}' cannot be read"
    if not isinstance(failure, requests.exceptions.SSLError | ssl.SSLError | SSLError):
        return None
    reason = next((each for each in chain if hasattr(each, "verify_message")), None)
    return str(getattr(reason, "verify_message", "") or "the handshake was not completed")
