"""How far this process shares logins: by the site's store, and through which way to the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.edges.egress import egress
from airflow_sf_health.org.sharing import Sharing

if TYPE_CHECKING:
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store


def sharing(chosen: Settings, memory: Store | None, *, afresh: bool = False, by_hand: bool = True) -> Sharing | None:
    """What an examination and a hook share their logins by; None where the site has no store. Calls nothing of Airflow's.

    :param afresh: nothing that is remembered counts.
    :param by_hand: not even what others met a moment ago that somebody has cleared, as for them.
    """
    if memory is None:
        return None
    return Sharing(
        vault=memory.vault,
        egress=egress(chosen.egress),
        proof=chosen.pass_ttl,
        token_age=chosen.token_ttl,
        refusal_age=chosen.refusal_ttl,
        afresh=afresh,
        cleared=afresh and not by_hand,
    )


def keeping(chosen: Settings, memory: Store | None) -> Sharing | None:
    """What shares no login, and keeps refresh tokens that change at each use all the same: each who logs in by one has to know the newest,
    and to leave the next one where the others look.
    """
    if memory is None:
        return None
    return Sharing(vault=memory.vault, egress=egress(chosen.egress), proof=0.0, token_age=0.0, refusal_age=0.0)
