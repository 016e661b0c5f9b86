"""The real values behind the placeholders of a cause's text: names, hosts and Setup pages of this org.

The paths are those of Lightning Setup as public tools use them; on the My Domain host they redirect to the Setup host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from airflow_sf_health.causes import PLACEHOLDERS
from airflow_sf_health.report import Report

_SETUP = {
    "users_url": "ManageUsers/home",
    "queues_url": "Queues/home",
    "profile_url": "EnhancedProfiles/home",
    "permission_sets_url": "PermSets/home",
    "company_url": "CompanyProfileInfo/home",
    "login_history_url": "OrgLoginHistory/home",
    "audit_trail_url": "SecurityEvents/home",
    "apps_url": "NavigationMenus/home",
    "external_apps_url": "ExternalClientApplicationSettings/home",
    "managed_apps_url": "ConnectedApplication/home",
    "oauth_usage_url": "ConnectedAppsUsage/home",
    "oauth_settings_url": "OauthOidcSettings/home",
    "session_settings_url": "SecuritySession/home",
    "activations_url": "ActivatedIpAddressAndClientBrowsersPage/home",
    "packages_url": "ImportedPackage/home",
    "system_overview_url": "SystemOverview/home",
}


def values(report: Report) -> Mapping[str, str]:
    """Give the known placeholders with their values; an unknown page or name is left out."""
    identity = report.identity
    known = {
        "user": identity.username or identity.user_id,
        # Of a refused login, where it went; the org's own host may be known all the same, from a second user.
        "host": (identity.host if report.proof else None) or report.login_host or identity.host,
        "org_id": identity.org_id,
        "conn_id": f"'{report.conn_id}'" if report.conn_id else None,
        "version": report.version,
    }
    return {name: value for name, value in {**known, **setup_pages(report)}.items() if value}


def setup_pages(report: Report) -> dict[str, str]:
    """Give the org's Setup pages by placeholder; none where only the shared login host is known."""
    host = org_host(report)
    if host is None:
        return {}
    base = f"https://{host}/lightning/setup/"
    pages = {name: base + path for name, path in _SETUP.items()}
    if report.identity.user_id:
        address = quote(f"/{report.identity.user_id}?noredirect=1&isUserEntityOverride=1", safe="")
        pages["user_url"] = f"{base}ManageUsers/page?address={address}"
    if report.identity.profile_id:
        pages["profile_url"] = f"{base}EnhancedProfiles/page?address={quote('/' + report.identity.profile_id, safe='')}"
    return pages


def org_host(report: Report) -> str | None:
    """The org's own host; None where only ``login.salesforce.com`` or ``test.salesforce.com`` is known."""
    host = report.identity.host or report.login_host
    return host if host and host not in ("login.salesforce.com", "test.salesforce.com") else None


def fill(text: str, known: Mapping[str, str]) -> str:
    """Replace placeholders. A page's placeholder that is not known vanishes (the sentence before names the place in words);
    another one becomes the words that the catalogue has for it.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in known:
            return known[name]
        return "" if name.endswith("_url") else PLACEHOLDERS.get(name, match.group(0))

    return re.sub(r"\{(\w+)\}", value, text).rstrip()
