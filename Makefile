# The two commands of the README, and the targets for developers.
# Needs POSIX sh and GNU make. Everything is installed into .venv; the benchmarks install the programs
# that they compare, and this one as a wheel, into .venv-bench.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO_STACK ?= ./demo-stack

.PHONY: demo test lint unit quick bench chaos changes stories pictures catalogue messages clean

# The wizard on the demo account; without a terminal, the tour with the same steps.
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

# Each process gets whole files, so that tests that share a demo account run in one process. The
# order is that of tests/conftest.py: files that wait longest come first.
unit: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

# Without the slow ones.
quick: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not e2e"

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks

# Random faults against runs on the demo account; continues where the last call stopped.
# make chaos CHAOS='--runs 50 --seed …'; python -m tests.chaos --help
chaos: $(VENV)/.dev
	$(BIN)/python -m tests.chaos $(CHAOS)

# docs/changes.md: changes every key on an applied stack and back, on the demo account. Continues
# where the last call stopped. make changes CHANGES='--key task.image'; python -m tests.changes --help
changes: $(VENV)/.dev
	$(BIN)/python -m tests.changes $(CHANGES)

# docs/stories.md: whole stories with the program's commands, on the demo account. Continues where the
# last call stopped. make stories STORIES='--story to_zero'; python -m tests.stories --help
stories: $(VENV)/.dev
	$(BIN)/python -m tests.stories $(STORIES)

# docs/pictures/: drives the wizard with keys on the demo account. A second call changes nothing.
pictures: $(VENV)/.dev
	$(BIN)/python -m tests.pictures

# The shipped GPU types: names from the SDK's data, figures from EC2 if there are credentials.
# make catalogue CATALOGUE='--region eu-west-1'
catalogue: $(VENV)/.dev
	$(BIN)/python -m gpuecs_tui.aws.refresh_catalogue $(CATALOGUE)

# Catalogues of the translated texts: extracts the texts from the sources (the .pot file is not kept
# in git), updates the catalogue of every language, and compiles it. make messages NEW=de adds one.
LOCALE ?= gpuecs_tui/locale
POT     = $(LOCALE)/gpuecs_tui.pot
PYBABEL = $(BIN)/python -m babel.messages.frontend --quiet
messages: $(VENV)/.dev
	@mkdir -p $(LOCALE)
	$(PYBABEL) extract --no-default-keywords --keyword=_ --keyword=N_ --keyword=ngettext:1,2 \
	  --project=gpuecs-tui --sort-by-file --add-location=file --output-file=$(POT) gpuecs_tui screens
	@test -z "$(NEW)" || \
	  $(PYBABEL) init --domain=gpuecs_tui --input-file=$(POT) --output-dir=$(LOCALE) --locale=$(NEW)
	@if ls $(LOCALE)/*/LC_MESSAGES/gpuecs_tui.po >/dev/null 2>&1; then \
	  $(PYBABEL) update --ignore-pot-creation-date \
	    --domain=gpuecs_tui --input-file=$(POT) --output-dir=$(LOCALE) && \
	  $(PYBABEL) compile --domain=gpuecs_tui --directory=$(LOCALE); \
	else echo "There is no language yet. Add one with: make messages NEW=de"; fi

# Stamp files: a second call installs nothing unless pyproject.toml has changed.
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

# Keeps docs/, the compiled catalogues, and the stack of the demo, which may have been edited.
clean:
	rm -rf $(VENV) .venv-bench .chaos .changes .stories build dist *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f $(POT) .coverage snapshot_report.html
