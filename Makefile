.DEFAULT_GOAL := help
.PHONY: help setup build test unit integration docs mechanisms torture demo dev fuzz sanitize soak models format format-check bench bench-quick bench-peers install uninstall deb deployment clean

# What `make dev` runs; `make dev CONFIG=path/to/lockstep.yaml` runs another.
CONFIG ?= Examples/demo/lockstep.yaml
# Which parts `make test` runs; default: all (scripts/test --list)
PARTS ?=
# More for `swift test`: make unit TEST_FLAGS='--filter Queue'
TEST_FLAGS ?=
# How long the test by random operations writes; longer finds more.
ORACLE_SECONDS ?= 20
# Which ones `make mechanisms` takes out; default: all (scripts/check-mechanisms --list)
MECHANISMS ?=
# How long the torture run takes, about; its last rounds and the judging go beyond.
TORTURE_MINUTES ?= 5
# More for it: make torture TORTURE_FLAGS='--seed 7 --go-on'
TORTURE_FLAGS ?=
# How long `make fuzz` looks for input that breaks the decoders.
FUZZ_SECONDS ?= 60
# What runs under the sanitizers, one after another: thousands of threads at once are too slow under them. They refuse
# OpenVINO's libraries, which are loaded with RTLD_DEEPBIND.
SANITIZE_TESTS ?= (Lockstep(Core|Engine|State|Sinks|Providers|Configuration)?|MongoDriver)Tests\.
SANITIZE := --no-parallel --skip OpenVINO --filter '$(SANITIZE_TESTS)'
# Some of it: make bench BENCH_FLAGS='--only latency --runs 3'
BENCH_FLAGS ?=
# Prints alone, in two minutes: make bench-peers PEERS_FLAGS=--quick
PEERS_FLAGS ?=
# More for the proof of converted models: --export, --lockstep .build/release/lockstep
MODELS_FLAGS ?=
# How many changes, elections and restarts of a model the soak has.
SOAK_EVENTS ?= 1000000
SOAK_ELECTIONS ?= 20
SOAK_RESTARTS ?= 500

# Where `make install` puts it; DESTDIR goes before every path, for those who make packages.
PREFIX ?= /usr/local
DESTDIR ?=

LOCKSTEP := .build/release/lockstep
SWIFT_SOURCES := $(wildcard Package.swift Plugins Sources Tests Examples Benchmarks)

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing (scripts/setup --help)
	@scripts/setup

build: setup ## Build the command: .build/release/lockstep
	swift build --quiet -c release --product lockstep

test unit integration: export TEST_FLAGS := $(TEST_FLAGS)
test unit integration: export ORACLE_SECONDS := $(ORACLE_SECONDS)
test: setup ## Run every test and check, and say what each part took (PARTS="server browser")
	@scripts/test $(PARTS)

unit: setup ## Run what needs no server: decisions, rules of the code
	@scripts/test unit

integration: setup ## Run what needs servers, programs or a browser
	@scripts/test integration

mechanisms: setup ## Take out one mechanism after another and see its tests fail (MECHANISMS="guard prefix")
	@scripts/setup tests
	scripts/check-mechanisms $(MECHANISMS)

torture: build ## Kill, cut off and deceive it for minutes, then judge every document (TORTURE_MINUTES=5)
	@scripts/setup tests
	python3 Tests/Oracle/torture.py --binary $(LOCKSTEP) --minutes $(TORTURE_MINUTES) $(TORTURE_FLAGS)

fuzz: setup ## Search input that breaks the decoders, with libFuzzer (FUZZ_SECONDS=60)
	LOCKSTEP_FUZZ=1 swift build --quiet --scratch-path .build-fuzz --product Fuzz \
		-Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=fuzzer-no-link,address \
		-Xswiftc -use-ld=lld -Xlinker --allow-multiple-definition
	mkdir -p .build-fuzz/corpus
	.build-fuzz/debug/Fuzz .build-fuzz/corpus -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=.build-fuzz/

sanitize: setup ## Run the tests under the thread and the address sanitizer (SANITIZE_TESTS=…)
	swift build --quiet --build-tests --sanitize=thread --scratch-path .build-thread
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Sanitizers/threads.txt \
		swift test --skip-build --sanitize=thread --scratch-path .build-thread $(SANITIZE)
	swift build --quiet --build-tests --sanitize=address --scratch-path .build-address
	ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS=print_suppressions=0:suppressions=$(CURDIR)/Tests/Sanitizers/leaks.txt \
		swift test --skip-build --sanitize=address --scratch-path .build-address $(SANITIZE)

models: setup ## Convert encoders of eleven makes and compare them with sentence-transformers (2 GB; MODELS_FLAGS=--export)
	test -d .build/models-python || python3 -m venv .build/models-python
	.build/models-python/bin/pip install --quiet -r scripts/requirements-convert.txt -r Tests/Conversion/requirements.txt
	@# Its optional torchvision must fit torch to the letter, and no text model needs it.
	.build/models-python/bin/pip install --quiet --no-deps optimum-intel==2.2.0 optimum==2.3.0
	.build/models-python/bin/python Tests/Conversion/proof.py $(MODELS_FLAGS)

soak: build ## Let a million events pass and see that memory stays flat (SOAK_EVENTS=1000000)
	python3 Benchmarks/soak.py --lockstep $(LOCKSTEP) --events $(SOAK_EVENTS) --elections $(SOAK_ELECTIONS) \
		--restarts $(SOAK_RESTARTS)

demo: ## Watch Lockstep at work on a real MongoDB, from nothing (DEMO_DOCS=2000)
	@scripts/demo

dev: build ## Run Lockstep on an embedded MongoDB until Ctrl-C (CONFIG=…)
	@exec $(LOCKSTEP) dev -c $(CONFIG)

docs: setup ## Make the guide to the library: .build/docs/Lockstep.doccarchive
	swift build --quiet --target Lockstep
	@scripts/docs

format: ## Format the Swift code
	swift format format --in-place --parallel --recursive $(SWIFT_SOURCES)

format-check: ## Check that the Swift code is formatted
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)

bench: ## Measure everything beside bare programs in C, and write docs/benchmarks/ (half an hour)
	@scripts/bench $(BENCH_FLAGS)

bench-quick: ## The same at a tenth of the size, in some minutes; writes nothing
	@scripts/bench --quick $(BENCH_FLAGS)

bench-peers: ## Measure beside SuperDuperDB and a loop in pymongo, and write docs/benchmarks/peers.md
	@scripts/bench-peers $(PEERS_FLAGS)

install: ## Install what `make build` built, with unit, manual pages and completions (PREFIX=/usr/local DESTDIR=)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' LOCKSTEP='$(LOCKSTEP)' packaging/install

uninstall: ## Remove what `make install` put there (the same PREFIX and DESTDIR)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' packaging/install --uninstall

deb: setup ## Build a Debian package that needs no Swift: .build/lockstep_<version>_<architecture>.deb
	swift build --quiet -c release --product lockstep --scratch-path .build-static --static-swift-stdlib \
		-Xlinker -z -Xlinker now
	@LOCKSTEP=.build-static/release/lockstep packaging/build-deb

deployment: deb ## Try package, service and Dockerfile in clean Debian systems (root; some minutes)
	@scripts/setup tests
	DEPLOYMENT_CLEAN_ROOT=1 LOCKSTEP_BINARY=.build-static/release/lockstep \
		python3 -m unittest discover --verbose --start-directory Tests/Deployment

clean: ## Remove what was built; what setup installed stays
	rm -rf .build .build-*
