"""A refused login by JWT bearer beside the measured distance of the clocks."""

from __future__ import annotations

from email.utils import format_datetime

import pytest
from known import AT

from airflow_sf_health.causes import Diagnosis, diagnose
from airflow_sf_health.diagnosis import diagnose as diagnose_anything
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow

EXPIRED, REFUSED = "expired authorization code", "invalid assertion"


def refused(message: str, ahead: float | None, flow: LoginFlow = LoginFlow.JWT_BEARER) -> Refusal:
    """A refusal that met a machine whose clock was so many seconds ahead; None: no date in it."""
    date = format_datetime(AT.subtract(seconds=ahead)) if ahead is not None else None
    refusal = Refusal(shape=Shape.OAUTH, status=400, code="invalid_grant", message=message, server_date=date)
    return refusal.seen(where=flow.request_label, at=AT.to_iso8601_string())


def found(message: str, ahead: float | None, flow: LoginFlow = LoginFlow.JWT_BEARER) -> Diagnosis:
    return diagnose(refused(message, ahead, flow))


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (-180, "This machine's clock is 3 min behind Salesforce's."),
        (-302, "This machine's clock is 5 min 2 s behind Salesforce's."),
        (302, "This machine's clock is 5 min 2 s ahead of Salesforce's."),
        (-86_400, "This machine's clock is 24 h behind Salesforce's."),
    ],
)
def test_clock_that_explains_the_refusal(ahead: float, words: str) -> None:
    """It is certain, no other cause is named, and the number leads."""
    diagnosis = found(EXPIRED, ahead)
    assert (diagnosis.cause, diagnosis.certain, diagnosis.candidates) == ("clock_skew", True, ())
    assert diagnosis.hint.startswith(words)


@pytest.mark.parametrize("ahead", [-60, -1, 0, 60])
def test_clocks_that_agree(ahead: float) -> None:
    """Then it is the request and not the clock, and the message says that the clocks agree; a later try may still tell more."""
    diagnosis = found(EXPIRED, ahead)
    assert (diagnosis.cause, diagnosis.certain) == ("jwt_invalid", False)
    assert "clock_skew" not in {each.cause for each in diagnosis.candidates}
    assert "The clock is not the reason" in diagnosis.hint
    assert "agree" in diagnosis.hint


@pytest.mark.parametrize("ahead", [-120, 90])
def test_clock_that_is_off_and_explains_nothing(ahead: float) -> None:
    """Between the two it is told, and stays as uncertain as without a measure."""
    diagnosis = found(EXPIRED, ahead)
    assert (diagnosis.cause, diagnosis.certain) == ("clock_skew", False)
    assert diagnosis.candidates == found(EXPIRED, None).candidates
    assert "not enough for this refusal" in diagnosis.hint


def test_no_measure() -> None:
    """Without a date, or for a login by another flow, nothing is said of the clocks."""
    assert found(EXPIRED, None).hint == ""
    assert found(EXPIRED, -302, LoginFlow.REFRESH_TOKEN).hint == ""
    assert not found(EXPIRED, -302, LoginFlow.REFRESH_TOKEN).certain


def test_refused_signature() -> None:
    """A refused signature stays one; that the clocks agree is told, and a wrong clock makes it uncertain."""
    agreeing, wrong, off = (found(REFUSED, ahead) for ahead in (1, -302, -90))
    assert {each.cause for each in (agreeing, wrong, off)} == {"jwt_invalid"}
    assert (agreeing.certain, wrong.certain, off.certain) == (True, False, True)
    assert agreeing.hint == "The clock is not the reason: this machine's and Salesforce's agree (1 s apart)."
    assert [each.cause for each in wrong.candidates] == ["clock_skew"]
    assert "1 min 30 s behind" in off.hint


def test_other_refusals_say_nothing_of_clocks() -> None:
    """An inactive user is one by any clock."""
    assert found("inactive user", -302).hint == ""


def test_the_public_diagnosis_knows_it_too() -> None:
    """``diagnose()`` of such a refusal says the same."""
    assert diagnose_anything(refused(EXPIRED, -302)) == found(EXPIRED, -302)
