"""What is part of a question, so that who has other checks, other causes or another second user gets an answer of his own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health.causes import site_digest, use_site_causes
from airflow_sf_health.checks import _site
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.report import Report
from airflow_sf_health.testing import FakeOrg

Connect = Callable[..., None]
CAUSE = """+++
extends = true
contact = "{contact}"
+++
"""


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch, crm_prod: Connect) -> Iterator[None]:
    """What the site shares unless it chooses otherwise; what a test has installed goes out again."""
    for name, seconds in {"PASS_TTL": "60", "TOKEN_TTL": "1800", "REFUSAL_TTL": "60"}.items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", seconds)
    yield
    monkeypatch.undo()
    use_site_causes("")
    scan_anew()


def scan_anew() -> None:
    """As a process that begins."""
    _site.found.cache_clear()
    _site.installed.cache_clear()


def look() -> Report:
    return Preflight.of("crm_prod", None, None, None, by="dag.task").look()


def install(site: Path, version: str, check_id: str = "acme.mine") -> None:
    """A distribution with a check of the site's."""
    info = site / "acme_checks-1.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-checks\n{version}")
    (info / "entry_points.txt").write_text(f"[airflow_sf_health.checks]\n{check_id} = acme_checks:CHECK\n")
    scan_anew()


def test_another_version_of_the_sites_checks_is_another_question(
    org: FakeOrg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """None, one, a newer one, another one, and one whose version cannot be told; each is shared among those who have the same."""
    monkeypatch.syspath_prepend(tmp_path)
    look()
    for version, check_id in [
        ("Version: 1.0\n", "acme.mine"),
        ("Version: 1.1\n", "acme.mine"),
        ("", "acme.mine"),
        ("", "acme.b"),
    ]:
        install(tmp_path, version, check_id)
        assert [look().reused is None for _ in range(2)] == [True, False]


def test_edited_causes_are_another_question(org: FakeOrg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that began before the edit goes on with the causes that it read, and shares with those that have the same."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CAUSES", str(tmp_path))
    digests = []
    for contact in ("#one", "#two"):
        (tmp_path / "user_inactive.md").write_text(CAUSE.format(contact=contact))
        use_site_causes("")  # as a process that begins
        assert [look().reused is None for _ in range(2)] == [True, False]
        digests.append(site_digest())
    assert "" not in digests
    (tmp_path / "user_inactive.md").write_text(CAUSE.format(contact="#one"))
    assert look().reused is not None
    use_site_causes("")
    assert (site_digest(), look().reused is None) == ("", False)
    assert site_digest() == digests[0]


def test_a_second_user_with_another_credential_is_another_question(
    org: FakeOrg, crm_prod: Connect, connect_to_fake_org: Connect
) -> None:
    """Who has mended the diagnostic connection is told at once what it sees; a file that cannot be read is no reason to fail."""
    crm_prod("password", diagnostic_conn_id="crm_admin")
    org.user().frozen = True
    no_key: dict[str, Any] = {"private_key": None, "private_key_file_path": "/none"}
    seconds: list[tuple[str, dict[str, Any]]] = [
        ("soap_token", {"security_token": "wrong"}),
        ("soap_token", {}),
        ("jwt", no_key),
    ]
    for flow, more in seconds:
        connect_to_fake_org("crm_admin", flow, username="admin@acme.com", **more)
        assert [look().reused is None for _ in range(2)] == [True, False]
