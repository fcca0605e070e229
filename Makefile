# On a fresh machine with Python 3.11 or newer and nothing else:
#   make demo   the whole road on the embedded demonstration election -> reports/demo
#   make test   lint, types and tests

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PYTHON := $(BIN)/python
WORKERS ?= 2
# One worker per test file's group: the wheel is built once, not once per worker.
PYTEST := $(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup

.PHONY: demo test test-all lint bench clean

demo: $(VENV)/.installed
	$(PYTHON) -m forensics demo --out reports/demo

lint: $(VENV)/.installed-test
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy

test: lint
	$(PYTEST) -m "not slow"

test-all: lint
	$(PYTEST)

bench: $(VENV)/.installed-test
	$(PYTHON) -m pytest benchmarks/ --benchmark-only

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks reports/demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first interpreter that runs, is new enough and can make an environment.
$(VENV)/.created:
	@for python in python3.13 python3.12 python3.11 python3 python; do \
	    if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        echo "making $(VENV) with $$($$python --version)"; \
	        $$python -m venv $(VENV) && touch $@; exit; \
	    fi; \
	done; \
	echo "forensics needs Python 3.11 or newer with its venv module, and none was found on the PATH." >&2; \
	exit 1

$(VENV)/.installed: pyproject.toml $(VENV)/.created
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml $(VENV)/.created
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e ".[test]"
	@touch $@ $(VENV)/.installed
