"""A secret can be used and not shown, whatever is done to it or to what holds it."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace

import pendulum
import pytest
from connecting import fields_of

from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.login import Login
from airflow_sf_health.org.secret import Secret

VALUE = "canary-value"
PEM = "-----BEGIN PRIVATE KEY-----\ncanary-line-1\ncanary-line-2\n-----END PRIVATE KEY-----\n"


def holder() -> OrgConnection:
    """A ready session with a renewal, a proxy password and a key: each place that holds a secret."""
    return fields_of(
        login="u@acme.com",
        consumer_key="3MVG",
        private_key=PEM,
        session_id="canary-session",
        instance_url="https://acme.my.salesforce.com",
        proxies={"https": "http://u:canary%40proxy@proxy:3128"},
    )


SHOWN: dict[str, Callable[[object], object]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": lambda value: f"{value} {value!r:>40} {value!s}",
    "spec": lambda value: format(value, ""),
    "method": lambda value: f"{value} {value!r}",
    "json": lambda value: json.dumps(value, default=str),
    "pprint": pprint.pformat,
    "list": lambda value: repr([value]),
    "log": lambda value: logging.LogRecord("x", 1, "x", 1, "%s", (value,), None).getMessage(),
    "copy": lambda value: repr(copy.copy(value)),
    "deepcopy": lambda value: repr(copy.deepcopy(value)),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_nothing_shows_a_secret(show: Callable[[object], object]) -> None:
    """No usual way to make text of a value tells a secret: its own, in a connection, in a login."""
    login = Login(
        token=Secret("canary-token"),
        host="acme.my.salesforce.com",
        identity=None,
        flow=LoginFlow.SESSION,
        at=pendulum.now("UTC"),
        fresh=False,
    )
    for value in (Secret(VALUE), holder(), holder().renewal, login):
        assert "canary" not in str(show(value))


def test_asdict_and_replace_keep_the_wrapper() -> None:
    """Dataclass tools copy a connection with its secrets wrapped."""
    assert "canary" not in repr(asdict(holder()))
    changed = replace(holder(), conn_id="other")
    assert "canary" not in repr(changed)
    assert changed.session_id == Secret("canary-session")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", [Secret(VALUE), holder()], ids=["secret", "connection"])
def test_pickle_refuses(value: object, protocol: int) -> None:
    """A pickle would write it in clear, so there is none, of the secret and of what holds it."""
    with pytest.raises(TypeError) as raised:
        pickle.dumps(value, protocol)
    assert "canary" not in "".join(traceback.format_exception(raised.value))


def test_json_refuses() -> None:
    """JSON knows no secret, and the error does not show it."""
    with pytest.raises(TypeError) as raised:
        json.dumps({"password": Secret(VALUE)})
    assert VALUE not in str(raised.value)


def test_secret_is_a_value() -> None:
    """Equal by value, in sets too; never equal to the bare text; empty is false; it has no other attributes."""
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert {Secret(VALUE), Secret(VALUE)} == {Secret(VALUE)}
    assert Secret(VALUE).reveal() == VALUE
    assert not Secret("")
    assert Secret("ä") == Secret("ä")
    assert not hasattr(Secret(VALUE), "__dict__")


def test_secrets_of_a_connection() -> None:
    """All texts to mask, line by line: the session, what the renewal holds, a proxy's password as written and as meant."""
    assert set(holder().secrets()) == {
        "canary-session",
        "canary-line-1",
        "canary-line-2",
        "canary%40proxy",
        "canary@proxy",
    }


def test_secrets_of_user_and_password() -> None:
    """Password and token; a text too short to mask without harm is left out; a key with escaped line ends is cut too."""
    assert fields_of(login="u", password="long-enough", security_token="tok").secrets() == ("long-enough",)
    escaped = fields_of(login="u", consumer_key="k", private_key=PEM.replace("\n", "\\n"))
    assert escaped.secrets() == ("canary-line-1", "canary-line-2")
    assert fields_of(consumer_key="k", consumer_secret="s-of-app", domain="a.my").secrets() == ("s-of-app",)
