"""A report goes out as JSON and comes back as it was."""

from __future__ import annotations

import json
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import states

from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.present.payload import FORMAT, PayloadError, dump, load
from airflow_sf_health.report import Cost, Finding, Identity, Level, Proof, Report, Reused
from airflow_sf_health.report.finding import Candidate

STATES = states()

text = st.text(max_size=30)
maybe = st.none() | text
instants = st.datetimes(min_value=pendulum.naive(2000, 1, 1), max_value=pendulum.naive(2100, 1, 1)).map(
    lambda instant: pendulum.instance(instant, "UTC")
)
flows = st.sampled_from([str(flow) for flow in LoginFlow])
findings = st.builds(
    Finding,
    level=st.sampled_from(Level),
    summary=text,
    cause=maybe,
    saw=text,
    certain=st.booleans(),
    hint=text,
    candidates=st.lists(st.builds(Candidate, cause=text, tell=text), max_size=3).map(tuple),
    check=text,
    essential=st.booleans(),
)
reports = st.builds(
    Report,
    conn_id=text,
    examined_at=instants,
    findings=st.lists(findings, max_size=4).map(tuple),
    flow=st.none() | flows,
    login_host=maybe,
    identity=st.builds(
        Identity, username=maybe, org_name=maybe, is_sandbox=st.none() | st.booleans(), as_of=st.none() | instants
    ),
    proof=st.none() | st.builds(Proof, at=instants, flow=flows, fresh=st.booleans(), shared=st.booleans()),
    next_login=st.none() | instants,
    proven_at=st.none() | instants,
    clock_ahead=st.none() | st.floats(-999, 999),
    reused=st.none() | st.builds(Reused, at=instants, by=text),
    cost=st.builds(
        Cost, http_requests=st.integers(0, 99), seconds=st.floats(0, 60), api_used=st.none() | st.integers(0)
    ),
    repairs=st.lists(text, max_size=2).map(tuple),
    ignored_fields=st.lists(text, max_size=2).map(tuple),
    contact=maybe,
    runbook=maybe,
    severity=maybe,
    version=maybe,
    second_opinion=text,
    memory=text,
)


def through_json(report: Report) -> Any:
    return json.loads(json.dumps(dump(report)))


@given(reports)
def test_round_trip(report: Report) -> None:
    """Any report is read back as it was, by way of real JSON, and dumps the same again."""
    read = load(through_json(report))
    assert read == report
    assert dump(read) == dump(report)


@pytest.mark.parametrize("name", STATES)
def test_round_trip_of_states(name: str) -> None:
    """The states of the messages come back too, with verdict and main finding."""
    read = load(through_json(STATES[name]))
    assert (read, read.verdict, read.main) == (STATES[name], STATES[name].verdict, STATES[name].main)


def test_words_for_readers() -> None:
    """Verdict, cause and summary stand in the payload for who does not want to derive them."""
    payload = through_json(STATES["inactive"])
    assert (payload["format"], payload["verdict"], payload["cause"]) == (FORMAT, "unhealthy", "user_inactive")
    assert payload["summary"].startswith("no token by JWT bearer")
    healthy = through_json(STATES["healthy"])
    assert (healthy["verdict"], healthy["cause"], healthy["summary"]) == ("healthy", None, "healthy")


def test_keys_of_a_later_version_are_passed_over() -> None:
    """A newer writer of the same format may add keys anywhere."""
    payload = through_json(STATES["masked"]) | {"later": 1}
    payload["identity"]["later"] = payload["cost"]["later"] = 1
    payload["findings"][0]["later"] = payload["findings"][0]["candidates"][0]["later"] = 1
    assert load(payload) == STATES["masked"]
    proven = through_json(STATES["healthy"])
    proven["proof"]["later"] = 1
    assert load(proven) == STATES["healthy"]


def test_keys_that_an_earlier_version_lacks_are_empty() -> None:
    """A report that was written before there were second users reads as one that asked none."""
    payload = through_json(STATES["masked_told_apart"])
    del payload["second_opinion"]
    for finding in payload["findings"]:
        del finding["hint"]
    read = load(payload)
    assert (read.second_opinion, {finding.hint for finding in read.findings}) == ("", {""})


def test_report_from_before_there_was_a_memory() -> None:
    """A report that was written before anything was remembered reads as one without memory."""
    payload = through_json(STATES["inactive"])
    del payload["memory"], payload["identity"]["as_of"]
    assert load(payload) == STATES["inactive"]


@pytest.mark.parametrize("payload", [{}, {"format": FORMAT + 1}, {"format": "1"}, None, [], "report"])
def test_other_formats(payload: Any) -> None:
    """What is no report of this format is refused with what it is and what to do."""
    with pytest.raises(PayloadError, match="use one version on all machines"):
        load(payload)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("examined_at", None),
        ("examined_at", "yesterday"),
        ("examined_at", "10:00"),
        ("examined_at", "P1D"),
        ("findings", None),
        ("findings", [1]),
        ("findings", [{"level": "terrible", "summary": "x", "candidates": []}]),
        ("findings", [{"level": "ok", "candidates": []}]),
        ("identity", None),
        ("proof", {"at": 7}),
        ("proof", ["x"]),
        ("cost", 3),
        ("repairs", None),
        ("conn_id", ...),
        ("proof", ...),
    ],
)
def test_broken_payload(key: str, value: Any) -> None:
    """A payload that was cut or changed is refused, never half read."""
    payload = through_json(STATES["healthy"])
    payload[key] = value
    if value is ...:
        del payload[key]
    with pytest.raises(PayloadError, match="cannot be read"):
        load(payload)
