"""Rotating refresh tokens while processes are killed: no token is spent twice, and no grant is lost in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from org.killing import Killing
from store.postgres import running

from airflow_sf_health.org.grant_refusals import LOST, UNSURE
from airflow_sf_health.testing import FakeOrg

MOST = {"sqlite": (200, 40.0), "postgresql": (60, 15.0)}
"""Rotations, and seconds; a machine that is busy with other things may make fewer by then."""


@pytest.fixture
def url(kind: str, tmp_path: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/store.sqlite"
        return
    with running() as server:
        yield server.new_database()


@pytest.mark.parametrize("kind", list(MOST))
def test_killed_at_random_moments(org: FakeOrg, kind: str, url: str, tmp_path: Path) -> None:
    """Four processes spend four grants, are killed at random moments, and lose a reply now and then: each token was sent once at most, none was
    revoked by a second use, and each grant works in the end or is told as lost.
    """
    org.latency = 0.03
    with (
        org.fault(path="*/token", truncate="transfer", probability=0.02, seed=7) as lost_replies,
        Killing(org, url, tmp_path, seed=20_261_122) as killing,
    ):
        killing.run(*MOST[kind])
    lost_replies.clear()
    tokens = org.state.refresh_tokens
    print(f"{killing.rotations} rotations, {killing.kills} kills, {len(killing.lost)} lost, {killing.codes}")
    assert killing.strange == []
    assert max(token.times_used for token in tokens) == 1
    assert not any(token.reused for token in tokens)
    assert not [token for token in tokens if token.revoked and token.family not in killing.lost]
    assert set(killing.final_words()) <= {"", LOST, UNSURE}
    assert max(token.times_used for token in tokens) == 1
    assert (killing.rotations > 10, killing.kills > 3) == (True, True)
