"""How far this host's memory reaches, and what it shares with whom."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.commands.doctor_lines import Line, note, ok, problem
from airflow_sf_health.edges.memory import memory
from airflow_sf_health.settings import Settings, settings
from airflow_sf_health.store import StoreError


def store() -> Iterator[Line]:
    """Whether it can be read and written, where it lies, how large it is."""
    part, chosen = "store.reach", settings()
    found = memory(chosen)
    if found is None:
        fix = "Leave [sf_health] store empty for a file of this host, or name a PostgreSQL database."
        yield note(part, "none, by [sf_health] store: nothing is remembered, and each task examines for itself", fix)
        return
    try:
        about = found.about()
    except StoreError as error:
        said, _, fix = str(error).partition(". ")
        yield problem(part, said, fix or "Mend it, or set [sf_health] store.")
        return
    size = "" if about.size is None else f", {_size(about.size)}"
    yield ok(part, f"{found.reach}: {about.name}, writable, schema {about.schema}{size}")


def _size(number: int) -> str:
    return f"{number / 1024:,.0f} kB" if number < 1024 * 1024 else f"{number / 1024 / 1024:,.1f} MB"


def sharing() -> Iterator[Line]:
    """With whom logins and verdicts are shared, and for how long."""
    part, chosen = "store.sharing", settings()
    where = f"egress '{chosen.egress}'" if chosen.egress else "this host alone"
    said = (
        f"logins and verdicts: {where}, installation '{chosen.installation}'; pass_ttl {chosen.pass_ttl:g} s, "
        f"token_ttl {chosen.token_ttl:g} s, refusal_ttl {chosen.refusal_ttl:g} s"
    )
    found = memory(chosen)
    odd = list(_odd(chosen, found is not None and found.reach.startswith("shared")))
    yield note(part, f"{said}; {'; '.join(why for why, _ in odd)}", odd[0][1]) if odd else ok(part, said)


def _odd(chosen: Settings, is_shared: bool) -> Iterator[tuple[str, str]]:
    """What may not be meant, each with what to do about it."""
    if is_shared and not chosen.egress:
        yield (
            "the store is shared, and its logins are not",
            "Set [sf_health] egress on hosts with one address to the world.",
        )
    if chosen.egress and not is_shared:
        yield (
            "an egress is named, and the store is of this host only",
            "Set [sf_health] store to a database that they share.",
        )
    for name, means in (
        ("pass_ttl", "each task examines for itself, by a login of its own"),
        ("token_ttl", "no token is shared, and each hook logs in"),
        ("refusal_ttl", "a refused login is tried by each task, which may lock the user out"),
    ):
        if getattr(chosen, name) == 0:
            yield f"{name} 0: {means}", f"Remove [sf_health] {name}, unless it is meant."
    if 0 < chosen.token_ttl < chosen.pass_ttl:
        yield "token_ttl is below pass_ttl", "Let a token live at least as long as the verdict that rests on it."
