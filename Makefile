# The same targets people and CI call. `make` alone lists them.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := hie adapters fhir_profiles record_store consent patient_portal

.PHONY: help setup develop system demo test test-long check format lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/runtime: requirements/bootstrap.txt requirements/runtime.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements/runtime.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/develop: .venv/runtime requirements/develop.txt
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements/develop.txt
	@touch $@

setup: .venv/runtime ## install what running needs into .venv
develop: .venv/develop ## add what tests and checks need

system: ## install the Debian packages that the tests use, where this is root
	@bash scripts/system_packages.sh

demo: setup ## start the demonstration city; FRESH=1 starts over, DATA=dir, PORT=n and MLLP_PORT=n choose
	@$(BIN)/hie demo --data-dir $(or $(DATA),.demo) --port $(or $(PORT),8080) --mllp-port $(or $(MLLP_PORT),2575) $(if $(FRESH),--fresh)

test: develop system ## the tests, with a seeded sample of the long ones
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not long"

test-long: develop system ## every test, full matrices
	$(BIN)/pytest -q -n 2 --dist loadfile

check: develop ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@! grep -nE 'https?://|--index-url' requirements/*.txt

format: develop ## format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/runtime ## renew the hash-pinned requirements from pyproject.toml, letting new releases cool down for a week
	@compile() { $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --exclude-newer "$$(date -u -d '7 days ago' +%FT00:00:00Z)" "$$@"; }; \
	compile requirements/bootstrap.in -o requirements/bootstrap.txt; \
	compile pyproject.toml -o requirements/runtime.txt; \
	compile pyproject.toml --group dev -o requirements/develop.txt

clean: ## remove what the targets above made, the demonstration city included
	rm -rf .venv .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
