# The environments that these targets need make themselves; see .ci/env.py.
PYTHON  ?= python3
AIRFLOW ?= 3.3.2

MAIN := $(PYTHON) .ci/env.py 3.3.2
THAT := $(PYTHON) .ci/env.py $(AIRFLOW)

# What meets Airflow, or the SQLAlchemy that it pins, and so is run on each version of it.
AIRFLOW_TESTS := tests/airflow tests/store $(wildcard tests/test_*.py)
# Two workers at least pay on any machine; more than four would each start an Airflow for little.
PYTEST := pytest -n auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help test test-airflow demo up up-check bench fuzz docs lint format types layers lists wheel wheel-check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: lint types layers wheel-check ## everything that must hold: style, types, layers, the wheel, all tests with coverage (Airflow 3.3.2)
	$(MAIN) $(PYTEST) --cov --cov-report=term

test-airflow: ## the Airflow-facing tests on another version, e.g. make test-airflow AIRFLOW=2.11.2
	$(THAT) $(PYTEST) $(AIRFLOW_TESTS)

demo: ## example DAGs in real Airflow against a fake org, through its ups and downs
	$(MAIN) python tests/demo/run.py

up: ## Airflow with the example DAGs and the fake org, to look at in the browser until Ctrl-C; PORT=8080
	@$(MAIN) python tests/demo/up.py

up-check: ## start and stop `make up` as a test
	$(MAIN) pytest tests/demo/check_up.py

bench: ## how fast it is, in numbers
	$(MAIN) python tests/bench/run.py

fuzz: ## diagnose 100,000 random and damaged error bodies; SEED=1 for the same ones again
	$(MAIN) python tests/fuzz/run.py $(if $(SEED),--seed $(SEED))

docs: ## the documentation as web pages in .venv/docs/html; warnings and dead links are errors
	$(MAIN) python .ci/build_docs.py

lint: ## ruff: format and rules
	$(MAIN) ruff format --check .
	$(MAIN) ruff check .

format: ## let ruff rewrite what it can
	$(MAIN) ruff format .
	$(MAIN) ruff check --fix .

types: ## mypy --strict
	$(MAIN) mypy airflow_sf_health
	$(MAIN) mypy --config-file tests/mypy.ini tests --exclude '^tests/airflow/'
	$(MAIN) mypy --config-file tests/mypy.ini --no-explicit-package-bases tests/airflow
	$(MAIN) mypy --config-file .ci/mypy.ini

layers: ## import-linter: which module may import which
	$(MAIN) lint-imports --cache-dir .venv/cache/import-linter

lists: ## write the lists of the README and docs anew from their sources
	$(MAIN) python .ci/lists.py

wheel: ## build the wheel and print where it is
	@$(PYTHON) .ci/env.py --wheel

wheel-check: ## the wheel installs into an empty environment, and Airflow shows the provider
	@$(PYTHON) .ci/wheel_check.py

clean: ## remove everything that make created
	rm -rf .venv
