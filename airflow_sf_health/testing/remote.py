"""Talks to the control endpoint of a fake org that runs in another process. Needs nothing but the standard library."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECONDS = 10.0


class RemoteError(Exception):
    """The fake org could not be reached, or refused what was asked."""


def runtime_file() -> Path:
    """Where `sf-health fake-org` leaves the address of its control endpoint, for this user of this machine."""
    directory = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(directory) / f"sf-health-fake-org-{getpass.getuser()}.json"


def announce(control_url: str) -> None:
    """Leave the address for others of the same user to find."""
    runtime_file().unlink(missing_ok=True)
    descriptor = os.open(runtime_file(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"control": control_url, "pid": os.getpid()}, file)


def withdraw(control_url: str) -> None:
    """Take the address back, unless another org has left its own since."""
    if announced() == control_url:
        runtime_file().unlink(missing_ok=True)


def announced() -> str | None:
    try:
        return str(json.loads(runtime_file().read_text())["control"])
    except (OSError, ValueError, KeyError):
        return None


def call(method: str, path: str, body: Any = None, control_url: str | None = None) -> Any:
    """The answer of the control endpoint, by default of the org that announced itself.

    :raises RemoteError: when there is none, or it refuses.
    """
    url = control_url or announced()
    if url is None:
        raise RemoteError("no fake org runs here. Start one with `sf-health fake-org`, or name it with --control URL.")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data, {"Content-Type": "application/json"}, method=method)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise RemoteError(_reason(error.read()) or f"{url} answered {error}") from None
    except OSError as error:
        raise RemoteError(f"no fake org answers at {url}: {error}") from None


def export_lines(environ: Mapping[str, str]) -> str:
    """The variables as a shell reads them."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environ.items())


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
