# Each target does its own set-up: a virtual environment in .venv and pinned packages, checked by their hashes.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help install serve test train check bench pins clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

install: $(VENV)/serving  ## Install what serving needs

serve: install  ## Serve on 127.0.0.1:8000 (PORT=8123 make serve: elsewhere)
	@exec $(RUN) -m service

test: $(VENV)/training  ## Run every test
	$(RUN) -m pytest

train: $(VENV)/training  ## Fetch the data, train, evaluate, export and write the model card
	@exec $(RUN) -m training train

check: $(VENV)/training  ## Lint, types, import rules
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/training  ## Measure speed against programs started beside it
	$(RUN) -m benchmarks

pins: $(VENV)/training  ## Choose the newest versions again and pin them (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate pyproject.toml -o service/requirements.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate -c service/requirements.txt \
	  pyproject.toml --group training --group development -o training/requirements.txt

clean:  ## Remove the virtual environment and every cache
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

# The stamps are written last, so that an interrupted installation is taken up again.
$(VENV)/serving: service/requirements.txt | $(RUN)
	@echo "Installing what serving needs ..."
	@$(INSTALL) -r $<
	@touch $@

$(VENV)/training: training/requirements.txt | $(RUN)
	@echo "Installing what training and tests need, TensorFlow among it: some minutes ..."
	@$(INSTALL) -r $<
	@touch $@ $(VENV)/serving
