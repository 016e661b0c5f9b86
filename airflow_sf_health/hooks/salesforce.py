"""The stock Salesforce hook with a client that cannot loop, and with the examination."""

from __future__ import annotations

import platform
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import requests
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from airflow_sf_health import compat
from airflow_sf_health.connection_fields import FIELD_BEHAVIOUR, OWN_FIELDS, STOCK_FIELDS
from airflow_sf_health.edges.afresh import afresh_try, is_first_look, max_age_of_run
from airflow_sf_health.edges.connections import LookupFailed, resolve
from airflow_sf_health.edges.describes import DescribeCache, describe_cache
from airflow_sf_health.edges.memory import memory
from airflow_sf_health.edges.preflight import (
    ChecksArgument,
    OptionsArgument,
    Preflight,
    RequirementsArgument,
    SchemaLockArgument,
    folder_of,
    report_own_failure,
    report_unresolved,
)
from airflow_sf_health.edges.sharing import keeping, sharing
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.memory import Whose
from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.guarded_session import remembered
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.present.short import short
from airflow_sf_health.provider_info import DOCS_URL
from airflow_sf_health.settings import settings

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce

    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.report import Report

__all__ = ["SalesforceHealthHook"]

LONGEST_TEST_MESSAGE = 2_000
"""Characters that Airflow keeps of the result of a connection test in a worker."""
TEST_LIMITS = {"connect": 5.0, "read": 10.0, "examination": 13.0}
"""Seconds at most for a connection test, which may run inside Airflow's API server: it ends within 15."""


class SalesforceHealthHook(SalesforceHook):
    """The Salesforce provider's hook, for connections of type ``salesforce`` and ``sf_health``, with six differences.

    It can log in by a refresh token. It shares its login with the other tasks of this way to the internet, by the site's store: it
    takes a token that is younger than ``[sf_health] token_ttl``, and makes one login for all where there is none. Its client
    (:meth:`get_conn`) replaces a session that dies once, by a newer token of the store's or by a login, for each of its ways to
    call, and gives up where the new session is refused too; the stock client tries without bound. It has time limits. It can
    :meth:`examine`. And it can serve describes from what examinations remember.

    :param salesforce_conn_id: a connection of type ``salesforce`` or ``sf_health``.
    :param session_id: a ready session or access token to use instead of a login. Nothing is shared then.
    :param session: a ``requests`` session whose headers, proxies, certificates and adapters the client takes over. Nothing is
        shared then: nobody else knows by which address it goes.
    :param cache_metadata: True: :meth:`describe_object` and :meth:`get_available_fields` give what is remembered of this org, user
        and pinned API version, where that is younger than ``[sf_health] max_age``, and remember what they had to ask.
    """

    conn_type = "sf_health"
    hook_name = "Salesforce (health-checked)"

    def __init__(
        self,
        salesforce_conn_id: str = SalesforceHook.default_conn_name,
        session_id: str | None = None,
        session: requests.Session | None = None,
        *,
        cache_metadata: bool = False,
    ) -> None:
        super().__init__(salesforce_conn_id, session_id, session)
        self.cache_metadata = cache_metadata
        self._whose: Whose | None = None
        """Whose token the client has; known once it is logged in, where describes are cached."""

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """The form's fields for Airflow up to 3.1; later ones read them from the provider's metadata."""
        from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
        from wtforms import PasswordField, StringField

        def field(given: dict[str, Any]) -> Any:
            secret = given["schema"].get("format") == "password"
            kind, widget = (PasswordField, BS3PasswordFieldWidget) if secret else (StringField, BS3TextFieldWidget)
            return kind(given["label"], widget=widget(), description=given.get("description", ""))

        return {name: field(given) for name, given in {**STOCK_FIELDS, **OWN_FIELDS}.items()}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """How the form treats Airflow's own fields, for the same versions."""
        return {name.replace("-", "_"): value for name, value in FIELD_BEHAVIOUR.items()}

    @cached_property
    def conn(self) -> Salesforce:
        """The guarded client, logged in; the same as :meth:`get_conn`.

        :raises SalesforceAuthenticationFailed: Salesforce refused the login.
        :raises requests.ConnectionError: nobody answered.
        :raises OrgConnectionError: the connection's fields make no login, or its refresh token is not ours to spend.
        """
        connection = self._resolved()
        try:
            session = self._opened(connection)
        except Refused as refused:
            refusal = refused.refusal
            if refusal.answered:
                raise SalesforceAuthenticationFailed(refusal.code, refusal.message + remembered(refusal)) from None
            raise requests.ConnectionError(f"{refusal.host or connection.token_host}: {refusal.said}") from None
        assert session.login is not None
        identity = session.login.identity
        self._whose = Whose(identity.org_id, identity.user_id, connection.version) if identity else None
        return session.client()

    def describe_object(self, obj: str) -> dict[str, Any]:
        """The description of an object, as the stock hook gives it; with ``cache_metadata`` from the memory where it is fresh there.

        :param obj: API name of the object.
        """
        cache = self._describe_cache
        known = cache.get(obj) if cache is not None else None
        if known is not None:
            return known
        described: dict[str, Any] = super().describe_object(obj)
        if cache is not None:
            cache.put(described)
        return described

    @cached_property
    def _describe_cache(self) -> DescribeCache | None:
        if not self.cache_metadata:
            return None
        self.get_conn()  # whose schema it is, only the login tells: a refreshed sandbox is another org behind the same connection
        return describe_cache(settings(), self._whose)

    def examine(
        self,
        requirements: RequirementsArgument = None,
        options: OptionsArgument = None,
        checks: ChecksArgument = None,
        schema_lock: SchemaLockArgument = None,
    ) -> Report:
        """Examine the connection; what is refused, silent, incomplete or not found is in the report, not raised.

        :param requirements: what the task is going to do; :class:`~airflow_sf_health.requirements.Requirements`, a dict, or a file:
            its path (a relative one is looked up beside the DAG file, then in the working directory) or its text.
        :param options: choices; :class:`~airflow_sf_health.options.Options` or a dict. What they leave open, [sf_health] says.
        :param checks: ids and families of checks to run, ``-`` before one to leave out.
        :param schema_lock: the lock file that the task's mapping was made for: its path, text or dict.
        :raises ConfigurationError: an argument or a site setting cannot be meant.
        """
        beside = folder_of(compat.running_dag())
        preflight = Preflight.of(self.conn_id, requirements, checks, options, schema_lock=schema_lock, beside=beside)
        return preflight.look(self.session_id)

    def test_connection(self) -> tuple[bool, str]:
        """What Airflow's Test button shows: the verdict with the advice, and from where it was seen. Never raises."""
        try:
            report, docs_url = self._test_report(), settings().docs_url
        except Exception as error:  # noqa: BLE001 - Airflow would show its text alone, without from where it was seen
            report, docs_url = report_own_failure("", error), DOCS_URL
        text = short(report, docs_url=docs_url, last=_seen_from(), room=LONGEST_TEST_MESSAGE)
        return report.may_proceed, text

    def _test_report(self) -> Report:
        """Without the connection's id: the one that is tested is a temporary copy, with an id that nobody knows."""
        preflight = Preflight.of(self.conn_id, None, None, None)
        try:
            connection = resolve(self.conn_id, self.session_id, name="")
        except LookupFailed as error:
            return report_unresolved("", LookupFailed(f"Airflow gave no connection ({type(error.__cause__).__name__})"))
        except OrgConnectionError as error:
            return report_unresolved("", error)
        return _looked_at(preflight, _hurried(connection))

    def _resolved(self) -> OrgConnection:
        return resolve(self.conn_id, self.session_id)

    def _opened(self, connection: OrgConnection) -> OrgSession:
        """A session that is logged in; open as long as its client. A ready session that is dead is renewed when it is used."""
        with ExitStack() as stack:
            session = OrgSession(connection, like=self.session, sharing=self._sharing(), taken=compat.mask_secret)
            stack.enter_context(session)
            session.open(identify=self.cache_metadata, proven=False)
            stack.pop_all()
            return session

    def _sharing(self) -> Sharing | None:
        """What the login is shared by; not at all where the caller brought a session, or a way to the internet, of his own."""
        chosen = settings()
        if self.session_id is not None or self.session is not None:
            return keeping(chosen, memory(chosen))
        context = compat.running_context() or {}
        named = afresh_try(context)
        is_afresh = named != "" and is_first_look(named, self.conn_id, "login")
        return sharing(chosen, memory(chosen), afresh=is_afresh, by_hand=max_age_of_run(context) == 0)


def _looked_at(preflight: Preflight, connection: OrgConnection) -> Report:
    """Look by a login of its own, and remember nothing of it: what is tested may not be saved yet."""
    from airflow_sf_health.examination import examine

    chosen = settings()
    return examine(connection, options=preflight.options, sharing=keeping(chosen, memory(chosen)))


def _hurried(connection: OrgConnection) -> OrgConnection:
    limits = connection.time_limits
    capped = {name: min(getattr(limits, name), most) for name, most in TEST_LIMITS.items()}
    return replace(connection, time_limits=replace(limits, **capped))


def _seen_from() -> str:
    return f"Seen from {platform.node() or 'this machine'}; tasks may run elsewhere, with another address and proxy."
