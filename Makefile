# The commands of this repository. `make help` lists them.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

GO ?= go
# The race detector is for Go. SQLite is translated C, whose memory it does not
# watch: instrumented it would take half of the tests' time to find nothing.
RACE ?= -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-d=checkptr=0
RACE_ENGINES ?= sqlite,postgresql
# Empty: the packages alone that keep memory for several goroutines.
RACE_PACKAGES ?=
# Tests wait for database servers more than they compute.
TEST_FLAGS ?= -count=1 -parallel=6 -timeout=40m
# -vet=off where the linter runs beside the tests: it vets as go test does.
VET ?=
TEST = $(GO) test $(TEST_FLAGS) $(VET)
# All packages of all modules of the workspace.
PACKAGES ?= work
# A missing engine fails `make test`; `make test REQUIRE=` lets it pass.
REQUIRE ?= all
SOAK ?= 10m
# How many random histories `make property` plays on each engine; `make test` plays six.
CHECKS ?= 200
# The tests that draw what they do on an engine; see enginetest.RandomChecks.
PROPERTIES := LedgerEqualsModel|StatementPagesAreTheWholeList|StatementOfLongOperations|StatsAreTheSums|ReferralsNeverLoop
# How many verbs the differential test calls on each engine.
STEPS ?= 5000
# How many random histories of payments each engine goes through, or which: 700-999.
HISTORIES ?= 200
# How many operations `make test-copy` copies.
ROWS ?= 100000
# How long torture lasts on each engine, on which, and by which seed (0 draws one).
TORTURE ?= 2m
ENGINE ?= all
SEED ?= 0
TORTURE_FLAGS ?=
BENCH ?= .
# `go test` runs the fuzzers' seeds; `make fuzz` looks for more, this long each.
FUZZTIME ?= 30s

# In CI the servers must come up in containers.
ENGINE_FLAGS ?= $(if $(filter true,$(CI)),-source=docker)
ENGINES := $(GO) run ./internal/servers/testengines $(ENGINE_FLAGS)
GOLANGCI_LINT := bin/golangci-lint

export GO RACE RACE_ENGINES TEST_FLAGS

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what the tests need and this machine lacks (Debian, Ubuntu)
	@scripts/setup.sh

.PHONY: test
test: setup ## run every test on SQLite, PostgreSQL, MySQL and MariaDB
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) $(ENGINES) run $(TEST) $(PACKAGES)

.PHONY: race
race: setup ## the tests of several goroutines with the race detector; make race RACE_PACKAGES=-all: in every package
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) $(ENGINES) run scripts/race.sh $(RACE_PACKAGES) $(PACKAGES)

.PHONY: compile
compile: ## compile every package and its tests, and run nothing
	$(GO) list -export -test -deps $(PACKAGES) >/dev/null

.PHONY: check
check: export CHAMELEON_RAPID_CHECKS = $(CHECKS)
check: test ## make test, with as many random histories as make property plays

.PHONY: engines
engines: setup ## get the images of the servers that the tests need
	$(ENGINES) get

.PHONY: property
property: setup ## hundreds of random histories of the ledger and of referrals on every engine
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) CHAMELEON_RAPID_CHECKS=$(CHECKS) \
		$(ENGINES) run $(GO) test -count=1 -timeout=20m -run '$(PROPERTIES)' ./credits ./users

.PHONY: differential
differential: setup ## a long random history of all verbs, the same on every engine: make differential STEPS=20000
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) CHAMELEON_DIFFERENTIAL=$(STEPS) \
		CHAMELEON_DIFFERENTIAL_SEED=$(if $(filter 0,$(SEED)),$$(date +%s),$(SEED)) \
		$(ENGINES) run $(GO) test -count=1 -timeout=0 -v -run EnginesAgree .

.PHONY: histories
histories: setup ## many random histories of payments on every engine: make histories HISTORIES=1000
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) CHAMELEON_TEST_HISTORIES=$(HISTORIES) \
		$(ENGINES) run $(GO) test -count=1 -timeout=0 -run 'Histories|EqualTheModel' ./orders/... ./orders/stripe/...

.PHONY: test-copy
test-copy: setup ## copy many rows through all engines and back, killed on each leg: make test-copy ROWS=1000000
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) CHAMELEON_TEST_COPY_ROWS=$(ROWS) \
		$(ENGINES) run $(GO) test -count=1 -timeout=0 -v -run CopyOfManyRows ./transfer

.PHONY: test-drizzle
test-drizzle: setup ## adopt databases that Drizzle itself is writing to: needs npm's registry
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) $(ENGINES) run scripts/drizzle.sh

.PHONY: test-matrix
test-matrix: setup ## run every test on the oldest engines, then on the newest
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) $(ENGINES) -versions=oldest run $(TEST) $(PACKAGES)
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) $(ENGINES) -versions=newest run $(TEST) $(PACKAGES)

.PHONY: test-sharded
test-sharded: setup ## run the tests on tables that are laid out for shards
	CHAMELEON_TEST_SHARDED=1 CHAMELEON_TEST_REQUIRE=$(REQUIRE) $(ENGINES) run $(TEST) $(PACKAGES)

TIDB_PACKAGES ?= ./credits ./generations
.PHONY: test-tidb
test-tidb: ## run the ledger's tests on TiDB, which is built once or named by CHAMELEON_TEST_TIDB_URL
	scripts/tidb.sh $(GO) test -count=1 -parallel=3 -timeout=60m $(TIDB_PACKAGES)

.PHONY: test-routers
test-routers: setup ## a history of all verbs on the Citus or Vitess that CHAMELEON_TEST_CITUS_URL or …VITESS_URL names
	@[ -n "$$CHAMELEON_TEST_CITUS_URL$$CHAMELEON_TEST_VITESS_URL" ] || { echo "name a router by CHAMELEON_TEST_CITUS_URL or CHAMELEON_TEST_VITESS_URL"; exit 1; }
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) CHAMELEON_DIFFERENTIAL=$(STEPS) \
		CHAMELEON_DIFFERENTIAL_SEED=$(if $(filter 0,$(SEED)),$$(date +%s),$(SEED)) \
		$(ENGINES) run $(GO) test -count=1 -timeout=0 -v -run RoutersAgree .

.PHONY: soak
soak: setup ## drive the ledger at random for a while: make soak SOAK=10m
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) CHAMELEON_SOAK=$(SOAK) \
		$(ENGINES) run $(GO) test $(RACE) -count=1 -timeout=0 -v -run Soak ./credits

.PHONY: torture
torture: setup ## client processes and servers under faults: make torture TORTURE=10m ENGINE=mysql SEED=1
	$(GO) build -o bin/torture ./internal/servers/torture
	bin/torture -time=$(TORTURE) -engine=$(ENGINE) -seed=$(SEED) $(TORTURE_FLAGS)

.PHONY: torture-mutants
torture-mutants: setup ## break the code in ways that only faults show, and see how soon torture finds them
	$(GO) run ./internal/servers/torture -mutants

# Fuzzers of webhooks run the ledger on SQLite, whose translated code is too large
# to be instrumented: without, they try ten thousand bodies a second, blindly.
.PHONY: fuzz
fuzz: ## run every fuzzer for a while: make fuzz FUZZTIME=10m
	@set -e; mkdir -p bin; \
	for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		package=$$(dirname $$file); \
		for fuzzer in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' $$file); do \
			echo "$$package $$fuzzer"; \
			case $$package in \
			./orders/*|./credits) \
				$(GO) test -c -o bin/fuzz.test $$package; \
				(cd $$package && $(CURDIR)/bin/fuzz.test -test.run '^$$' -test.fuzz "^$$fuzzer\$$" \
					-test.fuzztime $(FUZZTIME) -test.fuzzcachedir $(CURDIR)/bin/fuzz);; \
			*) \
				$(GO) test $$package -run '^$$' -fuzz "^$$fuzzer\$$" -fuzztime $(FUZZTIME);; \
			esac; \
		done; \
	done

.PHONY: bench
bench: setup ## run the benchmarks: make bench BENCH=Handles PACKAGES=./credits
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) $(ENGINES) run $(GO) test -run='^$$' -bench='$(BENCH)' -benchmem $(PACKAGES)

.PHONY: race-bench
race-bench: setup ## race the library against hand-written code, on durable servers: make race-bench RACE_FLAGS='-conns=16'
	$(ENGINES) -durable run $(GO) run ./bench $(RACE_FLAGS)

.PHONY: screenshots
screenshots: ## draw the pages of examples/saas in headless Chromium (apt-get install chromium) into docs/images
	@command -v chromium >/dev/null || { echo "install chromium first"; exit 1; }
	mkdir -p docs/images
	CHAMELEON_SCREENSHOTS=$(CURDIR)/docs/images $(GO) test -count=1 -run TestScreenshots ./examples/saas

.PHONY: alerts
alerts: ## test the alerts with Prometheus' promtool (apt-get install prometheus)
	@command -v promtool >/dev/null || { echo "install prometheus first"; exit 1; }
	promtool test rules telemetry/alerts_test.yaml

.PHONY: dashboard
dashboard: ## draw the dashboard with the data of a Prometheus: make dashboard PROMETHEUS=http://localhost:9090
	$(GO) run ./internal/cmd/dashboard -prometheus=$(or $(PROMETHEUS),http://localhost:9090) > docs/images/dashboard.new
	mv docs/images/dashboard.new docs/images/dashboard.svg

.PHONY: diagrams
diagrams: ## draw packages and tables from the code into docs/architecture.md
	$(GO) run ./internal/cmd/diagrams > docs/architecture.new
	mv docs/architecture.new docs/architecture.md

.PHONY: mutate
mutate: setup ## break the ledger in many ways and see that its tests notice
	CHAMELEON_TEST_REQUIRE=$(REQUIRE) $(ENGINES) run $(GO) run ./internal/cmd/mutate $(if $(ONLY),-only='$(ONLY)')

.PHONY: quickstart
quickstart: ## run the example program, on SQLite or on DATABASE_URL
	$(GO) run ./examples/quickstart

.PHONY: lint
lint: $(GOLANGCI_LINT) ## check the code's style, imports and usual mistakes, and each go.mod
	$(GOLANGCI_LINT) run $$(scripts/modules.sh --packages)
	scripts/modules.sh --check

.PHONY: vuln
vuln: bin/govulncheck ## look for known vulnerabilities in what the code calls
	scripts/vuln.sh

.PHONY: apidiff
apidiff: bin/apidiff ## compare the exported names with those of the last tag
	scripts/apidiff.sh

.PHONY: weights
weights: ## print what a program outside gets with each way to begin: modules, go.sum, bytes
	$(GO) run ./internal/cmd/weights

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## format the code
	scripts/modules.sh $(CURDIR)/$(GOLANGCI_LINT) fmt ./...

.PHONY: tidy
tidy: ## bring go.mod and go.sum of every module up to date
	scripts/modules.sh --tidy

# The tools have a module of their own, outside the workspace, so that their
# dependencies are nobody's.
$(GOLANGCI_LINT): tools/go.mod tools/go.sum
	GOWORK=off GOBIN=$(CURDIR)/bin $(GO) -C tools install github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

bin/govulncheck: tools/go.mod tools/go.sum
	GOWORK=off GOBIN=$(CURDIR)/bin $(GO) -C tools install golang.org/x/vuln/cmd/govulncheck
	@touch $@

bin/apidiff: tools/go.mod tools/go.sum
	GOWORK=off GOBIN=$(CURDIR)/bin $(GO) -C tools install golang.org/x/exp/cmd/apidiff
	@touch $@
