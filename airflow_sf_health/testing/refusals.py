"""Why a login is refused: the label that LoginHistory gives it, and what the token endpoint answers.

The labels tell the truth, the answers often do not: where it is not known what Salesforce answers, the fake org says
``authentication failure``, as it does for a wrong password. The comment at each text is its kind of evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

# What the token endpoint answers: error and description.

Answer = tuple[str, str]

AUTHENTICATION_FAILURE: Answer = ("invalid_grant", "authentication failure")  # captured
INACTIVE_USER: Answer = ("invalid_grant", "inactive user")  # reported
NOT_APPROVED: Answer = ("invalid_grant", "user hasn't approved this consumer")  # captured; for an unknown user inferred
NOT_ADMIN_APPROVED: Answer = ("invalid_app_access", "user is not admin approved to access this app")  # captured
NOT_INSTALLED: Answer = ("invalid_client", "app must be installed into org")  # reported
EXTERNAL_NOT_INSTALLED: Answer = ("app_not_found", "External client app is not installed in this org")  # captured
IP_RESTRICTED: Answer = ("invalid_grant", "ip restricted")  # captured
RATE_EXCEEDED: Answer = ("rate_limit_exceeded", "login rate exceeded")  # each reported, the pair constructed

INVALID_ASSERTION: Answer = ("invalid_grant", "invalid assertion")  # captured
EXPIRED_ASSERTION: Answer = ("invalid_grant", "expired authorization code")  # captured
AUDIENCE: Answer = ("invalid_grant", "audience is invalid")  # captured
DEAD_TOKEN: Answer = ("invalid_grant", "expired access/refresh token")  # captured
TOKEN_BUSY: Answer = ("invalid_grant", "token request is already being processed")  # documented

UNKNOWN_CLIENT: Answer = ("invalid_client_id", "client identifier invalid")  # captured
WRONG_SECRET: Answer = ("invalid_client", "invalid client credentials")  # reported
WRONG_DOMAIN: Answer = ("invalid_grant", "request not supported on this domain")  # reported
NO_RUN_AS_USER: Answer = ("invalid_grant", "no client credentials user enabled")  # captured
UNKNOWN_GRANT: Answer = ("unsupported_grant_type", "grant type not supported")  # constructed

SUCCESS = "Success"  # documented, as each label below is


@dataclass(frozen=True)
class Refusal:
    """``status`` is the label in LoginHistory; ``answer`` that of the token endpoint. SOAP has answers of its own."""

    status: str
    answer: Answer = AUTHENTICATION_FAILURE


# The org, and where it is entered
ORG_LOCKED = Refusal("Organization locked")
TRIAL_OVER = Refusal("Trial expired")
SHARED_HOST = Refusal("Restricted domain")  # that this label goes with a My Domain enforced is inferred from its code

# The app
APP_BLOCKED = Refusal("Failed: OAuth API access disabled")  # that this label goes with a block is inferred
APP_MISSING = Refusal("Package for this consumer is not installed in your organization", NOT_INSTALLED)
EXTERNAL_APP_MISSING = Refusal(APP_MISSING.status, EXTERNAL_NOT_INSTALLED)
FLOW_OFF = Refusal("Username-Password Flow Disabled")

# The credential
WRONG_PASSWORD = Refusal("Invalid password")
TOKEN_REQUIRED = Refusal("Failed: API security token required")
WRONG_AUDIENCE = Refusal("Failed: Audience Invalid", AUDIENCE)  # the label is documented for SAML, for JWT inferred
TOO_LATE = Refusal("Failed: Assertion Expired", EXPIRED_ASSERTION)  # the label is documented for SAML, for JWT inferred
INVALID_TOKEN = Refusal("Failed: Invalid Token", DEAD_TOKEN)
BUSY = Refusal("Failed: Token request is already being processed", TOKEN_BUSY)

# The user, the place and the time
FROZEN = Refusal("User is frozen")
LOCKED_OUT = Refusal("Password lockout")
OUT_OF_HOURS = Refusal("Restricted time")
WRONG_ADDRESS = Refusal("Restricted IP", IP_RESTRICTED)
TOO_MANY = Refusal("Login rate exceeded", RATE_EXCEEDED)


def inactive(answer: Answer) -> Refusal:
    return Refusal("User is inactive", answer)


def not_approved(answer: Answer) -> Refusal:
    return Refusal("Failed: Not approved for access", answer)  # documented (Salesforce 000212208)


class LoginRefused(Exception):
    """A login that came to nothing; LoginHistory has it already."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal
