# Each target does its own set-up: a virtual environment in .venv and pinned packages, checked by their hashes.
PYTHON ?= python3
VENV := .venv
BENCH := .venv-benchmarks
CLIENTS := .venv-clients
PAGE := service/page
NODE := $(PAGE)/node_modules
RUN := $(VENV)/bin/python
SHIPPED := $(wildcard models/*/2)
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes
# Packages of which little is run are not compiled before it is: all of TensorFlow's takes a minute. pip takes six times as
# long as uv, and is the way where uv can't be had.
UV := $(VENV)/bin/uv
fill = $(UV) pip install --quiet --require-hashes --python $(1) $(2) || $(1) $(PIP) --no-compile $(2)

.DEFAULT_GOAL := help
.PHONY: help install serve test train evidence check protocol bench deploy-check pins clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

install: $(VENV)/serving  ## Install what serving needs

serve: install  ## Serve on 127.0.0.1:8000 (PORT=8123 make serve: elsewhere)
	@exec $(RUN) -m service

test: $(VENV)/training $(CLIENTS)/installed  ## Run every test
	$(RUN) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

train: $(VENV)/training  ## Fetch the data, train, evaluate, export and write the model card
	@exec $(RUN) -m training train

evidence: $(VENV)/training  ## Measure the shipped models again, and by 89 more trainings (over an hour; resumes)
	@$(RUN) -m training evaluate $(SHIPPED)
	@exec $(RUN) -m training experiments $(SHIPPED)

check: $(NODE)/installed $(VENV)/training  ## Lint, types, import rules
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports
	$(RUN) -m tests.openapi | $(NODE)/.bin/openapi-typescript --root-types --root-types-no-schema-prefix -o $(PAGE)/openapi.d.ts
	cd $(PAGE) && node_modules/.bin/tsc && node_modules/.bin/biome ci --error-on-warnings .

protocol: $(VENV)/training  ## Make the messages of gRPC anew from their description
	$(RUN) -m grpc_tools.protoc -I . --python_out=. --pyi_out=. service/grpc/inference.proto

bench: $(BENCH)/installed  ## Measure speed against programs started beside it
	@exec $(BENCH)/bin/python -m benchmarks

deploy-check: $(VENV)/training  ## Deploy the stack on a Docker engine, update and kill under load, count what fails (ten minutes)
	@exec $(RUN) -m deploy.check $(CHECK)

pins: $(VENV)/training  ## Choose the newest versions again and pin them (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate pyproject.toml -o service/requirements.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate -c service/requirements.txt pyproject.toml --extra grpc -o service/requirements-grpc.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate -c service/requirements-grpc.txt \
	  pyproject.toml --extra grpc --extra tracing --group training --group development -o training/requirements.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --group installer -o training/requirements-uv.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --group clients -o tests/clients/requirements.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate -c service/requirements-grpc.txt pyproject.toml --extra grpc --group benchmarks -o benchmarks/requirements.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --group bentoml -o benchmarks/requirements-bentoml.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --group mlserver -o benchmarks/requirements-mlserver.txt

clean:  ## Remove the virtual environment and every cache
	rm -rf $(VENV) $(BENCH) $(CLIENTS) $(NODE) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

# The stamps are written last, so that an interrupted installation is taken up again.
$(VENV)/serving: service/requirements.txt | $(RUN)
	@echo "Installing what serving needs ..."
	@$(RUN) $(PIP) -r $<
	@touch $@

$(UV): training/requirements-uv.txt | $(RUN)
	@$(RUN) $(PIP) -r $< || echo "uv can't be had; pip does without." >&2

# All that they want is in the list; without --no-deps pip stumbles over a package that another wants with an extra.
$(CLIENTS)/installed: tests/clients/requirements.txt | $(UV)
	@echo "Installing the clients of other serving systems, which the tests run ..."
	@$(PYTHON) -m venv $(CLIENTS)
	@$(call fill,$(CLIENTS)/bin/python,--no-deps -r $<)
	@touch $@

$(BENCH)/installed: benchmarks/requirements.txt benchmarks/requirements-bentoml.txt benchmarks/requirements-mlserver.txt | $(UV)
	@echo "Installing what the benchmarks need ..."
	$(PYTHON) -m venv $(BENCH)
	@$(call fill,$(BENCH)/bin/python,-r $<)
	$(PYTHON) -m venv $(BENCH)/bentoml
	@$(call fill,$(BENCH)/bentoml/bin/python,-r $(word 2,$^))
	$(PYTHON) -m venv $(BENCH)/mlserver
	@$(call fill,$(BENCH)/mlserver/bin/python,--no-deps -r $(word 3,$^))
	@touch $@

$(VENV)/training: training/requirements.txt tests/requirements.txt | $(UV)
	@echo "Installing what training and tests need, TensorFlow among it: a minute or so ..."
	@$(call fill,$(RUN),-r $<)
	@$(call fill,$(RUN),--no-deps -r $(word 2,$^))
	@touch $@ $(VENV)/serving

$(NODE)/installed: $(PAGE)/package.json $(PAGE)/package-lock.json $(PAGE)/.npmrc
	@command -v npm >/dev/null || { echo "Node.js 20 or newer, with npm, is needed to check the page's scripts." >&2; exit 1; }
	@echo "Installing what checks the page's scripts ..."
	@cd $(PAGE) && npm ci --loglevel=error
	@touch $@
