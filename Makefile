# Lockplate. `make demo` and `make test` need python3 (3.11 or newer) and this folder; they set up the rest themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ISLANDS := src/lockplate/web/static/built/.made

.DEFAULT_GOAL := help
.PHONY: help demo test vectors faults bench soak fuzz setup islands format lint types layers policies units clean lock

help:  ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Lockplate needs Python 3.11 or newer; name one with PYTHON=…") if sys.version_info < (3, 11) else None'
	@tools/debian-packages python
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

$(ISLANDS): tools/build-islands $(wildcard islands/*.js* islands/src/*/*.ts)
	@tools/build-islands

setup: $(READY) islands  ## the Python environment and the pages' scripts, from locked and hashed packages

islands: $(ISLANDS)  ## the scripts of the pages, from islands/

demo: setup  ## an invented county with live traffic on http://127.0.0.1:8420; Ctrl-C stops it
	@$(BIN)/lockplate demo

test: setup lint types layers policies units  ## every check that CI runs

lint: setup
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports --no-logo

policies: setup
	$(BIN)/lockplate law check

units: setup
	@tools/debian-packages test
	@tools/foreign-environment || true
	$(BIN)/pytest -n auto --dist loadfile

vectors: setup  ## the decision vectors of the law, T1 to T22, each on a real node, as a list
	$(BIN)/pytest -q tests/journeys/test_decision_vectors.py

faults: setup  ## break nodes in every way we know, as a table and as fault-results.json; LONG=1 for every case
	@tools/debian-packages test
	PYTHONPATH=tests $(BIN)/python tests/faults/run.py $(if $(LONG),--long)

bench: setup  ## the budgets as a table and as bench-results.json; SIZE=1M|10M|100M
	@tools/debian-packages bench
	$(BIN)/python tests/bench/run.py --size $(or $(SIZE),1M)

soak: setup  ## the demo county at ten times real time for MINUTES (60), with its memory curve
	$(BIN)/python tests/bench/soak.py --minutes $(or $(MINUTES),60)

fuzz: setup  ## every parser under atheris for SECONDS (4) each; schemathesis and hypothesis with EXAMPLES (40) each
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock || true
	$(BIN)/python tests/fuzz/fuzz.py --seconds $(or $(SECONDS),4)
	LOCKPLATE_FUZZ_EXAMPLES=$(or $(EXAMPLES),40) $(BIN)/pytest -q -s tests/fuzz

format: setup  ## rewrite the code in the house format
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests

lock:  ## resolve the dependencies again (needs uv)
	uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock
	uv pip compile -q --group fuzz --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements-fuzz.lock

clean:  ## remove what these targets made
	rm -rf $(VENV) islands/node_modules $(dir $(ISLANDS)) .venv-foreign .venv-foreign.busy build demo-home demo-home.kek bench-results.json fault-results.json
