"""What the vendors' articles say about root causes and cures stands in the right cause file."""

from __future__ import annotations

import re

import pytest

from airflow_sf_health.causes import cause

SKYVIA = "salesforce-inactive-user-error"
API_ONLY = "000386367"
S2S = "000205862"

FACTS = [
    (SKYVIA, "where it shows: imports", "user_inactive", r"scheduled imports"),
    (SKYVIA, "where it shows: transfers", "user_inactive", r"manual transfers"),
    (SKYVIA, "where it shows: synchronizations", "user_inactive", r"synchronizations"),
    (SKYVIA, "where it shows: metadata", "user_inactive", r"metadata refresh"),
    (SKYVIA, "what stops", "user_inactive", r"[Ee]very import, sync and metadata refresh"),
    (SKYVIA, "root cause: deactivated", "user_inactive", r"deactivated the user"),
    (SKYVIA, "root cause: licence expired", "license_missing_or_expired", r"licence .* expired"),
    (SKYVIA, "root cause: licence removed", "license_missing_or_expired", r"removed"),
    (SKYVIA, "root cause: API access revoked", "api_disabled_for_user", r"revoked API access"),
    (SKYVIA, "root cause: profile changed", "permissions_changed", r"changed profile or permission"),
    (SKYVIA, "root causes named together", "user_inactive", r"licence that expired .* revoked API access .* profile"),
    (SKYVIA, "step: active", "user_inactive", r"tick Active"),
    (SKYVIA, "step: reconnect", "user_inactive", r"reconnect to Salesforce"),
    (SKYVIA, "step: metadata cache", "user_inactive", r"clear its Metadata Cache"),
    (SKYVIA, "step: mappings", "user_inactive", r"update the mappings if fields or objects were added or renamed"),
    (SKYVIA, "step: save and run", "user_inactive", r"save, and run the integration again"),
    (SKYVIA, "whose steps these are", "user_inactive", r"where Skyvia too holds a connection"),
    (SKYVIA, "schema: what changed", "schema_changed", r"renamed or deleted a field"),
    (SKYVIA, "schema: metadata cache", "schema_changed", r"clear the Metadata Cache of its connection"),
    (SKYVIA, "schema: mappings", "schema_changed", r"update the mappings to the new fields and renamed objects"),
    (SKYVIA, "schema: save and run", "schema_changed", r"save, and run the integration again"),
    (SKYVIA, "cache: clear", "metadata_cache_stale", r"clear its Metadata Cache with \"Clear now\""),
    (SKYVIA, "cache: mappings", "metadata_cache_stale", r"update the mappings .* new fields came or objects were renamed, save"),
    (SKYVIA, "cache: by hand only", "metadata_cache_stale", r"Infinite\), until somebody clears it by hand: there is no API"),
    (SKYVIA, "cache: our own", "metadata_cache_stale", r"sf-health metadata refresh CONN OBJECT.* SalesforceRefreshMetadataOperator"),
    (SKYVIA, "schema: our own", "schema_changed", r"sf-health metadata lock CONN .*--update.*sf-health metadata refresh CONN OBJECT"),
    (SKYVIA, "step: API revoked", "api_disabled_for_user", r"reconnect it to Salesforce, clear its Metadata Cache"),
    (API_ONLY, "symptom", "api_only_user_ui", r"can log in, but sees \"Insufficient Privileges\""),
    (API_ONLY, "root cause", "api_only_user_ui", r"permission API Only User"),
    (API_ONLY, "own administrator", "api_only_user_ui", r"company's own administrator"),
    (API_ONLY, "when Data Loader", "api_only_user_ui", r"nobody is left who can edit profiles in Setup, use Data Loader"),
    (API_ONLY, "1 export", "api_only_user_ui", r"Export of the object Profile"),
    (API_ONLY, "1 columns", "api_only_user_ui", r"ID and PermissionsApiUserOnly \(API Only User\), optionally Name"),
    (API_ONLY, "2 true to false", "api_only_user_ui", r"from True to False .* save the file"),
    (API_ONLY, "3 update", "api_only_user_ui", r"log in to it .* click Update in Data Loader"),
    (API_ONLY, "4 all objects", "api_only_user_ui", r"Show all Salesforce objects.* select Profile"),
    (API_ONLY, "5 choose file", "api_only_user_ui", r"choose the CSV file and click Next"),
    (API_ONLY, "6 map", "api_only_user_ui", r"Create or Edit a Map"),
    (API_ONLY, "7 map fields", "api_only_user_ui", r"map the profile's ID and API Only User to the columns"),
    (API_ONLY, "8 OK", "api_only_user_ui", r"click OK"),
    (API_ONLY, "9 folder", "api_only_user_ui", r"click Next in Data Loader, click Browse .* success and error files, click Finish"),
    (API_ONLY, "10 yes", "api_only_user_ui", r"answer Yes when asked whether to proceed"),
    (API_ONLY, "try again", "api_only_user_ui", r"let the user log in at \{host\} again"),
    (API_ONLY, "permission sets", "api_only_user_ui", r"repeat the Data Loader steps with the object PermissionSet"),
    (API_ONLY, "support case", "api_only_user_ui", r"log a case with Salesforce Support"),
    (API_ONLY, "right for integration", "api_only_user_ui", r"integration user that is right"),
    (API_ONLY, "does not apply", "api_only_user_ui", r"Minimum Access - API Only Integrations, .* Data Loader does not help"),
    (S2S, "error text", "s2s_connection_owner_inactive", r"operation performed with inactive user \. StatusCode = INACTIVE_"),
    (S2S, "mail subject", "s2s_connection_owner_inactive", r"Action Required\. Error inserting/modifying … records"),
    (S2S, "mail count", "s2s_connection_owner_inactive", r"number of failed records"),
    (S2S, "who gets the mail", "s2s_connection_owner_inactive", r"users who own the connection in both orgs"),
    (S2S, "either side is ours", "s2s_connection_owner_inactive", r"Either org may be ours"),
    (S2S, "root cause", "s2s_connection_owner_inactive", r"receiving \(subscribing\) org accepts them automatically"),
    (S2S, "root cause: owner", "s2s_connection_owner_inactive", r"Connection Owner the owner of each record; that user is inactive"),
    (S2S, "step: owner", "s2s_connection_owner_inactive", r"Connections tab, .* click Edit, select an active user as Connection Owner"),
    (S2S, "step: auto-accept", "s2s_connection_owner_inactive", r"clear Auto-Accept .* Subscribe/Unsubscribe .* Subscribed Objects"),
    (S2S, "step: by hand", "s2s_connection_owner_inactive", r"assign incoming records by hand"),
    (S2S, "told apart", "owner_inactive", r"records came over Salesforce to Salesforce"),
]  # fmt: skip


@pytest.mark.parametrize(("article", "fact", "cause_id", "pattern"), FACTS, ids=lambda value: value)
def test_fact_is_told(article: str, fact: str, cause_id: str, pattern: str) -> None:
    """Each fact of an article stands in its cause, and the cause names the article."""
    known = cause(cause_id)
    steps = " ".join(f"{step.role}: {step.text}" for step in known.steps)
    tells = " ".join(candidate.tell for candidate in known.candidates)
    whole = f"{known.means} {known.shows} {steps} {known.works_again} {tells}"
    assert re.search(pattern, whole), fact
    assert any(article in each.url for each in known.articles)


def test_data_loader_steps_are_in_order() -> None:
    """The cure by Data Loader is told in the order in which it is clicked, the support case after it."""
    steps = " ".join(step.text for step in cause("api_only_user_ui").steps)
    marks = ["Export", "True to False", "click Update", "Show all", "choose the CSV", "Edit a Map", "click OK", "Browse",
             "Finish", "answer Yes", "log in at", "PermissionSet in", "log a case"]  # fmt: skip
    places = [steps.index(mark) for mark in marks]
    assert places == sorted(places)
