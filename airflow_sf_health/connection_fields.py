"""The fields of a `sf_health` connection beside Airflow's own (login, password, host …), each written here alone.

Airflow ≥ 3.2 reads them from the provider's metadata; up to 3.1 the hook builds its form from them; the documentation
lists them. This module imports nothing, since Airflow reads the metadata in each of its processes.
"""

from __future__ import annotations

__all__ = ["FIELD_BEHAVIOUR", "OWN_FIELDS", "STOCK_FIELDS"]

_TEXT = {"type": ["string", "null"]}
_SECRET = {"type": ["string", "null"], "format": "password"}
_SWITCH = {"type": ["boolean", "null"]}
_SECONDS = {"type": ["number", "null"], "exclusiveMinimum": 0}

STOCK_FIELDS = {
    "security_token": {"label": "Security Token", "schema": _SECRET},
    "domain": {"label": "Domain", "schema": _TEXT},
    "consumer_key": {"label": "Consumer Key", "schema": _TEXT},
    "consumer_secret": {"label": "Consumer Secret", "schema": _SECRET},
    "private_key_file_path": {"label": "Private Key File Path", "schema": _SECRET},
    "private_key": {"label": "Private Key", "schema": _SECRET},
    "organization_id": {"label": "Organization ID", "schema": _TEXT},
    "instance": {"label": "Instance", "schema": _TEXT},
    "instance_url": {"label": "Instance URL", "schema": _TEXT},
    "proxies": {"label": "Proxies", "schema": _TEXT},
    "version": {"label": "API Version", "schema": _TEXT},
    "client_id": {"label": "Client ID", "schema": _TEXT},
}
"""As the `salesforce` connection type of the Salesforce provider has them; a test compares."""

OWN_FIELDS = {
    "session_id": {
        "label": "Session ID",
        "description": "A ready session or access token to use as it is; needs Instance or Instance URL beside it.",
        "schema": _SECRET,
    },
    "refresh_token": {
        "label": "Refresh Token",
        "description": "Logs in with Consumer Key where no other flow can, or where Login Flow chooses it.",
        "schema": _SECRET,
    },
    "refresh_token_rotation": {
        "label": "Refresh Token Rotation",
        "description": "True where the app rotates its refresh tokens: then it is spent only where Refresh Token Owner and [sf_health] store "
        "allow it, else introspected.",
        "schema": _SWITCH,
    },
    "refresh_token_owner": {
        "label": "Refresh Token Owner",
        "description": "Who alone uses this refresh token: the name of this installation ([sf_health] installation), or another "
        "system, and then it is only introspected.",
        "schema": _TEXT,
    },
    "login_flow": {
        "label": "Login Flow",
        "description": "Chooses among several complete flows: soap_token, session, soap_organization, password, jwt_bearer, "
        "client_credentials or refresh_token.",
        "schema": _TEXT,
    },
    "connect_timeout": {
        "label": "Connect Timeout",
        "description": "Seconds to wait for a connection to Salesforce; else [sf_health] connect_timeout.",
        "schema": _SECONDS,
    },
    "read_timeout": {
        "label": "Read Timeout",
        "description": "Seconds to wait for Salesforce to say something; else [sf_health] read_timeout.",
        "schema": _SECONDS,
    },
    "examination_timeout": {
        "label": "Examination Timeout",
        "description": "Seconds that a whole examination may take; else [sf_health] examination_timeout.",
        "schema": _SECONDS,
    },
    "expected_org_id": {
        "label": "Expected Org ID",
        "description": "The org this connection must lead to (00D…, 15 or 18 characters); any other is unhealthy.",
        "schema": {"type": ["string", "null"], "pattern": "^(00D[a-zA-Z0-9]{12}([a-zA-Z0-9]{3})?)?$"},
    },
    "diagnostic_conn_id": {
        "label": "Diagnostic Connection",
        "description": "Id of a connection of another user (Manage Users, login history), who is asked only after a failure.",
        "schema": _TEXT,
    },
    "contact": {
        "label": "Contact",
        "description": "Whom to call when this connection is unhealthy, as it shall stand in the message.",
        "schema": _TEXT,
    },
    "runbook": {
        "label": "Runbook",
        "description": "Address of your own page on what to do when this connection is unhealthy, for the message.",
        "schema": _TEXT,
    },
    "severity": {
        "label": "Severity",
        "description": "How grave it is when this connection is unhealthy, in the words of your incidents (SEV2), for the message.",
        "schema": _TEXT,
    },
}
"""What the health checks add. All are optional, and work in the extras of a plain `salesforce` connection too."""

FIELD_BEHAVIOUR = {
    "hidden-fields": ["schema", "port", "extra", "host"],
    "relabeling": {"login": "Username"},
    "placeholders": {
        "domain": "login, test, or the My Domain: acme.my",
        "contact": "crm-admins@example.com",
        "expected_org_id": "00D…",
    },
}
"""How Airflow's form treats its own fields; hides and renames what the stock connection type does."""
