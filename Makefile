# Lockplate. `make demo` and `make test` need nothing but python3 and this folder; they set up the rest themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test bench setup format lint types layers clean lock

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

setup: $(READY)  ## Python environment with locked, hashed packages

format: setup  ## rewrite the code in the house format
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests

lint: setup
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

test: setup lint types layers  ## every check that CI runs
	$(BIN)/pytest

lock:  ## resolve the dependencies again (needs uv)
	uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock

clean:
	rm -rf $(VENV) build demo-home demo-home.kek bench-results.json
