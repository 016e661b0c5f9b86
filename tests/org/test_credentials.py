"""What a credential is known by, and what it seals."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from connecting import fields_of

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org import credentials
from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.org.credentials import Credential, credential_of

FIELDS: dict[str, dict[str, Any]] = {
    "soap_token": {"login": "u@acme.com", "password": "canary-password", "security_token": "canary-token"},
    "soap_organization": {"login": "u@acme.com", "password": "canary-password", "organization_id": "00D000000000001"},
    "password": {
        "login": "u@acme.com",
        "password": "canary-password",
        "consumer_key": "key",
        "consumer_secret": "canary-secret",
    },
    "jwt": {"login": "u@acme.com", "consumer_key": "key", "private_key": "canary-private-key"},
    "client_credentials": {"domain": "acme.my", "consumer_key": "key", "consumer_secret": "canary-secret"},
    "refresh_token": {"consumer_key": "key", "refresh_token": "canary-refresh-token"},
    "session": {"session_id": "canary-session", "instance_url": "https://acme.my.salesforce.com"},
}
HUMAN = ("soap_token", "soap_organization", "password")
MACHINE = tuple(name for name in FIELDS if name not in HUMAN)
each_flow = pytest.mark.parametrize("name", FIELDS)


def connection(name: str = "jwt", **changes: Any) -> OrgConnection:
    return fields_of(**{**FIELDS[name], **changes})


def fingerprint(connection: OrgConnection, egress: str = "host a") -> str:
    return credential_of(connection, egress).fingerprint


@pytest.fixture
def stretched(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Each time that a password was stretched; none has been yet."""
    times: list[None] = []
    really = hashlib.scrypt

    def scrypt(*args: Any, **kwargs: Any) -> bytes:
        times.append(None)
        return really(*args, **kwargs)

    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    monkeypatch.setattr(credentials, "_stretched", {})
    return times


@each_flow
def test_what_was_sealed_opens_again(name: str) -> None:
    """The same connection, built anew, opens what it sealed, and knows itself by the same 64 digits."""
    first, second = (credential_of(connection(name), "host a") for _ in range(2))
    assert second.unseal("token", first.seal("token", b"the token")) == b"the token"
    assert first.fingerprint == second.fingerprint
    assert len(bytes.fromhex(first.fingerprint)) == 32


@each_flow
def test_two_ways_to_the_internet_share_nothing(name: str) -> None:
    """Another egress is another fingerprint, and does not open what the first sealed."""
    here, there = (credential_of(connection(name), egress) for egress in ("host a", "host b"))
    assert here.fingerprint != there.fingerprint
    assert there.unseal("token", here.seal("token", b"the token")) is None
    assert replace(there, fingerprint=here.fingerprint).unseal("token", here.seal("token", b"the token")) is None


EDITS = [
    *((name, field) for name, fields in FIELDS.items() for field in fields if field not in ("domain", "instance_url")),
    *((name, "client_id") for name in ("soap_token", "soap_organization")),
    ("refresh_token", "consumer_secret"),
]


@pytest.mark.parametrize(("name", "field"), EDITS)
def test_each_edited_field_is_another_credential(name: str, field: str) -> None:
    """Whatever the owner changes of a credential, what was remembered of the old one counts no more."""
    edited = {field: "00D000000000002" if field == "organization_id" else "edited"}
    assert fingerprint(connection(name, **edited)) != fingerprint(connection(name))


@pytest.mark.parametrize(
    ("name", "edited"),
    [
        *((name, {"domain": "other.my"}) for name in FIELDS if name != "session"),
        ("jwt", {"instance_url": "other.my"}),
        ("session", {"instance_url": "https://other.my.salesforce.com"}),
        *((name, {"proxies": {"https": "http://proxy:3128"}}) for name in FIELDS),
    ],
)
def test_another_host_or_proxy_is_another_credential(name: str, edited: dict[str, Any]) -> None:
    """A token belongs to its host and to the way that leads there."""
    assert fingerprint(connection(name, **edited)) != fingerprint(connection(name))


@pytest.mark.parametrize("field", ["consumer_key", "private_key"])
def test_what_comes_after_a_ready_session_counts_too(field: str) -> None:
    """A ready session with another login behind it is another credential."""
    both = {**FIELDS["jwt"], **FIELDS["session"]}
    plain, edited = fields_of(**both), fields_of(**{**both, field: "edited"})
    assert plain.renewal is not None
    assert len({fingerprint(plain), fingerprint(edited), fingerprint(connection("session"))}) == 3


@each_flow
def test_what_is_no_part_of_the_login(name: str) -> None:
    """Id, contact, pinned version and time limits of a connection may change: its tokens stay good."""
    given = connection(name)
    other = connection(name, contact="crm-admins@acme.com", version="50.0", runbook="https://acme.com", severity="high")
    assert other != given
    same = replace(other, conn_id="another", time_limits=TimeLimits(read=1.0))
    assert fingerprint(same) == fingerprint(given)


def test_fields_are_told_apart() -> None:
    """The same texts in other fields are another credential."""
    swapped = connection("soap_token", password="canary-token", security_token="canary-password")
    assert fingerprint(swapped) != fingerprint(connection("soap_token"))


def test_a_key_in_a_file(tmp_path: Path) -> None:
    """The key itself counts, and not only where it lies: one that was replaced is another credential."""
    path = tmp_path / "key.pem"
    path.write_text("one")
    by_file = connection(private_key=None, private_key_file_path=str(path))
    before = fingerprint(by_file)
    assert fingerprint(by_file) == before
    path.write_text("two")
    assert fingerprint(by_file) != before


@pytest.mark.parametrize("name", ["none.pem", "a\0b"])
def test_a_key_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    """Without the key there is no credential; the error names connection and field."""
    by_file = connection(private_key=None, private_key_file_path=str(tmp_path / name))
    with pytest.raises(OrgConnectionError, match=r"'crm'.*private_key_file_path") as raised:
        credential_of(by_file, "host a")
    assert raised.value.field == "private_key_file_path"


def test_nothing_else_opens_it() -> None:
    """Another kind, another connection, another fingerprint or a changed byte anywhere opens nothing."""
    own, other = credential_of(connection(), "host a"), credential_of(connection("password"), "host a")
    blob = own.seal("token", b"the token")
    assert own.unseal("refusal", blob) is None
    assert other.unseal("token", blob) is None
    assert replace(own, fingerprint=other.fingerprint).unseal("token", blob) is None
    for at in range(len(blob)):
        changed = bytearray(blob)
        changed[at] ^= 1
        assert own.unseal("token", bytes(changed)) is None


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01" + bytes(12), b"\x01" + bytes(40), b"\x02" + bytes(40)])
def test_what_is_no_sealed_text(blob: bytes) -> None:
    """Whatever lies in its place, it opens nothing and raises nothing."""
    assert credential_of(connection(), "host a").unseal("token", blob) is None


def test_no_two_seals_are_alike() -> None:
    """Who sees two sealed texts cannot tell whether they say the same, nor find either in them."""
    own = credential_of(connection(), "host a")
    assert own.seal("token", b"the token") != own.seal("token", b"the token")
    assert b"the token" not in own.seal("token", b"the token")


@each_flow
def test_it_shows_nothing(name: str) -> None:
    """Neither text, nor fingerprint, nor the sealed bytes hold a secret, and it cannot be written out."""
    own = credential_of(connection(name), "host a")
    shown = f"{own!r} {own} {own.fingerprint} {own.seal('token', b'')!r}"
    assert "canary" not in shown
    assert own._key.hex() not in shown
    assert str(own._key) not in shown
    assert own.fingerprint != own._key.hex()
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(own)


@pytest.mark.parametrize("name", HUMAN)
def test_a_password_is_stretched_once(name: str, stretched: list[None]) -> None:
    """What a person thought up is made dear to guess, once per process and not for each task and thread."""
    with ThreadPoolExecutor(4) as pool:
        found = {each.fingerprint for each in pool.map(lambda _: credential_of(connection(name), "host a"), range(8))}
    assert (len(found), len(stretched)) == (1, 1)
    assert "canary" not in repr(credentials._stretched)
    credential_of(connection(name, password="edited"), "host a")
    assert len(stretched) == 2


@pytest.mark.parametrize("name", MACHINE)
def test_what_a_machine_made_is_not_stretched(name: str, stretched: list[None]) -> None:
    """A key that nobody can guess costs no time."""
    credential_of(connection(name), "host a")
    assert not stretched


def test_a_password_behind_a_ready_session_is_stretched(stretched: list[None]) -> None:
    """A session id that is known, once dead, must not make the password beside it cheap to guess."""
    both = fields_of(**FIELDS["password"], **FIELDS["session"])
    assert both.renewal is not None
    assert both.password is None
    credential_of(both, "host a")
    assert stretched


def test_a_python_without_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a password cannot be stretched there is no credential, rather than one that is cheap to guess."""

    def refuse(*_: Any, **__: Any) -> bytes:
        raise ValueError("unsupported")

    monkeypatch.setattr(hashlib, "scrypt", refuse)
    monkeypatch.setattr(credentials, "_stretched", {})
    with pytest.raises(OrgConnectionError, match=r"'crm'.*no scrypt"):
        credential_of(connection("password"), "host a")


def test_what_is_kept_of_passwords_is_bounded(monkeypatch: pytest.MonkeyPatch, stretched: list[None]) -> None:
    """A process that sees ever new connections does not grow."""
    monkeypatch.setattr(credentials, "_MOST_STRETCHED", 2)
    for number in range(3):
        credential_of(connection("password", password=f"p{number}"), "host a")
    assert (len(stretched), len(credentials._stretched)) == (3, 1)


def test_another_process_knows_it_by_the_same_fingerprint() -> None:
    """What one process sealed, another opens: nothing of the process itself is in the key."""
    fields, sealed = FIELDS["password"], credential_of(connection("password"), "host a").seal("token", b"the token")
    program = (
        "from airflow_sf_health.org.connection import org_connection; "
        "from airflow_sf_health.org.credentials import credential_of; "
        f"extra = { ({k: v for k, v in fields.items() if k not in ('login', 'password')})!r}; "
        f"made = org_connection('other', login={fields['login']!r}, password={fields['password']!r}, extra=extra); "
        f"print(credential_of(made, 'host a').unseal('token', {sealed!r}).decode())"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "the token"


def test_it_brings_no_http_library() -> None:
    """A pass is looked up without the libraries that a login needs."""
    program = "import sys, airflow_sf_health.org.credentials; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"requests", "simple_salesforce", "urllib3", "jwt"} & set(said.stdout.split())


def test_waiting_for_one_password_holds_up_no_key() -> None:
    """A credential without a password is had while another thread stretches one."""
    with credentials._stretching:
        done: list[Credential] = []
        thread = threading.Thread(target=lambda: done.append(credential_of(connection(), "host a")), daemon=True)
        thread.start()
        thread.join(10)
        assert done
