"""A whole describe, or the index of one (:meth:`ObjectShape.as_dict`), in few bytes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

__all__ = ["packed", "unpacked"]

LARGEST = 64_000_000
"""No describe has more characters (800 fields with 1,000 long picklist values each stay below); more is damage."""


def packed(body: Mapping[str, Any]) -> bytes:
    """Give the bytes that :func:`unpacked` reads; the same body gives the same bytes. About a twentieth of its JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(errors="surrogatepass"))


def unpacked(data: bytes) -> dict[str, Any]:
    """Read what :func:`packed` wrote, keys in their order.

    :raises ValueError: the bytes are damaged, cut, or something else.
    """
    opened = zlib.decompressobj()
    try:
        text = opened.decompress(data, LARGEST)
    except zlib.error as error:
        raise ValueError(f"The bytes are no packed schema: {error}.") from error
    if not opened.eof:
        raise ValueError("The bytes of the packed schema are cut off, or too many.")
    try:
        body = json.loads(text.decode(errors="surrogatepass"))
    except (RecursionError, ValueError) as error:
        raise ValueError("The packed schema is damaged: what it holds is no JSON.") from error
    if not isinstance(body, dict):
        raise ValueError("The packed schema is damaged: it holds no object.")
    return body
