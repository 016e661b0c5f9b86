"""The org as a whole: its name, its hosts and what its administrator has switched on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Organization:
    id: str
    name: str = "Acme"
    my_domain: str = "acme"
    is_sandbox: bool = False
    instance_name: str = "USA123S"
    organization_type: str = "Enterprise Edition"
    trial_expiration: str | None = None
    is_read_only: bool = False
    rest_api_enabled: bool = True
    soap_login_enabled: bool = True
    password_flow_enabled: bool = True
    audit_fields_enabled: bool = False
    """The preference behind the permissions CreateAuditFields and UpdateWithInactiveOwner; off, they do not exist."""
    s2s_enabled: bool = False
    """Salesforce to Salesforce is switched on; without it, its objects do not exist."""
    unknown_permissions: set[str] = field(default_factory=set)
    """System permissions that the org's release does not have, as ``ViewHealthCheck``: no field tells of them."""
    user_sharing_private: bool = True
    """Users see only themselves, unless they may view all users."""
    my_domain_login_enforced: bool = False
    """API logins are taken on the My Domain only, not on the shared login host."""
    locked: bool = False
    """The org as a whole is locked, suspended or closed: nobody logs in."""
    frozen_sessions_live: bool = True
    """Whether the open sessions of a frozen user go on; what Salesforce does is not documented, so it may be switched."""
    logins_per_hour: int = 3_600
    """Logins that one user may make in an hour (Salesforce 000381578)."""
    trust_status: str = "OK"
    """What the public status page says of the instance: ``OK``, ``MAJOR_INCIDENT_CORE``, ``MAINTENANCE_NONCORE`` …"""
    created: str = "2025-03-03T08:00:00.000+0000"

    @property
    def host(self) -> str:
        """The My Domain host, e.g. ``acme.my.salesforce.com`` (sandboxes: ``acme--dev.sandbox.my.salesforce.com``)."""
        return (
            f"{self.my_domain}.sandbox.my.salesforce.com" if self.is_sandbox else f"{self.my_domain}.my.salesforce.com"
        )

    @property
    def login_host(self) -> str:
        """Where users of this kind of org log in, beside the My Domain."""
        return "test.salesforce.com" if self.is_sandbox else "login.salesforce.com"
