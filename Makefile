# The commands of the README. Each does its own set-up in .venv and needs no argument.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
OUT ?= out/sample
SECONDS ?= 300
SEED ?= 0
COUNT ?= 500
ROUNDS ?= 5

export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: accuracy rules-docs run test lint bench bench-reading bench-plans bench-docs peers fuzz corruption sample_data lock clean forensics

run: .venv/run  ## measure the sample studies and say where the reports are
	$(BIN)/livermetry run sample_data/studies $(OUT)

test: .venv/dev  ## run the test suite
	$(BIN)/python -m pytest -n auto

lint: .venv/dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/peers  ## time the whole job on a study of LiTS's size against the strongest peers
	$(BIN)/python -m benchmarks $(ROUNDS)

bench-reading: .venv/peers  ## time the reading of a study of clinical size against pydicom, SimpleITK, highdicom, dcm2niix
	$(BIN)/python -m benchmarks.reading $(ROUNDS)

bench-plans: .venv/dev  ## time all plans of a study of LiTS's size on one core, and their memory
	$(BIN)/python -m benchmarks.plans $(ROUNDS)

bench-docs: .venv/peers .venv/radiomics  ## both, with all peers and the growth, written into docs/performance.md
	$(BIN)/python -m benchmarks $(ROUNDS) --write
	$(BIN)/python -m benchmarks.growth 3 --write
	$(BIN)/python -m benchmarks.reading $(ROUNDS) --write
	$(BIN)/python -m benchmarks.rules --write
	$(BIN)/python -m benchmarks.plans $(ROUNDS) --write

peers: .venv/peers .venv/radiomics  ## install what is compared with; what cannot be installed is left out and named

fuzz: .venv/dev  ## mutate files of every format for SECONDS and say what broke
	$(BIN)/python -m tests.fuzz $(SECONDS) $(SEED)

corruption: .venv/dev  ## spoil the good study in COUNT pairs of ways, drawn by SEED
	$(BIN)/python -m tests.corruption $(COUNT) $(SEED)

rules-docs: .venv/dev  ## write the reference of all rules into docs/rules
	$(BIN)/livermetry rules docs docs/rules

forensics: .venv/dev  ## say how often faults of masks are found, and good masks doubted
	$(BIN)/python -m tests.forensic_rates && $(BIN)/python -m tests.forensic_rates --modality MR

accuracy: .venv/dev  ## measure shapes whose answers are formulas and write docs/accuracy.md
	$(BIN)/python -m tests.accuracy

sample_data: .venv/dev  ## write the synthetic sample studies anew
	$(BIN)/python sample_data/generate.py

lock: .venv/dev  ## write the versions of this environment into constraints.txt
	$(BIN)/pip freeze --exclude-editable | sort -f > constraints.txt

clean:
	rm -rf .venv out

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "livermetry needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

.venv/run: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet --editable .
	touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@ .venv/run

.venv/peers: .venv/dev
	$(BIN)/pip install --quiet --editable '.[peers]' || $(BIN)/pip install --quiet edt \
	  || echo "not every peer can be installed: those missing are left out"
	touch $@

# pyradiomics has no wheel for this Python: it is built by the system's C compiler against the numpy that is there, so
# numpy comes first and the build is not isolated. It gets an environment of its own.
.venv/radiomics: constraints.txt | .venv/bin/python
	$(PYTHON) -m venv $@
	$@/bin/pip install --quiet numpy setuptools wheel versioneer pydicom SimpleITK \
	  && $@/bin/pip install --quiet --no-build-isolation pyradiomics==3.0.1 \
	  || { echo "pyradiomics cannot be built here: it is left out"; rm -rf $@; }
