# make demo   set up, index the bundled reports, answer a question
# make test   set up, build the wheel, test the wheel
# PYTHON=python3.12 picks another Python; VENV=… another folder for the environment.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# The CPU build alone: a plain "torch" brings gigabytes of CUDA. Where it is not to be
# had the tests that compare with sentence-transformers are skipped, and say so.
TORCH ?= torch==2.13.0+cpu
# Text that is not part of the project, for make model and make wordlists: see training/README.md and
# wordlists/README.md for what belongs in this folder.
DATA ?= data
WORDS ?= $(wildcard $(DATA)/opentaal-*.txt.xz)
# Benchmarks: where other engines are installed, real text to search instead of the bundled reports (a folder of
# reports or a .jsonl.xz file), and the run to compare with.
PEERS ?= .peers
TEXT ?=
BASE ?= benchmarks/results/base
OPERATIONS := topk query dense fusion snippets analysis cold open build update
SOURCES := $(shell find src -type f -not -name '*.pyc' -not -path '*/__pycache__*' -not -path '*.egg-info*') pyproject.toml README.md LICENSE

.PHONY: demo test lint types docs peers bench bench-full bench-report bench-base bench-compare evaluate ablation faults model wordlists clean

demo: $(VENV)/.demo
	$(BIN)/jeugdzoek index corpus/reports --index indexes/demo
	$(BIN)/jeugdzoek search "hoe lang moet een kind wachten op hulp?" --index indexes/demo --limit 3

test: $(VENV)/.wheel
	$(BIN)/python -m pytest

lint: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tools
	$(BIN)/mypy

docs: $(VENV)/.wheel
	$(BIN)/python -m pytest tests/test_docs.py

# Environments of other search engines, for bench-full; what cannot be installed is named and left out.
peers: $(VENV)/.wheel
	$(BIN)/python benchmarks/systems.py --environments $(PEERS)

# Under a minute: next to SQLite and Whoosh, and the stages of a search.
bench: $(VENV)/.wheel
	$(BIN)/python benchmarks/bench_peers.py --plan quick
	$(BIN)/python benchmarks/bench_topk.py --sizes 1000,10000
	$(BIN)/python benchmarks/bench_query.py --sizes 1000 --queries 100

# About half an hour: next to every engine up to a million passages, and every operation.
bench-full: peers
	$(BIN)/python benchmarks/bench_peers.py --plan full --environments $(PEERS) $(if $(TEXT),--text $(TEXT))
	for operation in $(OPERATIONS); do $(BIN)/python benchmarks/bench_$$operation.py || exit 1; done

# What was measured last, into docs/performance.md and its plot.
bench-report: $(VENV)/.wheel
	$(BIN)/python benchmarks/report.py

bench-base:
	rm -rf $(BASE) && cp -r benchmarks/results/latest $(BASE)

# What was measured last next to what bench-base kept; fails where something became 1.2 times slower.
bench-compare: $(VENV)/.wheel
	$(BIN)/python benchmarks/compare.py $(BASE)

# Half an hour of kills, full disks, power cuts and damage; docs/reliability.md has the table.
faults: $(VENV)/.wheel
	$(BIN)/python tests/faults/run.py

evaluate: $(VENV)/.wheel
	$(BIN)/jeugdzoek index corpus/reports --index indexes/corpus
	$(BIN)/jeugdzoek evaluate corpus/topics.jsonl corpus/qrels.jsonl --index indexes/corpus

ablation: $(VENV)/.wheel
	$(BIN)/python benchmarks/ablation.py

model: $(VENV)/.wheel
	$(BIN)/python -m jeugdzoek.embedding.training $(DATA) . src/jeugdzoek/embedding/model

# The compiled word lists, from their sources; WORDS are the OpenTaal lists.
wordlists: $(VENV)/.tools
	mkdir -p build
	$(BIN)/python wordlists/compile_parts.py $(WORDS) > build/parts.tsv && mv build/parts.tsv src/jeugdzoek/analysis/data/parts.tsv
	PYTHONPATH=src $(BIN)/python wordlists/compile_words.py src/jeugdzoek/analysis/data/words.npy $(WORDS)
	PYTHONPATH=src $(BIN)/python wordlists/compile_thesaurus.py

clean:
	rm -rf $(VENV) $(PEERS) build dist src/*.egg-info

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade "pip>=24"

$(VENV)/.demo: $(VENV)/bin/python $(SOURCES)
	$(PIP) .
	touch $@

$(VENV)/.tools: $(VENV)/bin/python pyproject.toml
	$(PIP) "$(TORCH)" sentence-transformers || echo "no $(TORCH) here: tests that need sentence-transformers will be skipped"
	$(PIP) .[dev]
	touch $@

$(VENV)/.wheel: $(VENV)/.tools $(SOURCES)
	rm -rf build dist
	$(BIN)/python -m build --wheel --outdir dist .
	$(PIP) --force-reinstall --no-deps dist/*.whl
	touch $@
