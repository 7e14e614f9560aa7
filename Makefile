# `make` lists what there is to do. It needs only Python 3.11 or later, and installs the rest into .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run test shells clients torture bench check format sql commands docs screens wheel clean

help:  ## List the targets.
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-8s %s\n' "$$name" "$$text"; done

.venv/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "zprof needs Python 3.11 or later: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

run: .venv/.installed  ## Run the reference session in a throw-away config directory.
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tests/reference_session.sh

test: .venv/.installed  ## Run the whole suite.
	$(BIN)/pytest --numprocesses auto --dist worksteal

shells: .venv/.installed  ## Run the tests in real shells: bash and zsh, and fish where it is installed.
	$(BIN)/pytest --numprocesses auto tests/shells

.venv/.clients: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,clients]'
	@touch $@

clients: .venv/.clients  ## Run programs that read a stack: boto3, mlflow and wandb, against a server of their own.
	$(BIN)/pytest tests/clients

torture: .venv/.installed  ## Kill, race, damage and mix commands, and count what is lost; ARGS="--quick" or --help.
	PYTHONPATH=tests $(BIN)/python -m torture $(ARGS)

bench: .venv/.installed  ## Measure speed against other programs, by size and over a slow line; ARGS="--quick" or --help.
	PYTHONPATH=tests $(BIN)/python -m bench $(ARGS)

check: .venv/.installed  ## Check format, lint, types, import rules, generated files and migrations.
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m zprof.schema.generator --check
	$(BIN)/python -m zprof.cli.tree --check
	@directory=$$(mktemp -d) && export ZPROF_CONFIG_PATH="$$directory" && \
		$(BIN)/alembic -n registry check && $(BIN)/alembic -n store check; \
		code=$$?; rm -rf "$$directory"; exit $$code

format: .venv/.installed  ## Format the code, and fix what the linter can.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

sql: .venv/.installed  ## Write zprof/generated/statements.py from zprof/schema/statements.py.
	$(BIN)/python -m zprof.schema.generator

commands: .venv/.installed  ## Write zprof/generated/commands.py from the commands.
	$(BIN)/python -m zprof.cli.tree

screens: .venv/.installed  ## Write what a first hour shows on each terminal into tests/data/first_hour.
	$(BIN)/python tests/first_hour.py

docs: .venv/.installed  ## Run the examples of README.md and docs/, and write what they print, and the picture.
	$(BIN)/python tests/documentation.py
	$(BIN)/python tests/picture.py

wheel: .venv/.installed  ## Build the wheel into dist/.
	$(BIN)/python -m build --wheel --outdir dist

clean:  ## Remove what other targets made.
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
