# Baton: everything a person types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run test check eval samples languages package clean setup setup-dev
VENV := .venv/bin
# What is imported is compiled once and kept: set-up leaves that to the first use, and hundreds of programs follow it.
unexport PYTHONDONTWRITEBYTECODE

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: setup ## install what is missing, then open the window on the sample desk (or triage it here, without a display)
	@sh packaging/run.sh

test: setup-dev ## install what is missing, then lint, types and tests (the rules of the layers among them)
	@$(VENV)/python packaging/libraries.py test
	@$(MAKE) --no-print-directory check
	$(VENV)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: setup-dev ## lint and types only
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/python -m mypy

eval: setup-dev ## work the samples of all desks with all models, and say what came out otherwise
	$(VENV)/baton eval

samples: setup-dev ## make the sample desk's documents again
	$(VENV)/python assets/samples/make_samples.py

languages: setup-dev ## collect the window's texts anew, bring them into assets/languages, and compile those
	$(VENV)/python packaging/languages.py

package: setup-dev ## build the wheel into dist/
	$(VENV)/python -m pip wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean: ## remove .venv and everything that was built; your documents and the task log stay
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@sh packaging/setup.sh

setup-dev:
	@sh packaging/setup.sh dev
