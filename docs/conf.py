"""How Sphinx makes the documentation (`make docs`). The sources are docs/*.md and what .ci/pages.py writes beside them."""

from __future__ import annotations

import airflow_sf_health
from airflow_sf_health.provider_info import DOCS_URL

project = "airflow-sf-health"
release = airflow_sf_health.__version__
extensions = ["myst_parser"]
exclude_patterns = ["conf.py"]

nitpicky = True
# Links may name each heading of the first three levels, as GitHub names it.
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"airflow-sf-health {release}"
html_baseurl = f"{DOCS_URL}/"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
