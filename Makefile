# Everything here works on a machine that has Python 3.11 or newer, make and git. No Node, no Docker, no AWS account.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP     = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
POLICY ?= $(wildcard fusebox.yaml)
STACK  ?= Fusebox

.DEFAULT_GOAL := help
.PHONY: help demo test test-browser fuzz plan deploy lint synth bench docs clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(VENV)/.dev  ## Fusebox at work on a local account, from the real template
	@$(BIN)/python -m local.demo

test: $(VENV)/.dev  ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

test-browser: $(VENV)/.browser  ## the approval page in a real browser; installs Debian's chromium if there is none
	@sh tests/browser/chromium.sh
	@$(BIN)/python -m pytest tests/browser

fuzz: $(VENV)/.dev  ## real events and messages changed at random, then read; CASES=100000 takes minutes
	@$(BIN)/python -m pytest -q tests/fuzz

plan: $(VENV)/.cli  ## what Fusebox would do to the account of your credentials; writes nothing
	@$(BIN)/fusebox plan $(if $(POLICY),--policy $(POLICY))

deploy: $(VENV)/.deploy node_modules/.installed  ## show the diff, ask, deploy
	@$(BIN)/python -m stacks.deploy $(STACK)

lint: $(VENV)/.dev  ## ruff, mypy, cfn-lint and cdk-nag
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m stacks.lint

synth: $(VENV)/.deploy  ## the CloudFormation template, in cdk.out
	@$(BIN)/python app.py

bench: $(VENV)/.dev  ## side by side with Cloud Custodian (see bench/README.md)
	@PYTHON=$(PYTHON) sh bench/run.sh $(ARGS)

docs: $(VENV)/.dev  ## writes the tables that come from the specs into the documents
	@$(BIN)/python -m docs.tables

clean:  ## removes what these targets made
	rm -rf $(VENV) .venv-* node_modules cdk.out build .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Fusebox needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.cli: requirements-cli.txt constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing the fusebox command into $(VENV) …"
	@$(PIP) -r requirements-cli.txt
	@$(PIP) --no-deps -e .
	@touch $@

$(VENV)/.deploy: requirements.txt $(VENV)/.cli
	@echo "Installing AWS CDK into $(VENV) …"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.deploy
	@echo "Installing the test tools into $(VENV) …"
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/.browser: requirements-browser.txt $(VENV)/.dev
	@echo "Installing the browser's driver into $(VENV) …"
	@$(PIP) -r requirements-browser.txt
	@touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.deploy
	@echo "Installing the CDK command …"
	@$(BIN)/python -m stacks.cdk_cli
	@touch $@
