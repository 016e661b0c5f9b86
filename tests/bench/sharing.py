"""What many preflights cost together that share logins and verdicts, and how fast a shared one answers."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import requests
from bench.measure import medians, ms, table
from bench.preflight import connection
from bench.run import environment, set_latency
from store.postgres import running
from workers import at_once, workers

from airflow_sf_health.edges.connections import resolve
from airflow_sf_health.edges.memory import memory
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.edges.sharing import sharing
from airflow_sf_health.examination import examine
from airflow_sf_health.org.guarded_session import GuardedSession
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.transport import Traffic
from airflow_sf_health.settings import settings
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.ids import make_id

PREFLIGHTS, PROCESSES, CONNECTIONS = 1000, 8, 20
FLOW, LATENCY = "jwt", 0.05
FLOOR_OF_GET, ANSWERS = 1.15, {"SQLite": 5, "PostgreSQL": 10}
"""Aims: warm beside one bare GET, and milliseconds of an answer by what the store is."""

EXAMINES = """
from airflow_sf_health.edges.preflight import Preflight
def examine(numbers):
    reports = [Preflight.of(f"crm_{number}", None, None, None).look() for number in numbers]
    assert all(report.verdict == "healthy" for report in reports), reports
    return sum(report.reused is not None for report in reports)
"""
ANSWERED = """
import statistics, sys, time
from airflow_sf_health.edges.preflight import Preflight
def answer():
    started = time.perf_counter()
    report = Preflight.of("sf_jwt", None, None, None).look()
    assert report.reused is not None, report
    return time.perf_counter() - started
def answers(number):
    taken = statistics.median(answer() for _ in range(number))
    assert not {"simple_salesforce", "requests"} & set(sys.modules)
    return taken
"""
FRESH = f"""
import time
import airflow.sdk
from airflow.providers.common.compat.sdk import BaseHook
started = time.perf_counter()
{ANSWERED}
answer()
print(time.perf_counter() - started)
assert not {{"simple_salesforce", "requests"}} & set(sys.modules)
"""


def run(control: str) -> str:
    """Three tables: many together, answers, and a look with a token that is there already."""
    return "\n\n".join((together(), answering(), warm(control)))


@contextmanager
def store(url: str | None = None) -> Iterator[None]:
    """A store that is empty, and lifetimes as they are where a site has chosen nothing."""
    with (
        tempfile.TemporaryDirectory(prefix="sf-health-bench-store-") as folder,
        environment({"AIRFLOW__SF_HEALTH__STORE": url or f"sqlite:///{Path(folder) / 'store.sqlite'}"}),
    ):
        yield


# Many together


def together() -> str:
    """Preflights with the same requirements, by processes that begin at the same time, counted at the fake org."""
    order = [number % CONNECTIONS for number in range(PREFLIGHTS)]
    random.Random(6).shuffle(order)
    shares = [f"examine({order[first::PROCESSES]})" for first in range(PROCESSES)]
    with org_of_many() as org, store(), workers(PROCESSES, EXAMINES) as started:
        began = time.monotonic()
        reused = sum(at_once(started, *shares))
        seconds = time.monotonic() - began
        counts = org.counts()
        done: tuple[object, ...] = (PROCESSES, CONNECTIONS, PREFLIGHTS, reused, counts.logins, counts.api_calls)
    rows = [
        ("processes", "connections", "preflights", "of them shared", "logins", "API calls", "aim", "took"),
        (*map(str, done), "20 and 20", f"{seconds:.1f} s"),
    ]
    return table("Preflights with the same requirements within one TTL of 60 s", rows)


@contextmanager
def org_of_many() -> Iterator[FakeOrg]:
    """An org with a user for each connection, and Airflow's connections to it."""
    with FakeOrg() as org, environment(org.environ()):
        for number in range(CONNECTIONS):
            user = replace(org.user(), id=make_id("005", 100 + number), username=f"user-{number}@acme.com")
            org.state.users.append(user)
            os.environ.update(org.environ_for(f"crm_{number}", FLOW, username=user.username))
        yield org


# How fast one answers


def answering() -> str:
    """The median of many answers of a warm process, and the first one of fresh processes, by store."""
    rows: list[tuple[str, ...]] = [("store", "warm process", "aim", "fresh process, beyond airflow.sdk")]
    with environment({"AIRFLOW__SF_HEALTH__PASS_TTL": "3600"}):  # a slow machine is not done within a minute
        with store():
            rows.append(answers_of("SQLite"))
        try:
            with running() as server, store(server.new_database()):
                rows.append(answers_of("PostgreSQL"))
        except pytest.skip.Exception as reason:
            rows.append(("PostgreSQL", str(reason), "", ""))
    note = "Median of 300, arguments, settings and connection included. None imports simple_salesforce or requests."
    return table("Answer of a shared verdict", rows) + "\n" + note


def answers_of(kind: str) -> tuple[str, ...]:
    examined = "Preflight.of('sf_jwt', None, None, None).look()"
    subprocess.run([sys.executable, "-c", f"{_path()}\n{EXAMINES}\n{examined}"], check=True)
    with workers(1, ANSWERED) as [one]:
        [_], [seconds] = at_once([one], "answers(20)"), at_once([one], "answers(300)")
    fresh = [float(subprocess.check_output([sys.executable, "-c", f"{_path()}\n{FRESH}"])) for _ in range(5)]
    return kind, f"{seconds * 1000:.1f} ms", f"{ANSWERS[kind]} ms", ms(statistics.median(fresh))


def _path() -> str:
    return f"import sys; sys.path[:0] = {sys.path!r}"


# With a token that is there already


def warm(control: str) -> str:
    """A look of which nothing is remembered but the login, beside one bare GET with the same token: the examination alone, and all that
    a task does, which asks for a verdict, keeps its own, and notes it in the history.
    """
    set_latency(control, LATENCY)
    with store():
        Preflight.of(f"sf_{FLOW}", None, None, None).look()
        ways = {"examine()": examination(), "a task's preflight": another_preflight()}
        taken = medians({"GET": bare_get(), **ways})
    set_latency(control, 0.0)
    rows = [("50 ms a request", "took", "one GET", "ratio", "aim", "HTTP requests")]
    rows += [
        (name, ms(taken[name]), ms(taken["GET"]), f"{taken[name] / taken['GET']:.2f} x", f"{FLOOR_OF_GET} x", "1")
        for name in ways
    ]
    return table("Healthy look with a shared token, proven within the TTL", rows)


def examination() -> Callable[[], None]:
    """With the store for logins alone."""
    chosen = settings()
    of, shared = resolve(f"sf_{FLOW}"), sharing(chosen, memory(chosen))

    def run() -> None:
        report = examine(of, sharing=shared)
        assert report.may_proceed, report
        assert (report.cost.http_requests, report.cost.logins) == (1, 0), report.cost

    return run


def another_preflight() -> Callable[[], None]:
    """Each with requirements that nobody had before, so that it cannot take a verdict."""
    records = count(1)

    def run() -> None:
        report = Preflight.of(f"sf_{FLOW}", {"records": next(records)}, None, None).look()
        assert report.may_proceed, report
        assert report.proof is not None, report
        assert (report.cost.http_requests, report.cost.logins) == (1, 0), report.cost

    return run


def bare_get() -> Callable[[], None]:
    """One GET on a connection of its own, as the examination would send it."""
    of = connection(FLOW)
    with OrgSession(of) as session:
        login = session.open()
    assert login.identity is not None
    url = f"https://{login.host}/services/data/v64.0/sobjects/User/{login.identity.user_id}?fields=IsActive"
    headers = {"Authorization": f"Bearer {login.token.reveal()}"}

    def run() -> None:
        with GuardedSession(of, Traffic()) as session:
            requests.Session.request(session, "GET", url, headers=headers, timeout=30).raise_for_status()

    return run
