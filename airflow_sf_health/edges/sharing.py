"""How far this process shares logins: by the site's store, and through which way to the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.edges.egress import egress
from airflow_sf_health.org.sharing import Sharing

if TYPE_CHECKING:
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store


def sharing(chosen: Settings, memory: Store | None, *, afresh: bool = False) -> Sharing | None:
    """What an examination and a hook share their logins by; None where the site has no store. Calls nothing of Airflow's.

    :param afresh: nothing that is remembered counts.
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
    )
