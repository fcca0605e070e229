# On a fresh machine with Python 3.11 or newer and nothing else:
#   make demo   the whole road on the embedded demonstration election -> reports/demo
#   make test   lint, types and tests
#   make notebooks   the examples as notebooks, made beside them
#   make references   the statistics of the reference elections again, with their page
#   make docs   the documentation -> docs/_build/html/index.html

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PYTHON := $(BIN)/python
WORKERS ?= 2
# One worker per test file's group: the wheel is built once, not once per worker.
PYTEST := $(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup

.PHONY: demo test test-all test-lowest lint docs notebooks references bench clean

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

# A warning is an error; no network is used.
docs: $(VENV)/.installed-docs
	$(PYTHON) -m sphinx -b html -W --keep-going -q docs docs/_build/html
	@echo "docs/_build/html/index.html"

# Every direct dependency in the oldest version that pyproject.toml allows, in an environment of its own.
LOWEST := .venv-lowest
CORE := tests/test_public_names.py tests/test_returns.py tests/test_reading.py tests/test_accepting.py \
	tests/test_finding.py tests/test_digits.py tests/test_integer_percent.py tests/test_plots.py \
	tests/test_association_models.py tests/test_paper.py tests/test_cli.py

test-lowest: $(VENV)/.created
	$(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	$(PYTHON) -m uv venv --quiet --clear --python 3.11 $(LOWEST)
	$(PYTHON) -m uv pip install --quiet --python $(LOWEST) --resolution lowest-direct -e ".[test]"
	$(LOWEST)/$(notdir $(BIN))/python -m pytest $(CORE) -m "not slow"

# Every example as a notebook beside it; they are made, not kept: examples/*.py are the source.
notebooks: $(VENV)/.installed
	$(PYTHON) examples/notebooks.py

# Statistics of the reference elections and their page, from the data that FORENSICS_DATA names.
references: $(VENV)/.installed
	$(PYTHON) -m forensics.evidence.references

bench: $(VENV)/.installed-test
	$(PYTHON) -m pytest benchmarks/ --benchmark-only
	$(PYTHON) benchmarks/scale.py

clean:
	rm -rf docs/_build docs/generated
	rm -rf $(VENV) $(LOWEST) examples/*.ipynb build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks reports/demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first interpreter that runs, is new enough and can make an environment.
$(VENV)/.created:
	@for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
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

$(VENV)/.installed-docs: pyproject.toml $(VENV)/.created
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e ".[docs]"
	@touch $@ $(VENV)/.installed
