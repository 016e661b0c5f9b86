"""Which versions meet here, and whether this package was made for them: the ranges are those of its installed metadata."""

from __future__ import annotations

import platform
import ssl
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.metadata import metadata as metadata_of
from typing import TYPE_CHECKING

import airflow_sf_health
from airflow_sf_health.commands.doctor_lines import Line, note, ok, problem

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PACKAGE = "airflow-sf-health"
_NAMED = {
    "versions.airflow": ("Airflow", "apache-airflow"),
    "versions.provider": ("Salesforce provider", "apache-airflow-providers-salesforce"),
    "versions.compat": ("common-compat provider", "apache-airflow-providers-common-compat"),
    "versions.simple_salesforce": ("simple-salesforce", "simple-salesforce"),
}
_LIBRARIES = ("requests", "urllib3", "certifi", "cryptography", "pyjwt", "sqlalchemy", "pendulum")
"""What of the rest decides how Salesforce is reached, and what is remembered."""


def versions() -> Iterator[Line]:
    """A line for each that matters by itself, one for the libraries below."""
    ranges = _ranges()
    yield _own()
    yield _python()
    for part, (name, distribution) in _NAMED.items():
        yield _judged(part, name, distribution, ranges)
    yield _libraries(ranges)


def _own() -> Line:
    part, ours = "versions.plugin", airflow_sf_health.__version__
    try:
        installed = version(PACKAGE)
    except PackageNotFoundError:
        said = f"{PACKAGE} {ours} runs from its sources and is not installed, so that Airflow sees nothing of it"
        return problem(part, said, f"Install it into Airflow's environment: pip install {PACKAGE}.")
    if installed != ours:
        said = f"{PACKAGE} {ours} runs here, and {installed} is installed"
        return problem(part, said, "Take one of the two off Python's path, so that Airflow and you run the same.")
    return ok(part, f"{PACKAGE} {ours}")


def _python() -> Line:
    part, ours = "versions.python", platform.python_version()
    try:
        wanted = str(metadata_of(PACKAGE)["Requires-Python"] or "")
    except PackageNotFoundError:
        wanted = ""
    said, is_in = _in_range("Python", ours, wanted)
    return ok(part, said) if is_in else problem(part, said, f"Run Airflow on a Python {wanted}.")


def _judged(part: str, name: str, distribution: str, ranges: dict[str, Requirement]) -> Line:
    wanted = str(ranges[distribution].specifier) if distribution in ranges else ""
    try:
        found = version(distribution)
    except PackageNotFoundError:
        return problem(part, f"{name} is not installed", f'Install it: pip install "{distribution}{wanted}".')
    said, is_in = _in_range(name, found, wanted)
    return ok(part, said) if is_in else problem(part, said, f'Install another: pip install "{distribution}{wanted}".')


def _in_range(name: str, found: str, wanted: str) -> tuple[str, bool]:
    from packaging.specifiers import SpecifierSet

    if not wanted:
        return f"{name} {found}", True
    is_in = SpecifierSet(wanted).contains(found, prereleases=True)
    return f"{name} {found} is {'supported' if is_in else 'not supported'} ({wanted})", is_in


def _libraries(ranges: dict[str, Requirement]) -> Line:
    part, found = "versions.libraries", {name: _version(name) for name in sorted({*_LIBRARIES, *ranges})}
    named = {distribution for _, distribution in _NAMED.values()}
    wrong = [
        f"{name} {found[name] or 'is missing'} (wanted: {wanted.specifier or 'any'})"
        for name, wanted in ranges.items()
        if name not in named and not wanted.specifier.contains(found[name] or "0", prereleases=True)
    ]
    listed = ", ".join(f"{name} {found[name]}" for name in _LIBRARIES if found[name])
    if wrong:
        return problem(
            part, f"not supported: {', '.join(wrong)}", f"Run: pip install {PACKAGE}, and look what pins them."
        )
    if not ssl.HAS_TLSv1_2:
        return problem(part, f"{ssl.OPENSSL_VERSION} has no TLS 1.2", "Run Airflow on a Python with a current OpenSSL.")
    if not ranges:
        return note(part, f"{_tls()}, {listed}; what is supported is not known", f"Install {PACKAGE}.")
    return ok(part, f"{_tls()}, {listed}")


def _tls() -> str:
    return " ".join(ssl.OPENSSL_VERSION.split()[:2])


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _ranges() -> dict[str, Requirement]:
    """What the installed package needs, without its extras; nothing where it is not installed."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    try:
        wanted = [Requirement(each) for each in requires(PACKAGE) or ()]
    except PackageNotFoundError:
        return {}
    return {
        canonicalize_name(each.name): each
        for each in wanted
        if each.marker is None or each.marker.evaluate({"extra": ""})
    }
