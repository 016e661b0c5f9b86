"""Build the documentation as web pages; each warning and each link that leads nowhere is an error.

    python .ci/build_docs.py             into .venv/docs/html (make docs)
    python .ci/build_docs.py FOLDER      into FOLDER/html

Runs in an environment that has the package and the dependency group `docs`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from pages import pages
from sphinx.cmd.build import main as sphinx_build

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else ROOT / ".venv" / "docs"
    sources, html = folder / "source", folder / "html"
    stage(sources)
    shutil.rmtree(html, ignore_errors=True)
    options = ["--builder", "dirhtml", "--fail-on-warning", "--nitpicky", "--quiet", "--conf-dir", str(DOCS)]
    failed = sphinx_build([*options, "--doctree-dir", str(folder / "doctrees"), "--fresh-env", str(sources), str(html)])
    if failed:
        return failed
    broken = list(dead_links(html))
    for page, link in broken:
        print(f"{page.relative_to(html)}: the link {link} leads nowhere.", file=sys.stderr)
    if not broken:
        print(f"The documentation: {html / 'index.html'}")
    return 1 if broken else 0


def stage(sources: Path) -> None:
    """Put what is written by hand and what is made from the package into one folder, for Sphinx to read."""
    shutil.rmtree(sources, ignore_errors=True)
    shutil.copytree(DOCS, sources, ignore=shutil.ignore_patterns("conf.py", "__pycache__"))
    # Pages show parts of them, as they run.
    shutil.copytree(ROOT / "dags", sources / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in pages().items():
        page = sources / name
        if page.exists():
            raise SystemExit(f"docs/{name} is made from the package, and must not stand in docs/.")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


class Page(HTMLParser):
    """The links and the anchors of one web page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.add(value)
            elif value and name == "id":
                self.anchors.add(value)


def dead_links(html: Path) -> Iterator[tuple[Path, str]]:
    """Each link within the pages whose file or anchor does not exist."""
    known = {path.resolve(): Page(path) for path in sorted(html.rglob("*.html"))}
    for path, page in known.items():
        for link in sorted(page.links):
            address, anchor = urldefrag(link)
            if urlsplit(address).scheme or address.startswith("//"):
                continue
            target = (path.parent / unquote(urlsplit(address).path)).resolve() if address else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists() or (anchor and target in known and unquote(anchor) not in known[target].anchors):
                yield path, link


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
