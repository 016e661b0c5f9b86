"""The org that answers is the one that is meant.

A sandbox refresh gives the sandbox a new org id, a copied connection points at production by mistake, and a sync into the wrong org
is worse than none. The expected org stands in the requirements (``org_id``, ``sandbox``) or in the connection's extra
``expected_org_id``; without either the org is named, so that the report says where the work goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from airflow_sf_health.checks._check import Check, not_asked
from airflow_sf_health.evidence.evidence import Evidence, Unavailable
from airflow_sf_health.evidence.needs import CONNECTION, LOGIN, ORGANIZATION, REQUIREMENTS
from airflow_sf_health.report.finding import Finding, Level


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: the right org, the wrong one, or which it is."""
    login, requirements = evidence[LOGIN], evidence[REQUIREMENTS]
    if login.refusal is not None:
        raise Unavailable(ORGANIZATION, login.refusal)
    org = evidence.get(ORGANIZATION)
    org_id = org["Id"] if org else login.org_id
    pinned = [each for each in (requirements.org_id, evidence[CONNECTION].expected_org_id) if each]
    for expected in pinned:
        if org_id and expected[:15] != org_id[:15]:
            yield _wrong(
                f"this is org {org_id}, and {expected} is expected",
                f"org {org_id} answered on {login.host} · expected {expected}",
            )
            return
    if org is None and (requirements.sandbox is not None or (pinned and not org_id)):
        # Work in the wrong org cannot be taken back, so here not knowing is not good enough.
        refusal = evidence.refusal(ORGANIZATION)
        assert refusal is not None
        yield replace(not_asked(refusal), essential=True)
        return
    org = evidence[ORGANIZATION]
    kind = "sandbox" if org["IsSandbox"] else "production org"
    if requirements.sandbox is not None and requirements.sandbox != org["IsSandbox"]:
        wanted = "a sandbox" if requirements.sandbox else "a production org"
        yield _wrong(
            f"'{org['Name']}' is a {kind}, and {wanted} is expected",
            f"Organization.IsSandbox = {str(org['IsSandbox']).lower()} on {login.host} · expected {wanted}",
        )
        return
    yield Finding(level=Level.OK, summary=f"{kind} '{org['Name']}' ({org['Id']}, instance {org['InstanceName']})")


def _wrong(summary: str, saw: str) -> Finding:
    return Finding(level=Level.FAILED, summary=summary, cause="wrong_org", saw=saw)


CHECK = Check(
    id="org.identity",
    title="The expected org",
    needs=(CONNECTION, LOGIN, ORGANIZATION, REQUIREMENTS),
    evaluate=evaluate,
)
