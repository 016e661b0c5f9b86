"""The cause files: complete, well formed, and written so that the message of the night can use them as they are."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from airflow_sf_health import causes
from airflow_sf_health.causes import CAUSE_IDS, PLACEHOLDERS, Cause, Kind, Retry, cause

STABLE_IDS = frozenset(
    [
        "user_inactive",
        "user_frozen_or_locked",
        "user_contained",
        "password_expired",
        "bad_credentials",
        "security_token_required",
        "wrong_login_host",
        "login_ip_restricted",
        "login_hours_restricted",
        "mfa_or_verification",
        "session_expired",
        "session_refused_by_policy",
        "refresh_token_expired",
        "token_request_busy",
        "token_store_unusable",
        "app_not_approved",
        "app_blocked_or_missing",
        "oauth_scope_missing",
        "jwt_invalid",
        "clock_skew",
        "grant_type_unsupported",
        "run_as_user_missing",
        "soap_login_disabled",
        "soap_login_retiring",
        "license_missing_or_expired",
        "permissions_changed",
        "api_disabled_for_user",
        "api_disabled_for_org",
        "api_only_user_ui",
        "object_or_field_access",
        "transaction_security_block",
        "schema_changed",
        "metadata_cache_stale",
        "owner_inactive",
        "s2s_connection_owner_inactive",
        "queue_not_usable",
        "request_limit",
        "concurrent_limit",
        "bulk_limit",
        "storage_limit",
        "login_rate_limited",
        "audit_field_permission",
        "api_version_retired",
        "wrong_org",
        "org_inactive_or_expired",
        "org_read_only",
        "org_maintenance_or_unavailable",
        "network_timeout",
        "network_dns_or_tls",
        "lock_contention",
        "query_error",
        "query_timeout",
        "data_error",
        "connection_incomplete",
        "connection_not_found",
        "airflow_unavailable",
        "unknown",
    ]
)
"""Ids that stay as they are: logs, dashboards and waivers name them."""

WROTE_NOTHING_UNSURE = {
    "owner_inactive",
    "s2s_connection_owner_inactive",
    "queue_not_usable",
    "object_or_field_access",
    "transaction_security_block",
    "schema_changed",
    "metadata_cache_stale",
    "bulk_limit",
    "storage_limit",
    "audit_field_permission",
    "lock_contention",
    "query_error",
    "query_timeout",
    "data_error",
}
"""Causes that show after rows were sent: their advice must not speak of running again as if nothing were written."""

every_cause = pytest.mark.parametrize("cause_id", CAUSE_IDS)


def words_of(known: Cause) -> list[str]:
    steps = [f"{step.role}: {step.text}" for step in known.steps]
    tells = [candidate.tell for candidate in known.candidates]
    return [known.title, known.action, known.means, known.shows, known.works_again, *steps, *tells]


def test_ids() -> None:
    """The catalogue lists its files in order, has a file for each stable id, and no other."""
    assert list(CAUSE_IDS) == sorted(CAUSE_IDS)
    assert set(CAUSE_IDS) == STABLE_IDS


@every_cause
def test_file_is_whole(cause_id: str) -> None:
    """Every file reads, and says who does what in sentences that fit the message around them."""
    known = cause(cause_id)
    assert known.id == cause_id
    assert known.articles
    assert not known.title.endswith(".")
    assert not known.action.endswith(".")
    assert len(known.title) <= 100, "the title stands in one line with the connection's name"
    assert known.means.endswith(".")
    assert len(re.findall(r"[.:;] ", known.means)) <= 3, "what it means is said in a sentence or two"


@every_cause
def test_titles_complete_the_sentence(cause_id: str) -> None:
    """A title goes on after "is unhealthy:", so it begins in lower case unless with a name."""
    first = cause(cause_id).title.split()[0]
    assert first[0].islower() or first in {"Salesforce", "Airflow"}


@every_cause
def test_retry_delay(cause_id: str) -> None:
    """A cause that time may heal suggests when to try again; the others do not."""
    known = cause(cause_id)
    assert (known.retry_after is not None) == (known.retry is Retry.LATER)


@every_cause
def test_steps_say_who_and_what(cause_id: str) -> None:
    """A step has a role and begins with a verb in lower case; its link, if any, stands last and alone."""
    for step in cause(cause_id).steps:
        assert re.match(r"[A-Z][A-Za-z ()]+$", step.role)
        assert re.match(r"[a-z]", step.text), step.text
        assert re.search(r"[.](?: \{\w+_url\})?$", step.text), step.text
        assert not re.search(r"\{\w+_url\}.", step.text), f"a link in the middle: {step.text}"


@every_cause
def test_setup_steps_name_the_place(cause_id: str) -> None:
    """Who administers Salesforce or owns a connection is told where to click or look."""
    place = re.compile(
        r"Setup >|Admin > Connections|\{conn_id\}|Data Loader|Connections tab|Skyvia|DAG|Salesforce Support|account executive"
    )
    for step in cause(cause_id).steps:
        if "administrator" in step.role or "connection owner" in step.role:
            assert place.search(step.text) or step.role.startswith(("Airflow adm", "Network")), step.text


@every_cause
def test_placeholders(cause_id: str) -> None:
    """Every name in braces is one that the message can fill, and every brace is one of a placeholder."""
    for text in words_of(cause(cause_id)):
        filled = re.sub(r"\{(\w+)\}", lambda match: PLACEHOLDERS[match[1]], text)
        assert "{" not in filled
        assert "}" not in filled


@every_cause
def test_articles(cause_id: str) -> None:
    """Articles are reachable over https, and a numbered one has its number in the address."""
    for article in cause(cause_id).articles:
        assert article.url.startswith("https://")
        if article.number:
            assert article.number in article.url


@every_cause
def test_candidates(cause_id: str) -> None:
    """A candidate is another, stable id, with one sentence that tells it apart."""
    known = cause(cause_id)
    for candidate in known.candidates:
        assert candidate.cause in STABLE_IDS - {cause_id}
        assert re.search(r"[.](?: \{\w+_url\}| \{host\})?$", candidate.tell)
    assert len({candidate.cause for candidate in known.candidates}) == len(known.candidates)
    if not all(recogniser.certain for recogniser in known.recognisers):
        assert known.candidates, "who is not certain says what else it may be"


@every_cause
def test_hints(cause_id: str) -> None:
    """What is said of one form of a cause is a sentence that needs no filling."""
    for recogniser in cause(cause_id).recognisers:
        assert re.fullmatch(r"([A-Z][^{}]+\.)?", recogniser.hint)


@every_cause
def test_nobody_is_sent_to_clear_after_writing(cause_id: str) -> None:
    """Running again is advised together with the assurance that nothing was written, and never where rows may have been."""
    for step in cause(cause_id).steps:
        if re.search(r"\bclear it\b|run this task again", step.text):
            assert "The preflight wrote nothing to Salesforce." in step.text
            assert cause_id not in WROTE_NOTHING_UNSURE


def test_masked_refusals_never_rotate_first() -> None:
    """Where Salesforce hides the reason, the password comes last: Login History is read before anything is changed."""
    steps = [step.text for step in cause("bad_credentials").steps]
    assert "Login History" in steps[0]
    correcting = next(number for number, text in enumerate(steps) if "correct" in text and "password" in text)
    assert correcting >= 3
    assert steps[correcting].startswith("only when")
    assert "password and key stay as they are" in steps[1]


@every_cause
def test_reauth_only_where_a_token_helps(cause_id: str) -> None:
    """A new token mends a dead session and nothing else in this catalogue."""
    assert cause(cause_id).reauth == (cause_id == "session_expired")


@every_cause
def test_transient_means_retry(cause_id: str) -> None:
    """What passes by itself may be tried again."""
    if cause(cause_id).kind is Kind.TRANSIENT:
        assert cause(cause_id).retry is not Retry.NEVER


def test_cause_is_kept() -> None:
    """A file is read once."""
    assert cause("user_inactive") is cause("user_inactive")


def test_no_such_cause() -> None:
    """An unknown id is a KeyError that lists the known ones."""
    with pytest.raises(KeyError, match="user_inactive"):
        cause("user_inactiv")


def test_no_such_name() -> None:
    """The package answers for names it does not have like any module."""
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = causes.nothing_here


def test_public_names() -> None:
    """What ``__all__`` promises is there."""
    for name in causes.__all__:
        assert getattr(causes, name) is not None


def test_importing_reads_no_file() -> None:
    """Importing the package loads neither the TOML reader nor an HTTP library nor Airflow."""
    code = (
        "import sys, airflow_sf_health.causes\n"
        "bad = {'tomllib', 'importlib.resources', 'requests', 'urllib3', 'simple_salesforce', 'airflow'}\n"
        "print(sorted(bad & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
