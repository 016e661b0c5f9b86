"""Each state of the org, examined with and without a second user to ask: never two different stories."""

from __future__ import annotations

from dataclasses import replace

import pytest
from connecting import connect
from matrix.states import FLOWS, LOGINS, STATES, State

from airflow_sf_health.examination import examine
from airflow_sf_health.report import Report
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.testing import FakeOrg

TOLD_APART = {
    "user deactivated": "user_inactive",
    "user frozen": "user_frozen_or_locked",
    "user locked out": "user_frozen_or_locked",
    "outside login hours": "login_hours_restricted",
    "address not in the profile's ranges": "login_ip_restricted",
    "password changed": "bad_credentials",
}
"""States that Salesforce masks by some flow, and that a second user can tell."""
LEFT = {"user frozen": {"user_frozen_or_locked", "user_contained"}}
"""What stays possible, where that is more than one: by whose hand a user is frozen no record tells."""
WITH_A_USER_NAME = tuple(flow for flow in LOGINS if flow not in ("client_credentials", "refresh_token"))


def possible(report: Report) -> set[str | None]:
    """What the report leaves possible."""
    main = report.main
    return set() if main is None else {main.cause, *(each.cause for each in main.candidates)}


def examined(org: FakeOrg, state: State, flow: str) -> tuple[Report, Report]:
    """The report without and with a second user, an administrator, on an org that is brought into the state in between."""
    org.reset()
    alone = connect(org, flow, **state.extra)
    second = replace(connect(org, "soap_token", username="admin@acme.com"), conn_id="crm_admin")
    state.enter(org)
    required = Requirements.of(dict(state.requires))
    return examine(alone, required), examine(replace(alone, diagnostic=second), required)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_second_user_contradicts_nothing(state: State, org: FakeOrg) -> None:
    """The verdict is the same, what was certain stays so, and what is possible only becomes less."""
    for flow in FLOWS:
        alone, helped = examined(org, state, flow)
        assert helped.verdict is alone.verdict, flow
        assert possible(helped) <= possible(alone), flow
        if alone.main is not None and alone.main.certain:
            assert helped.main is not None, flow
            assert (helped.main.cause, helped.main.certain) == (alone.main.cause, True), flow


@pytest.mark.parametrize("state", [each for each in STATES if each.name in TOLD_APART], ids=lambda state: state.name)
@pytest.mark.parametrize("flow", WITH_A_USER_NAME)
def test_a_second_user_tells_apart_what_is_masked(state: State, flow: str, org: FakeOrg) -> None:
    """Where the login's refusal names no reason, the second user does, and it is the true one."""
    alone, helped = examined(org, state, flow)
    if alone.main is None or alone.main.certain:
        pytest.skip("nothing is masked by this flow")
    assert helped.main is not None
    assert helped.main.cause == TOLD_APART[state.name]
    assert possible(helped) == LEFT.get(state.name, {helped.main.cause})
    assert helped.main.certain is (state.name not in LEFT)
    assert helped.no_retry_heals or state.name not in LEFT
    assert "crm_admin" in helped.main.saw
