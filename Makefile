# The commands of the README. Everything happens in .venv; `make clean` removes it.
#   make test ARGS='-k gemm -x'     arguments for pytest
#   make test WORKERS=0             in one process, for a debugger or for timing
#   make demo PYTHON=python3.12     the interpreter to make .venv from

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
    $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python
WORKERS ?= auto
NATIVE := $(shell find csrc fastnn/_kernels -name '*.[ch]' -o -name '*.inc' -o -name '*.def' -o -name '*.py[xd]')
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Many tests start processes of their own: each would compile all of fastnn anew where bytecode may not be kept.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench bench-peers test-neon sanitize wheel docs clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo         fastnn beside scikit-learn on real data, in a minute
demo: $(VENV)/.built
	$(PY) examples/demo.py

## make test         the whole test suite
test: $(VENV)/.built
	$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

## make lint         ruff, cython-lint, mypy and clang-format
lint: $(VENV)/.built
	$(VENV)/bin/ruff check .
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cython-lint fastnn/_kernels   # it calls pycodestyle by name
	$(VENV)/bin/mypy
	$(VENV)/bin/clang-format --dry-run --Werror $(filter %.c %.h %.inc,$(NATIVE))

## make bench        kernels, epochs, fits: ratios as tables in docs/
bench: $(VENV)/.built
	$(PY) -m benchmarks $(ARGS)

## make bench-peers  training and scoring beside PyTorch, JAX, ONNX Runtime ...: docs/benchmarks.md
bench-peers: $(VENV)/.built
	$(PY) -m benchmarks.peers $(ARGS)

## make test-neon    the C kernels for aarch64, cross-compiled and run under qemu-user
test-neon:
	tests/kernels/cross/aarch64.sh

## make sanitize     the tests of everything native under ASan and UBSan, the threads under TSan
sanitize: $(VENV)/.built
	PYTHON=$(PY) tests/sanitize.sh $(ARGS)

## make docs        the site, into build/site; a warning is an error
docs: $(VENV)/.built
	$(PY) -m pip install --quiet --no-build-isolation --editable '.[docs]'
	$(PY) -m sphinx -b html -W --keep-going -q docs build/site

## make wheel       a wheel as users get it, installed apart, and the suite run against it
wheel: $(VENV)/.built
	$(PY) -m pip install --quiet --no-build-isolation --editable '.[release]'
	PYTHON=$(PY) tests/wheel.sh $(ARGS)

## make clean        remove the environment and everything built
clean:
	rm -rf $(VENV) build dist docs/_built docs/auto_examples docs/generated docs/sg_execution_times.rst *.egg-info .pytest_cache .ruff_cache .benchmarks
	find fastnn/_kernels -name '*.so' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@test -n "$(PYTHON)" || { echo "fastnn needs Python 3.11 or newer and found none." \
	  "Install one, or name it: make PYTHON=/path/to/python3"; exit 1; } >&2
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module." \
	  "On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; } >&2
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml setup.py | $(PY)
	@command -v "$${CC:-gcc}" >/dev/null || command -v clang >/dev/null || command -v cc >/dev/null || { \
	  echo "fastnn is compiled from C and found no C compiler." \
	  "On Debian and Ubuntu: sudo apt-get install gcc python3-dev"; exit 1; } >&2
	@touch $@.begun   # the stamp's time: an edit during the build is not lost
	$(PY) -m pip install --quiet 'setuptools>=77' 'cython>=3.1' 'numpy>=2.0'
	$(PY) .ci/needs.py dev > $(VENV)/needs.txt   # packages come while the compiler works
	$(PY) -m pip install --quiet -r $(VENV)/needs.txt & packages=$$!; \
	  $(PY) setup.py --quiet build_ext --inplace && wait $$packages
	$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@mv $@.begun $@

$(VENV)/.built: $(VENV)/.installed $(NATIVE)   # installing has built; build what is newer than that
	@touch $@.begun
	@if test -n "$$(find $(NATIVE) -newer $(VENV)/.installed)"; then \
	  echo "building what changed"; $(PY) setup.py --quiet build_ext --inplace; fi
	@mv $@.begun $@
