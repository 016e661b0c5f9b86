"""The causes of a site: files of the same form in a folder or an installed package, beside or in place of the built-in ones.

A file whose id is new adds a cause; one with a built-in id replaces it, or only adds to it where it says ``extends = true``:

    +++
    extends = true
    runbook = "https://wiki.example.com/crm/inactive-user"
    contact = "#crm-oncall"

    [[steps]]
    role = "On call"
    text = "open a ticket in the queue CRM before you call anybody."
    +++
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_sf_health.causes._cause import Article, Cause, CauseFileError, Step
from airflow_sf_health.causes._fields import Table, front_matter, split
from airflow_sf_health.causes._read import read_articles, read_cause, read_recognisers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.resources.abc import Traversable

RUNBOOK = "Runbook"
"""The publisher under which a site's own page stands among the articles, before all others."""


def read_site(source: str, built_in: Callable[[str], Cause]) -> tuple[dict[str, Cause], list[CauseFileError]]:
    """Give a site's causes by id, and what is wrong with the files that are left out. Never raises.

    :param source: a folder, or the name of an installed package.
    :param built_in: gives the cause of this package with an id; a ``KeyError`` where there is none.
    """
    causes: dict[str, Cause] = {}
    problems: list[CauseFileError] = []
    try:
        files = list(_files(source))
    except Exception as error:  # noqa: BLE001 - a package runs its own code on import, and may raise whatever it likes
        return {}, [CauseFileError(f"cannot be read as a folder or an installed package: {error}", file=source)]
    for file in files:
        try:
            cause_id = file.name.removesuffix(".md")
            causes[cause_id] = _read(cause_id, file.read_text("utf-8"), str(file), built_in)
        except CauseFileError as problem:
            problems.append(problem)
        except Exception as error:  # noqa: BLE001 - TOML nested too deep is a RecursionError, and others may follow
            problems.append(CauseFileError(f"cannot be read: {error}", file=str(file)))
    return causes, problems


def _files(source: str) -> Iterator[Traversable]:
    folder: Traversable = Path(source).expanduser()
    if not folder.is_dir():
        if not all(part.isidentifier() for part in source.split(".")):
            raise NotADirectoryError(f"there is no folder {source!r}")
        from importlib.resources import files

        folder = files(source)
    return (file for file in sorted(folder.iterdir(), key=lambda each: each.name) if file.name.endswith(".md"))


def _read(cause_id: str, text: str, file: str, built_in: Callable[[str], Cause]) -> Cause:
    source = split(text, file)
    top = Table(source, front_matter(source))
    if not top.flag("extends", default=False):
        return read_cause(cause_id, text, file=file)
    try:
        base = built_in(cause_id)
    except KeyError:
        raise top.error("extends", f"there is no built-in cause {cause_id!r} to extend") from None
    if "".join(source.lines[source.end + 1 :]).strip():
        raise source.error("a file that extends has no text below the front matter; use [[steps]]", source.end + 2)
    runbook = top.words("runbook")
    if runbook and not runbook.startswith("https://"):
        raise top.error("runbook", f"must start with https://, not {runbook!r}")
    page = (Article(publisher=RUNBOOK, title=base.title, url=runbook),) if runbook else ()
    extended = replace(
        base,
        who=top.words("who") or base.who,
        action=top.words("action") or base.action,
        contact=top.words("contact") or "",
        articles=(*page, *read_articles(top), *base.articles),
        recognisers=(*read_recognisers(top), *base.recognisers),
        steps=(*base.steps, *(_step(table) for table in top.tables("steps"))),
    )
    top.finish()
    return extended


def _step(table: Table) -> Step:
    step = Step(table.text("role"), table.text("text"))
    table.finish()
    return step
