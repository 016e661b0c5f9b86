"""The message of the night, as a whole and line by line.

The files in ``golden`` are what on-call reads. Set ``SF_HEALTH_WRITE_GOLDEN=1`` to write them anew, and read the difference.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pendulum
import pytest
from known import AT
from reports import states

from airflow_sf_health.causes import CAUSE_IDS, cause
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.layout import WIDTH
from airflow_sf_health.present.notice import notice
from airflow_sf_health.present.text import Situation, headline, message, one_line
from airflow_sf_health.report import Cost, Finding, Identity, Level, Proof, Report, Reused
from airflow_sf_health.report.finding import Candidate

GOLDEN = Path(__file__).parent / "golden"
SITUATION = Situation(consequence="Failed at once; 3 retries were not spent.", docs_url="https://docs.example")
STATES = states()
each_state = pytest.mark.parametrize("name", STATES)


def text_of(report: Report) -> str:
    situation = SITUATION if report.no_retry_heals else replace(SITUATION, consequence="")
    return f"{message(report, situation)}\n\n{one_line(report, situation)}\n"


@each_state
def test_golden(name: str) -> None:
    """The message and the one line of each state, word by word."""
    file = GOLDEN / f"{name}.txt"
    text = text_of(STATES[name])
    if os.environ.get("SF_HEALTH_WRITE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()


def test_each_golden_file_has_its_state() -> None:
    """No file is left over."""
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(STATES)


def report_with(cause: str | None, **changes: object) -> Report:
    """A report on one failure, with all there is to name."""
    finding = Finding(
        level=Level.FAILED,
        summary="a summary that is long enough to be broken " * 4,
        cause=cause,
        saw="INVALID_SESSION_ID: " + "a word of Salesforce " * 20,
        certain=False,
        candidates=(Candidate(cause="user_inactive", tell="Login History shows it. {login_history_url}"),),
        check="user.active",
    )
    known = Report(
        conn_id="crm",
        examined_at=AT,
        findings=(finding,),
        login_host="acme.my.salesforce.com",
        identity=Identity(
            username="integration@acme.com",
            user_id="005Hs0000000001MAA",
            org_id="00DHs0000000001MAA",
            host="acme.my.salesforce.com",
            profile_id="00eHs0000000001MAA",
        ),
        contact="crm-admins@acme.com",
        version="59.0",
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def no_wider_than_a_screen(text: str) -> bool:
    return all(len(line) <= WIDTH or re.fullmatch(r"\s*https?://\S+", line) for line in text.splitlines())


def report_of(cause_id: str) -> Report:
    """A report on a failure of this cause, as uncertain as the first form in which it is recognised."""
    known = cause(cause_id)
    form = known.recognisers[0] if known.recognisers else None
    certain = form is None or form.certain
    candidates = () if certain else tuple(Candidate(cause=each.cause, tell=each.tell) for each in known.candidates)
    finding = Finding(
        level=Level.FAILED,
        summary=known.title,
        cause=cause_id,
        saw=": ".join(filter(None, (form.code, form.message or form.message_has))) if form else "",
        certain=certain,
        candidates=candidates,
        check="session.login",
    )
    return replace(report_with(cause_id), findings=(finding,))


@pytest.mark.parametrize("cause_id", CAUSE_IDS)
def test_golden_of_each_cause(cause_id: str) -> None:
    """What on-call reads of each cause, word by word."""
    file = GOLDEN / "causes" / f"{cause_id}.txt"
    text = text_of(report_of(cause_id))
    if os.environ.get("SF_HEALTH_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def test_each_golden_file_has_its_cause() -> None:
    """No file is left over."""
    assert {file.stem for file in (GOLDEN / "causes").glob("*.txt")} == set(CAUSE_IDS)


@pytest.mark.parametrize("identity", [None, Identity()], ids=["known", "nobody"])
@pytest.mark.parametrize("cause_id", [*CAUSE_IDS, None])
def test_every_cause_can_be_said(cause_id: str | None, identity: Identity | None) -> None:
    """Each cause makes a message of at most 120 columns (links stand whole), and one line, with no placeholder left."""
    report = report_with(cause_id, **({"identity": identity} if identity else {}))
    whole, line = message(report), one_line(report)
    assert no_wider_than_a_screen(whole)
    assert "\n" not in line
    assert not re.search(r"\{\w+\}", whole + line)
    assert not re.search(r"[ \t]$", whole, re.MULTILINE)
    assert "None" not in whole + line


@each_state
def test_states_fit_a_screen(name: str) -> None:
    """No state's message is wider than 120 columns."""
    assert no_wider_than_a_screen(message(STATES[name]))


def test_headline_names_which_of_many() -> None:
    """What a chat shows of a task's objects, fields and owners says which one, in a bounded number of characters."""
    long = "Account.Phone takes 20 characters, and took 40 characters; " * 9
    found = Finding(level=Level.FAILED, summary=long, cause="schema_changed", check="metadata.drift")
    report = replace(report_with("schema_changed"), findings=(found,))
    for line in (headline(report), one_line(report)):
        assert "(Account.Phone takes 20 characters, and took 40 characters; Account.Phone" in line
    assert len(headline(report)) < 320
    other = replace(report, findings=(replace(found, check="session.login"),))
    assert "Account.Phone" not in headline(other)


def test_line_with_nothing_to_say_is_left_out() -> None:
    """Of a healthy report nothing is told but who, and what was asked."""
    report = Report(conn_id="", examined_at=AT, findings=(), login_host="login.salesforce.com")
    assert message(report) == (
        "The Salesforce connection is healthy.\n\n"
        "  user     the user of this connection, logging in at login.salesforce.com\n"
        "  asked    0 of 0 checks; 0 HTTP requests, 0 API calls, 0.00 s"
    )
    assert one_line(report) == headline(report) == "The Salesforce connection is healthy."


@pytest.mark.parametrize(
    ("cause_id", "certain", "answer"),
    [
        ("user_inactive", True, "no."),
        ("user_inactive", False, "no."),
        ("bad_credentials", False, "only if the cause is another than it looks: Salesforce does not say the reason."),
        ("session_expired", True, "yes, at once."),
        ("org_maintenance_or_unavailable", True, "yes, in about 5 minutes: time may heal it."),
        ("connection_not_found", True, "no."),
        (
            "connection_not_found",
            False,
            "only if the cause is another than it looks: Airflow does not say the reason.",
        ),
    ],
)
def test_retry_line(cause_id: str, certain: bool, answer: str) -> None:
    """The retry line says yes or no, when, and then what the task does."""
    one_more = cause_id in ("bad_credentials", "connection_not_found")
    candidates = (Candidate(cause="network_timeout", tell="x"),) if one_more else ()
    report = report_with(None)
    finding = replace(report.findings[0], cause=cause_id, certain=certain, candidates=candidates)
    text = message(replace(report, findings=(finding,)), Situation(consequence="And so on."))
    line = next(line for line in text.splitlines() if line.startswith("  retry"))
    assert line == f"  retry    {answer} And so on."


def test_others_are_told_once() -> None:
    """What else is wrong has a line; the same cause under another check's name has none."""
    report = report_with("user_inactive")
    main = report.findings[0]
    others = (
        replace(main, check="session.login"),
        Finding(level=Level.WARNING, summary="SOAP ends", cause="soap_login_retiring", check="session.login_flow"),
        Finding(level=Level.WARNING, summary="too many rights", check="access.api_only"),
        Finding(level=Level.UNKNOWN, summary="hidden", check="user.license"),
    )
    lines = message(replace(report, findings=(main, *others))).splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("  also"))
    assert lines[at] == "  also     session.login_flow: SOAP ends"
    assert lines[at + 1] == "           access.api_only: too many rights"
    assert lines[at + 2].startswith("  asked")


def test_age_of_the_proof() -> None:
    """The proof's age is told in seconds, by the flow that gave it."""
    proof = Proof(at=AT.subtract(seconds=12), flow="jwt_bearer", fresh=True)
    text = message(report_with(None, proof=proof, cost=Cost(http_requests=1, api_calls=1, seconds=1.234)))
    assert "login proven 12 s ago by JWT bearer; 1 HTTP request, 1 API call, 1.23 s" in " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shared_login", "; login proven 48 s ago by JWT bearer, by a shared login; 1 HTTP request, 1 API call"),
        (
            "reused",
            "; as examined 12 s ago by load_accounts.preflight; login proven 60 s ago by JWT bearer, by a shared login;",
        ),
        ("reused_refusal", "; as examined 12 s ago by load_accounts.preflight; 0 HTTP requests"),
    ],
)
def test_what_is_another_tasks(name: str, words: str) -> None:
    """The line on what was asked says whose login and whose examination it was, and how old they are now."""
    assert words in coverage(STATES[name])
    assert words in " ".join(message(STATES[name], SITUATION).split())


def test_long_age_of_the_proof() -> None:
    """From two minutes on the age is told in minutes."""
    proof = Proof(at=AT.subtract(minutes=20), flow="jwt_bearer", fresh=True, shared=True)
    assert "login proven 20 minutes ago by JWT bearer, by a shared login" in coverage(report_with(None, proof=proof))


def test_reused_report_of_nobody() -> None:
    """Where nobody knows whose it was, its age alone is told."""
    assert "; as examined 0 s ago;" in coverage(report_with(None, reused=Reused(at=AT.subtract(seconds=3), by="")))


@pytest.mark.parametrize("name", ["refused_now", "refused_before"])
def test_next_attempt(name: str) -> None:
    """The retry line ends with when the login is really tried again, in UTC; so does the notice's sentence."""
    said = "Next real login attempt not before 02:01:13 UTC."
    berlin = STATES[name].next_login.in_timezone("Europe/Berlin")  # type: ignore[union-attr]
    report = replace(STATES[name], next_login=berlin)
    line = next(line for line in message(report, SITUATION).splitlines() if line.startswith("  retry"))
    assert line == f"  retry    no. Failed at once; 3 retries were not spent. {said}"
    assert "; retries will not help; next real login attempt not before 02:01:13 UTC." in notice(
        report, SITUATION, where="", link=""
    )


def test_notice_of_a_reused_report() -> None:
    """It says whose examination it was, beside whom it concerns."""
    told = notice(STATES["reused_refusal"], SITUATION, where="", link="")
    assert " · as examined 12 s ago by load_accounts.preflight\n" in told


def test_measured_clock_leads() -> None:
    """All that a chat shows has the number; where it only may be the clock, it has none."""
    assert "is wrong (this machine's clock is 5 min 2 s behind Salesforce's). The" in one_line(STATES["clock_behind"])
    report = STATES["clock_behind"]
    unsure = replace(report, findings=tuple(replace(each, certain=False) for each in report.findings))
    assert "is wrong. The" in one_line(unsure)


@pytest.mark.parametrize(("sandbox", "kind"), [(None, "org"), (True, "sandbox"), (False, "production org")])
def test_kind_of_org(sandbox: bool | None, kind: str) -> None:
    """The org is called what is known of it."""
    report = report_with(None)
    text = message(replace(report, identity=replace(report.identity, is_sandbox=sandbox)))
    assert f"in acme.my.salesforce.com, {kind} 00DHs0000000001MAA" in text


def remembered(**changes: object) -> Report:
    """The refused login of an inactive user whose ids are remembered."""
    known = Identity(
        username="integration@acme.com",
        user_id="005Hs0000000001MAA",
        org_id="00DHs0000000001MAA",
        host="acme.my.salesforce.com",
        is_sandbox=False,
        as_of=pendulum.datetime(2026, 11, 20, 3, 0, 59, tz="Europe/Berlin"),
    )
    return replace(STATES["inactive"], identity=known, **changes)  # type: ignore[arg-type]


def test_who_it_was() -> None:
    """Where the login tells nobody, the message says who it was, and as of when, in UTC."""
    words = " ".join(message(remembered(), SITUATION).split())
    user = "integration@acme.com (005Hs0000000001MAA) in acme.my.salesforce.com"
    assert f"user {user}, production org 00DHs0000000001MAA, as of 2026-11-20 02:00 UTC saw" in words


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        ("this host only", "; memory: this host only"),
        ("no memory: the store is locked", "; no memory: the store is locked"),
        ("", "used"),
    ],
)
def test_how_far_the_memory_reaches(memory: str, said: str) -> None:
    """The line on what was asked ends with the memory; where there is none to be had, it says nothing of it."""
    asked = coverage(replace(STATES["healthy"], memory=memory))
    assert asked.endswith(said)
