# Two commands do everything on a fresh machine with git, make and any Python 3:
#   make demo    a living city on this machine; prints the address to open
#   make test    every check and every test
.PHONY: demo test suite check test-long lock format clean
.DEFAULT_GOAL := help
# Where this is set (some containers do), each of the hundreds of processes would compile all that it imports, anew.
unexport PYTHONDONTWRITEBYTECODE
PYTHON3 ?= python3
BIN := .venv/bin
WORKERS ?= 2

help:
	@echo "make demo | make test | make check | make test-long | make lock | make format | make clean"

demo:
	@$(PYTHON3) tools/bootstrap.py run
	@exec $(BIN)/tomma demo $(ARGS)

test:
	@$(PYTHON3) tools/bootstrap.py test
	@$(MAKE) --no-print-directory --jobs=2 check suite

suite:  # each worker with one thread of algebra: two would only spin for the other worker's core
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 \
		$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test-long:
	@$(PYTHON3) tools/bootstrap.py test
	@$(BIN)/pytest -m long $(ARGS)

lock:
	@$(PYTHON3) tools/bootstrap.py run
	@tools/lock

format:
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:
	rm -rf .venv .uv .servers .tomma .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
