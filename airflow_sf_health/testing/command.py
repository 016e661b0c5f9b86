"""What `sf-health fake-org` does: serve an org until the process is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from airflow_sf_health.testing.fake_org import FakeOrg
from airflow_sf_health.testing.remote import announce, export_lines, withdraw

HEAD = """\
# A fake Salesforce org serves {host}; it ends with Ctrl-C.
# Changed while it runs:  sf-health fake-org set user.active=false      (control: {control})
# In another shell:       eval "$(sf-health fake-org env)"
"""


def serve(control_port: int, latency: float, part_latency: float, show: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; shows the shell lines that lead clients here.

    :raises OSError: when the control port is taken.
    """
    with FakeOrg(latency=latency, part_latency=part_latency, control_port=control_port) as org:
        control = org.control_url
        announce(control)
        try:
            with stop_signal() as stop:
                show(HEAD.format(host=org.state.org.host, control=control) + export_lines(org.environ()))
                stop.wait()
        finally:
            withdraw(control)


@contextmanager
def stop_signal() -> Iterator[threading.Event]:
    """An event that is set by SIGINT or SIGTERM while the block runs."""
    stop = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, lambda *_: stop.set()) for each in signals]
    try:
        yield stop
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
