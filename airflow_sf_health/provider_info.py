"""What Airflow is told of this provider (entry point `apache_airflow_provider`).

Every Airflow process reads it, and an error here would stop each `airflow` command; so nothing but tables is imported.
"""

from __future__ import annotations

from typing import Any

from airflow_sf_health.connection_fields import FIELD_BEHAVIOUR, OWN_FIELDS, STOCK_FIELDS

__all__ = ["CONFIG_OPTIONS", "DOCS_URL", "POLICY_OPTIONS", "get_provider_info"]

DOCS_URL = "https://airflow-sf-health.readthedocs.io/en/stable"

CONFIG_OPTIONS: dict[str, dict[str, Any]] = {
    "connect_timeout": {
        "description": "Seconds to wait for a connection to Salesforce.",
        "type": "float",
        "default": "10",
        "example": "5",
    },
    "read_timeout": {
        "description": "Seconds to wait for Salesforce to say something once it is connected.",
        "type": "float",
        "default": "30",
        "example": "60",
    },
    "examination_timeout": {
        "description": "Seconds that one examination may take as a whole, login included.",
        "type": "float",
        "default": "60",
        "example": "120",
    },
    "on_undetermined": {
        "description": "What a task does when what matters could not be asked: retry (as its retries allow), fail, "
        "or proceed (with a warning).",
        "type": "string",
        "default": "retry",
        "example": "proceed",
    },
    "reauthenticate": {
        "description": "Whether a dead ready session is replaced by one fresh login, where the connection has what "
        "a login needs.",
        "type": "boolean",
        "default": "True",
        "example": "False",
    },
    "trust_status": {
        "description": "Whether a failed examination asks Salesforce's public status page (api.status.salesforce.com) for an incident "
        "on the org's instance, and says so in its message. It changes no verdict, and takes three seconds at most.",
        "type": "boolean",
        "default": "False",
        "example": "True",
    },
    "store": {
        "description": "Where schemas, verdicts and sealed access tokens are kept: a SQLAlchemy URL, the id of an Airflow connection to a "
        "database, none, or empty for a SQLite file of this host.",
        "type": "string",
        "default": "",
        "example": "postgresql+psycopg2://sf_health@db.example.com/sf_health",
        "sensitive": True,
    },
    "max_age": {
        "description": "Seconds after which a remembered schema is stale. 0 reads schemas anew each time; how far logins and verdicts are "
        "shared is said by pass_ttl, token_ttl and refusal_ttl.",
        "type": "float",
        "default": "86400",
        "example": "3600",
    },
    "compare_every": {
        "description": "Seconds after which a schema is read and compared as a whole, though Salesforce says that it is unchanged.",
        "type": "float",
        "default": "21600",
        "example": "3600",
    },
    "on_stale": {
        "description": "What is done about a stale schema: refresh, warn or fail.",
        "type": "string",
        "default": "refresh",
        "example": "warn",
    },
    "on_drift": {
        "description": "What is done about a schema that changed: fail_if_breaking (what the task uses), fail (on whatever of what it "
        "uses has changed) or warn.",
        "type": "string",
        "default": "fail_if_breaking",
        "example": "warn",
    },
    "pass_ttl": {
        "description": "Seconds for which a login counts as proof, and for which a good verdict is shared with other tasks; a bad one is "
        "shared for 15 at most. 0: each task examines for itself, by a login of its own.",
        "type": "float",
        "default": "60",
        "example": "300",
    },
    "token_ttl": {
        "description": "Seconds for which an access token is shared with other tasks and processes by the store, unless Salesforce "
        "refuses it before. 0: none is kept, and each hook logs in.",
        "type": "float",
        "default": "1800",
        "example": "900",
    },
    "refusal_ttl": {
        "description": "Seconds for which a login that Salesforce refused is not tried again; a task that somebody clears tries it at "
        "once. 0: it is tried each time.",
        "type": "float",
        "default": "60",
        "example": "30",
    },
    "egress": {
        "description": "A name for the address by which these hosts reach Salesforce. Hosts with the same name share tokens and verdicts "
        "by the store, so give it only to hosts that Salesforce sees as one; empty: each host is one of its own.",
        "type": "string",
        "default": "",
        "example": "eu-nat-1",
    },
    "installation": {
        "description": "The name by which connections say that a refresh token belongs to this Airflow (extra refresh_token_owner). One that "
        "rotates is spent by its owner alone, and only where this is another name than the default and store is set.",
        "type": "string",
        "default": "airflow",
        "example": "airflow-prod",
    },
    "history": {
        "description": "How many of its last examinations the store keeps for each connection; `sf-health history` shows them.",
        "type": "integer",
        "default": "500",
        "example": "5000",
    },
    "docs_url": {
        "description": "Where messages link the pages of causes and checks; set it to serve them from a copy of yours.",
        "type": "string",
        "default": DOCS_URL,
        "example": "https://wiki.example.com/airflow-sf-health",
    },
    "causes": {
        "description": "A folder or an installed package with cause files of yours, which add to the built-in causes or "
        "stand in for them: your runbook, whom to call, further steps.",
        "type": "string",
        "default": "",
        "example": "/opt/airflow/sf_health_causes",
    },
}
"""The options of [sf_health], with the defaults that `settings.py` falls back on as well."""

POLICY_OPTIONS: dict[str, dict[str, Any]] = {
    "cluster_policy": {
        "description": "What is done about a Salesforce task that nothing guards, in each DAG: off (nothing), report (a line in the log "
        "and a metric), require (the DAG file is refused) or inject (the task examines its connection before it runs).",
        "type": "string",
        "default": "off",
        "example": "report",
    },
    "policy_include": {
        "description": "Globs, separated by commas or line ends. The policy is for DAGs of which one matches the id, or the file as it is "
        "named relative to its bundle or the DAGs folder.",
        "type": "string",
        "default": "*",
        "example": "crm/*, finance_*",
    },
    "policy_exclude": {
        "description": "Globs like those of policy_include, for DAGs that the policy leaves alone.",
        "type": "string",
        "default": "",
        "example": "sandbox/*",
    },
    "policy_rules": {
        "description": "Another mode than cluster_policy's for DAGs with a tag, or tasks with a connection; the first that matches decides. "
        "Tags and connections may be globs.",
        "type": "string",
        "default": "",
        "example": "tag:finance=require, conn:crm_*=inject, conn:sandbox=off",
    },
    "policy_connections": {
        "description": "Ids of connections to Salesforce, separated by commas. What names one of them in an argument that ends in conn_id "
        "is a Salesforce task too, whatever its operator.",
        "type": "string",
        "default": "",
        "example": "crm_prod, crm_eu",
    },
    "enforce_after": {
        "description": "The first day (UTC, as 2026-10-01) on which require refuses a DAG file; before it, require only reports.",
        "type": "string",
        "default": "",
        "example": "2026-10-01",
    },
    "policy_baseline": {
        "description": "A file of `sf-health lint --write-baseline`: require does not refuse the unguarded tasks in it. Relative to "
        "Airflow's home.",
        "type": "string",
        "default": "",
        "example": "sf_health_baseline.json",
    },
    "inject_retry_policy": {
        "description": "Whether inject also spends no retry on what no retry can heal (SalesforceRetryPolicy, Airflow 3.3 and later).",
        "type": "boolean",
        "default": "False",
        "example": "True",
    },
    "inject_explain_failure": {
        "description": "Whether inject also has a failed task explain its error (explain_failure), beside its own callbacks.",
        "type": "boolean",
        "default": "False",
        "example": "True",
    },
    "inject_bulk_check": {
        "description": "Whether inject also fails a SalesforceBulkOperator of which Salesforce has refused rows.",
        "type": "boolean",
        "default": "False",
        "example": "True",
    },
}
"""The options of the cluster policy, apart from the others: what is wrong in the one table spoils nothing of the other."""


def get_provider_info() -> dict[str, Any]:
    """This provider, in the shape of Airflow's `provider_info.schema.json`."""
    return {
        "package-name": "airflow-sf-health",
        "name": "Salesforce Health",
        "description": "Pre-flight health checks for Salesforce connections.",
        "integrations": [{"integration-name": "Salesforce Health", "external-doc-url": DOCS_URL, "tags": ["service"]}],
        "hooks": [_modules("hooks")],
        "operators": [_modules("operators", "salesforce", "bulk", "metadata", "reauthenticate")],
        "sensors": [_modules("sensors")],
        "triggers": [_modules("triggers")],
        "connection-types": [_connection_type()],
        "extra-links": [
            "airflow_sf_health.edges.links.ArticleLink",
            "airflow_sf_health.edges.links.SetupPageLink",
        ],
        "cli": ["airflow_sf_health.commands.airflow.get_cli_commands"],
        "config": {
            "sf_health": {
                "description": "Pre-flight health checks for Salesforce connections.",
                "options": {name: _option(given) for name, given in (CONFIG_OPTIONS | POLICY_OPTIONS).items()},
            }
        },
    }


def _modules(kind: str, *names: str) -> dict[str, Any]:
    modules = [f"airflow_sf_health.{kind}.{name}" for name in names or ("salesforce",)]
    return {"integration-name": "Salesforce Health", "python-modules": modules}


def _connection_type() -> dict[str, Any]:
    """A type of its own: whoever claims `salesforce` as well changes every connection of the installation."""
    return {
        "connection-type": "sf_health",
        "hook-class-name": "airflow_sf_health.hooks.salesforce.SalesforceHealthHook",
        "hook-name": "Salesforce (health-checked)",
        "conn-fields": STOCK_FIELDS | OWN_FIELDS,
        "ui-field-behaviour": FIELD_BEHAVIOUR,
    }


def _option(given: dict[str, Any]) -> dict[str, Any]:
    return {"version_added": "0.1.0", "sensitive": False, **given}
