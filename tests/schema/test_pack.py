"""The bytes of a describe: small, the same for the same, and refused where damaged."""

from __future__ import annotations

import contextlib
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import UNTIMED, described

from airflow_sf_health.schema.pack import packed, unpacked
from airflow_sf_health.schema.shape import ObjectShape

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@UNTIMED
@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_round_trip(body: dict[str, Any]) -> None:
    """Whatever JSON holds comes back as it was, in its order, and twice the same is the same bytes."""
    assert json.dumps(unpacked(packed(body))) == json.dumps(body)
    assert packed(body) == packed(json.loads(json.dumps(body)))


def test_small() -> None:
    """The describe of an object with 500 fields takes a twentieth of its JSON, and its index comes back equal."""
    body = described(500)
    assert len(packed(body)) * 15 < len(json.dumps(body))
    shape = ObjectShape.of(body)
    assert ObjectShape.from_dict(unpacked(packed(shape.as_dict()))) == shape


@UNTIMED
@given(st.binary(max_size=80) | st.integers(0, 60).map(lambda cut: packed({"name": "Account"})[:cut]))
def test_damaged(data: bytes) -> None:
    """Bytes that are no packed schema raise nothing but ValueError."""
    with contextlib.suppress(ValueError):
        assert unpacked(data) == {"name": "Account"}


@pytest.mark.parametrize("held", [b"[]", b"no", b"[" * 100_000, b"\xff\xfe"])
def test_something_else(held: bytes) -> None:
    """Bytes that open to something else are refused with a reason."""
    with pytest.raises(ValueError, match="The packed schema is damaged"):
        unpacked(zlib.compress(held))
