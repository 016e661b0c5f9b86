"""What is told of a memory that holds something which cannot be read."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_sf_health.evidence.facts import MemoryFacts


def damage(memory: MemoryFacts, conn_id: str, renewed: Collection[str], *, user_renewed: bool) -> str:
    """A clause on what is damaged, what that hides, and how it is mended; empty where all can be read.

    :param renewed: objects of which this look leaves a new baseline in the store.
    :param user_renewed: whether it leaves there who the user is.
    """
    known = {each.casefold() for each in renewed}
    left = [each for each in memory.damaged if each.casefold() not in known]
    anew = [each for each in memory.damaged if each not in left]
    if memory.user_damaged:
        (anew if user_renewed else left).append("the user")
    parts = []
    if anew:
        parts.append(
            f"damaged: what was remembered of {', '.join(anew)}, taken anew by this look, so earlier changes are not seen"
        )
    if left:
        mend = (
            f"`sf-health metadata clear {conn_id}` removes it"
            if left != ["the user"]
            else "the next healthy look mends it"
        )
        parts.append(f"damaged: what is remembered of {', '.join(left)}, so changes are not seen; {mend}")
    return "; ".join(parts)
