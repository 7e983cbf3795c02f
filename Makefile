# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test isolation lint fmt bench

help:            ## this list
	@grep -E '^[a-z]+: .*##' Makefile | sed 's/: .*##/ -/'

$(VENV)/run.stamp: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(VENV)/run.stamp      ## start everything on http://localhost:8000
	@$(BIN)/python -m config.run

test: $(VENV)/dev.stamp     ## lint, types, contracts, the whole suite
	@$(MAKE) --no-print-directory lint
	@.ci/chromium
	$(BIN)/python -m pytest -n 2 -W "ignore::pytest.PytestConfigWarning"

isolation: $(VENV)/dev.stamp ## the walls between regions alone, a minute of random SQL (SMARTCITY_RANDOM_SQL_SEED repeats it)
	SMARTCITY_RANDOM_SQL_SECONDS=$${SMARTCITY_RANDOM_SQL_SECONDS:-60} $(BIN)/python -m pytest -n 2 tests/isolation \
		-W "ignore::pytest.PytestConfigWarning"

bench: $(VENV)/run.stamp    ## each claim of the README as a figure, into bench/results.json
	@$(BIN)/python -m bench

lint: $(VENV)/dev.stamp     ## ruff, mypy, import contracts, migrations
	$(BIN)/ruff check -q .
	$(BIN)/mypy --no-error-summary
	@DATABASE_URL=postgresql://- MASTER_KEY=only-to-print-the-sql-of-migrations $(BIN)/python -m migrations.lint
	$(BIN)/lint-imports --no-logo 2>&1 >.lint.out || { cat .lint.out; rm .lint.out; exit 1; }; rm -f .lint.out

fmt: $(VENV)/dev.stamp      ## apply ruff's safe fixes
	$(BIN)/ruff check --fix -q .
