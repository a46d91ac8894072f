# The two commands of the README, and what developers use beside them.
# POSIX sh and GNU make; everything is installed into .venv and nowhere else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO_STACK ?= ./demo-stack

.PHONY: demo test lint unit quick bench chaos changes pictures catalogue clean

# The wizard on the embedded account; without a terminal the same way is gone headless.
demo: $(VENV)/.demo
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/gpuecs-tui --demo $(DEMO_STACK); \
	else exec $(BIN)/gpuecs-tui demo tour $(DEMO_STACK); fi

# Side by side: the linters and the collection of the tests keep one processor busy each.
test: $(VENV)/.dev
	$(MAKE) --no-print-directory --jobs 2 lint unit

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# Files are handed out whole, so that each emulated account serves the tests that share it, and in
# the order of tests/conftest.py: the ones that wait longest first.
unit: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

# Without the slow ones.
quick: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not e2e"

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks

# Random faults against runs on the emulated account; goes on where the last call stopped.
# make chaos CHAOS='--runs 50 --seed …'; python -m tests.chaos --help
chaos: $(VENV)/.dev
	$(BIN)/python -m tests.chaos $(CHAOS)

# docs/changes.md: every key changed on an applied stack and back, on the emulated account. Goes on
# where the last call stopped. make changes CHANGES='--key task.image'; python -m tests.changes --help
changes: $(VENV)/.dev
	$(BIN)/python -m tests.changes $(CHANGES)

# docs/pictures/: the wizard driven by keys on the demo account. A second call changes nothing.
pictures: $(VENV)/.dev
	$(BIN)/python -m tests.pictures

# The shipped GPU types: names from the SDK's data, figures from EC2 where credentials are there.
# make catalogue CATALOGUE='--region eu-west-1'
catalogue: $(VENV)/.dev
	$(BIN)/python -m gpuecs_tui.aws.refresh_catalogue $(CATALOGUE)

# Stamps: a second call sets nothing up again unless pyproject.toml has changed.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gpuecs-tui needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) .venv-bench .chaos .changes build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
