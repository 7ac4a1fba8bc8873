# Everything a person types for Afterglow. `make` alone lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

PY := .venv/bin/python
PORT ?= 8000
# How many test processes run side by side: browser tests wait a good part of their time.
JOBS ?= 4
PYTEST_ARGS ?=

# Development commands use the test settings, which need no other variable.
DEV := env -u AFTERGLOW_DEMO AFTERGLOW_TEST=1
# The demo never sees the variables of a real clinic, so it cannot touch its data.
DEMO := env -u DATABASE_URL -u AFTERGLOW_DATA_DIR -u AFTERGLOW_TEST AFTERGLOW_DEMO=1 PORT=$(PORT)

say = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help
help: ## List the targets
	@printf 'Afterglow: make TARGET\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' Makefile
	@printf '\nThe demo on another port: make demo PORT=8001\n'

.PHONY: setup
setup: ## Make .venv from requirements.lock (skipped when it is up to date)
	@sh tools/setup.sh prod

.PHONY: setup-dev
setup-dev: ## The same .venv with the tools of requirements-dev.lock
	@sh tools/setup.sh dev

.PHONY: demo
demo: setup ## Build or renew the invented clinic and serve it at 127.0.0.1:8000
	@$(DEMO) $(PY) tools/serve.py --port $(PORT)

.PHONY: demo-reset
demo-reset: setup ## Throw the demo's data away and build it anew, without serving
	$(call say,Building the demo clinic anew in var/demo)
	@rm -rf var/demo
	@$(DEMO) $(PY) manage.py demo
	@printf '\nNext: make demo serves it. A demo that was still running must be restarted.\n'

.PHONY: test
test: setup-dev check test-sqlite test-postgres ## Checks, then the tests on SQLite and on a real PostgreSQL
	@$(PY) -m tools.chromium --report
	$(call say,All checks and tests passed on SQLite and on PostgreSQL)

.PHONY: test-sqlite
test-sqlite: setup-dev ## The tests on SQLite alone, browser tests included
	$(call say,Tests on SQLite)
	@$(PY) -m tools.chromium --report
	@env -u DATABASE_URL $(DEV) $(PY) -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)

.PHONY: test-postgres
test-postgres: setup-dev ## The tests of the database on PostgreSQL (DATABASE_URL, else a server of its own)
	$(call say,Tests on PostgreSQL)
	@$(DEV) $(PY) -m tools.postgres -- $(PY) -m pytest -n $(JOBS) --dist worksteal -m "not soak and not browser" --second-engine $(PYTEST_ARGS)

.PHONY: check
check: setup-dev ## Style, types, imports, migrations, OpenAPI, translations, links, deployment, security
	$(call say,Style: ruff)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	$(call say,Who may import whom: import-linter)
	@.venv/bin/lint-imports
	$(call say,Links in the documents)
	@$(PY) -m tools.check_links
	$(call say,Security: bandit)
	@.venv/bin/bandit -q -ll -r sessions_app reports config
	$(call say,Models without a migration)
	@$(DEV) $(PY) manage.py makemigrations --check --dry-run
	$(call say,The API against docs/openapi.json)
	@$(DEV) $(PY) -m tools.openapi --check
	$(call say,Translations against the texts of the code)
	@$(DEV) $(PY) -m tools.messages --check
	$(call say,Production settings: check --deploy)
	@$(PY) -m tools.check_deploy
	$(call say,Types: mypy (the first run takes a minute))
	@$(DEV) .venv/bin/mypy

.PHONY: openapi
openapi: setup-dev ## Write docs/openapi.json from the code
	@$(DEV) $(PY) -m tools.openapi

.PHONY: messages
messages: setup-dev ## Renew locale/*/django.po from the code, and compile it
	@$(DEV) $(PY) -m tools.messages

.PHONY: pictures
pictures: setup-dev ## Take docs/img from the demo that is served on PORT
	@$(PY) -m tools.pictures --port $(PORT)

.PHONY: soak
soak: setup-dev ## The long tests: more clinics, more random examples, more threads
	$(call say,Long tests on SQLite)
	@env -u DATABASE_URL $(DEV) $(PY) -m pytest -n $(JOBS) --dist worksteal -m soak $(PYTEST_ARGS)
	$(call say,Two thousand random clinics against the naive versions)
	@env -u DATABASE_URL $(DEV) AFTERGLOW_CLINICS=2000 $(PY) -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS) \
		tests/reports/test_episodes_against_naive.py tests/reports/test_survival_against_naive.py
	$(call say,Long tests on PostgreSQL)
	@$(DEV) $(PY) -m tools.postgres -- $(PY) -m pytest -n $(JOBS) --dist worksteal -m soak $(PYTEST_ARGS)
	$(call say,kill -9 of the server between writes: fifty times on each engine)
	@$(PY) -m benchmarks.crash both 50
	$(call say,Forty chairs at twenty times their rate for two minutes)
	@$(PY) -m benchmarks.bench_chairs 120
	$(call say,The long tests passed)

.PHONY: bench
bench: setup-dev ## All figures of docs/performance.md; wants an idle machine
	$(call say,What recording one reading costs against a bare create)
	@$(PY) -m benchmarks.bench_record
	$(call say,Forty chairs at twenty times their rate for two minutes)
	@$(PY) -m benchmarks.bench_chairs 120
	$(call say,Ten thousand patients answer within a minute)
	@$(PY) -m benchmarks.bench_burst
	$(call say,How long a nurse and a patient wait for their screen on a bad line)
	@$(PY) -m benchmarks.bench_screens
	$(call say,What a page of the demo costs)
	@$(DEMO) $(PY) manage.py demo
	@$(DEMO) $(PY) -m benchmarks.bench_pages
	$(call say,The command relief on 100000 sessions)
	@$(PY) -m benchmarks.bench_relief_command 100000
	$(call say,A million sessions: episodes and curves)
	@$(PY) -m benchmarks.bench_relief

.PHONY: lock
lock: ## Renew both lock files from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { printf 'make lock needs uv. Install it (python3 -m pip install uv) and run make lock again.\n' >&2; exit 1; }
	uv pip compile --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements.lock --extra dev pyproject.toml -o requirements-dev.lock
	@printf '\nNext: make test, then commit both lock files with a line in CHANGELOG.md.\n'

.PHONY: clean
clean: ## Remove .venv, the demo's data and every cache
	rm -rf .venv var staticfiles test-results .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
