"""What a cause is: one known reason for trouble, with who acts, what to do and how it is recognised.

A cause is written in ``<cause_id>.md``: TOML front matter between ``+++`` lines, then the sections Means, Shows, Do and
Works again. The same file is the message of the night, the text of ``explain`` and the page in the docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_sf_health.org.errors import Shape
    from airflow_sf_health.org.flows import LoginFlow

PLACEHOLDERS = {
    "user": "the integration user",
    "user_url": "Setup > Users, then the user's name",
    "users_url": "Setup > Users",
    "queues_url": "Setup > Queues",
    "host": "<Salesforce host>",
    "org_id": "as Setup > Company Information shows it",
    "conn_id": "of this task",
    "profile_url": "Setup > Profiles, then the user's profile",
    "permission_sets_url": "Setup > Permission Sets",
    "company_url": "Setup > Company Information",
    "login_history_url": "Setup > Login History",
    "audit_trail_url": "Setup > View Setup Audit Trail",
    "apps_url": "Setup > App Manager",
    "external_apps_url": "Setup > External Client App Manager",
    "managed_apps_url": "Setup > Manage Connected Apps",
    "oauth_usage_url": "Setup > Connected Apps OAuth Usage",
    "oauth_settings_url": "Setup > OAuth and OpenID Connect Settings",
    "session_settings_url": "Setup > Session Settings",
    "activations_url": "Setup > Activations",
    "packages_url": "Setup > Installed Packages",
    "system_overview_url": "Setup > System Overview",
    "version": "(extra `version`)",
}
"""Names in braces that a text may use, each with the words to show when the real value is not known."""


class Kind(StrEnum):
    """What sort of trouble it is; decides who is asked first."""

    CONFIG = "config"
    ACCESS = "access"
    TRANSIENT = "transient"
    QUOTA = "quota"
    DATA = "data"
    BUG = "bug"


class Retry(StrEnum):
    """Whether the same request can succeed without a person doing anything."""

    NEVER = "never"
    LATER = "later"
    NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A page of a vendor that says the same; ``number`` is the knowledge article's, as printed there."""

    publisher: str
    title: str
    url: str
    number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recogniser:
    """One form in which a cause shows; every given part must agree, texts without regard to case.

    ``certain`` is false where Salesforce says the same for another cause too. ``fresh_token`` limits it to the refusal of a
    token that a login had given just before. ``hint`` is a sentence for this very form, without placeholders. A ``general``
    one says only that something failed and gives way to any other; the words after an ``opaque`` code are written by the
    people of the org, so nothing in them is recognised.
    """

    code: str | None = None
    message: str | None = None
    message_has: str | None = None
    shape: Shape | None = None
    status: int | None = None
    fresh_token: bool = False
    certain: bool = True
    general: bool = False
    opaque: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another cause that looks the same, and the sentence that tells it apart.

    ``codes`` limits it to refusals with one of these codes (``""`` stands for none); no list means every uncertain one. ``flows``
    limits it to logins by one of these flows, as far as the flow is known: no password can be wrong where none is sent.
    ``cause`` may be an id whose file does not exist: then ``tell`` alone is the advice.
    """

    cause: str
    tell: str
    codes: tuple[str, ...] = ()
    flows: tuple[LoginFlow, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: ``role`` acts ("Salesforce administrator"), ``text`` starts with a verb and names the place."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One known reason for trouble, as its file says it. Texts hold :data:`PLACEHOLDERS` in braces.

    ``title`` completes "Salesforce connection 'crm' is unhealthy: …", ``action`` is a sentence without its full stop.
    ``retry_after`` is in seconds. ``reauth`` says whether a new token with the same credential helps. ``contact`` is who a site
    says to turn to for this cause; empty where it says nothing.
    """

    id: str
    title: str
    kind: Kind
    who: str
    action: str
    retry: Retry
    retry_after: int | None
    reauth: bool
    articles: tuple[Article, ...]
    recognisers: tuple[Recogniser, ...]
    candidates: tuple[Candidate, ...]
    means: str
    shows: str
    steps: tuple[Step, ...]
    works_again: str
    contact: str = ""


class CauseFileError(ValueError):
    """A cause file is broken; names the file, and the line (counted from 1) and field as far as they are known."""

    def __init__(self, problem: str, *, file: str, line: int | None = None, field: str | None = None) -> None:
        place = f"line {line}" if line is not None else None
        named = f"field '{field}'" if field is not None else None
        super().__init__(f"{', '.join(part for part in (file, place, named) if part)}: {problem}")
        self.problem, self.file, self.line, self.field = problem, file, line, field
