# `make up` needs Python 3.11 or newer with venv and pip; everything else is fetched once.
SHELL := /bin/sh
PYTHON := .venv/bin/python
STAMP := .venv/.synced
WORKERS ?= 2
ARGS ?=

.PHONY: help setup up down status reset test check format bench demo fast-forward
.DEFAULT_GOAL := help

help:  ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: $(STAMP)  ## Make the environment from uv.lock

$(STAMP): uv.lock deploy/local/setup.sh
	@sh deploy/local/setup.sh
	@touch $@

up: $(STAMP)  ## Start the whole suite; Ctrl-C stops it in order, the state stays in var/
	@exec $(PYTHON) -m deploy.local up $(ARGS)

down: $(STAMP)  ## Stop a suite that runs elsewhere, or what a killed one left behind
	@$(PYTHON) -m deploy.local down

status: $(STAMP)  ## Say which parts run
	@$(PYTHON) -m deploy.local status

reset: $(STAMP)  ## Remove all state, after asking
	@$(PYTHON) -m deploy.local reset $(ARGS)

demo: $(STAMP)  ## Play the demonstration against a running suite
	@$(PYTHON) -m deploy.local.demo $(ARGS)

fast-forward: $(STAMP)  ## Let the demonstration's days pass
	@$(PYTHON) -m deploy.local.fast_forward $(ARGS)

test: $(STAMP)  ## Run every test, in WORKERS processes; the fault tests alone, afterwards
	@$(PYTHON) -m pytest -n $(WORKERS) --ignore=tests/faults $(ARGS)
	@$(PYTHON) -m pytest tests/faults

check: $(STAMP)  ## Lint, format, types, import rules, images
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports
	.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	.venv/bin/hadolint deploy/docker/Dockerfile

format: $(STAMP)  ## Mend what ruff can mend
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: $(STAMP)  ## Measure against the floor
	@$(PYTHON) -m tests.bench $(ARGS)
