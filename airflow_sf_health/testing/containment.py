"""Security containment: what Salesforce does to a user whose API traffic comes from a high-risk address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.testing.ids import same_id

if TYPE_CHECKING:
    from airflow_sf_health.testing.state import OrgState, User


def contain(state: OrgState, user: User) -> None:
    """Freeze the user and revoke all its refresh tokens (Salesforce 005318944); unfreezing does not bring those back."""
    user.frozen = True
    for token in state.refresh_tokens:
        if same_id(token.user_id, user.id):
            token.revoked = True
