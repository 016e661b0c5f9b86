"""Turn what the HTTP library raises into a :class:`Refusal` in plain words, without URLs: proxies carry passwords."""

from __future__ import annotations

import socket
import ssl

import requests
from urllib3.exceptions import NameResolutionError

from airflow_sf_health.org.errors import Refusal, no_answer

MAY_BE_REPEATED = "connection reset"
"""How the message of a failure begins that one repetition may heal."""


def refusal_of_failure(failure: BaseException, *, host: str) -> Refusal:
    """Give the refusal for a request that got no reply.

    The words are the contract with the recognisers of the causes: "connect time limit", "read time limit", "TLS", "name does
    not resolve", "connection refused", "connection reset", "proxy".
    """
    return no_answer(_words(failure), host=host)


def _words(failure: BaseException) -> str:
    chain = list(chain_of(failure))
    if isinstance(failure, requests.ConnectTimeout):
        return "connect time limit reached"
    if isinstance(failure, requests.Timeout) or any(isinstance(each, TimeoutError) for each in chain):
        return "read time limit reached"
    # urllib3 takes a line that was cut behind a proxy for a proxy that was never reached.
    cut = any(isinstance(each, ConnectionResetError | ConnectionAbortedError | BrokenPipeError) for each in chain)
    if isinstance(failure, requests.exceptions.ProxyError) and not cut:
        return "the proxy did not let the request through"
    if (reason := _tls_reason(failure, chain)) is not None:
        return f"TLS failed: {reason}"
    if any(isinstance(each, NameResolutionError | socket.gaierror) for each in chain):
        return "name does not resolve"
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        return "connection refused"
    if isinstance(failure, requests.ConnectionError | requests.exceptions.ChunkedEncodingError | ConnectionError):
        return MAY_BE_REPEATED
    return f"the request failed ({type(failure).__name__})"


def chain_of(failure: BaseException) -> list[BaseException]:
    """The failure and what lies under it: ``requests`` and urllib3 hide the reason in ``args``, ``reason`` and causes."""
    found: list[BaseException] = []
    waiting: list[object] = [failure]
    while waiting and len(found) < 20:
        each = waiting.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]
    return found


def _tls_reason(failure: BaseException, chain: list[BaseException]) -> str | None:
    if isinstance(failure, FileNotFoundError | PermissionError):
        return f"the CA bundle '{failure.filename}' cannot be read"
    if not isinstance(failure, requests.exceptions.SSLError | ssl.SSLError):
        return None
    reason = next((each for each in chain if hasattr(each, "verify_message")), None)
    return str(getattr(reason, "verify_message", "") or "the handshake was not completed")
