# make            build ./muster, with the slim runners inside
# make test       unit tests: no root, no network beyond the module proxy
# make race       the same under the race detector
# make lint       gofmt, go vet, golangci-lint
# make lab        boot the hosts of the lab (root; see lab/lab)
# make e2e        tests on the lab's hosts (root)
# make bench      benchmarks, and the reference play beside its peers on the lab's hosts (root)
# make conformance SRC=DIR   Ansible's own integration targets, from a checkout of its sources, on a host of the lab (root)
# make projects SRC=DIR COLLECTIONS=DIR   public projects, from checkouts, through Ansible and muster on hosts of the lab (root)
# make generate   documentation of modules and the JSON schema
# make cross      build everything for every platform
# make release VERSION=v1.2.3   what is published, into dist; make release-check builds twice and compares the bytes (PLATFORMS=linux/amd64 for less)

GOLANGCI_LINT_VERSION = v2.15.0
LAB_HOSTS ?= 10
SRC ?=
COLLECTIONS ?=
TOOLS = $(CURDIR)/bin
NFPM = github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.48.0
VERSION ?=
PLATFORMS ?= linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)

.PHONY: all build test race lint lab e2e bench conformance projects generate cross release release-check clean
all: build

build:
	go run ./internal/runnerbin/mkembedded
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o muster ./cmd/muster

test:
	go test ./...

race:
	go test -race ./...

lint: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)
	test -z "$$(gofmt -l .)"
	$(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) run

$(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv $(TOOLS)/golangci-lint $@

lab:
	lab/lab base
	lab/lab up $(LAB_HOSTS)

e2e: lab
	MUSTER_LAB_HOSTS=$$(lab/lab addresses) MUSTER_LAB_KEY=$${LAB_DIR:-/var/tmp/muster-lab}/key \
		go test -tags e2e -count=1 -p 1 -timeout 90m ./transport/... ./internal/runner/... ./internal/e2e/... ./facts/... ./modules/access/... ./modules/databases
	lab/lab test 1 ./modules/packages ./modules/services ./modules/services/systemd
	lab/lab nat && lab/lab test 2 ./modules/databases

bench:
	go test -run '^$$' -bench . -benchmem ./...
	bench/compare

conformance:
	@test -n "$(SRC)" || { echo "say where Ansible's sources are: make conformance SRC=/path/to/ansible"; exit 2; }
	lab/lab base
	go run ./internal/conformance -src "$(SRC)" -lab lab/lab -doc docs/compatibility.md

projects:
	@test -n "$(SRC)" || { echo "say where the checkouts are: make projects SRC=/path/to/checkouts"; exit 2; }
	lab/lab base
	go run ./internal/projects -src "$(SRC)" -collections "$(COLLECTIONS)" -lab lab/lab -doc docs/compatibility-projects.md

generate:
	go generate ./...

# those for other platforms are not optimized, which is a third faster: what is asked is whether they build
cross:
	@echo "muster and runner linux/amd64"; CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -o /dev/null ./cmd/muster ./cmd/muster-runner
	@for p in linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
		echo "muster $$p"; CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} go build -gcflags='all=-N -l' -o /dev/null ./cmd/muster || exit 1; done
	@for a in arm64 arm 386 riscv64; do \
		echo "runner linux/$$a"; CGO_ENABLED=0 GOOS=linux GOARCH=$$a go build -gcflags='all=-N -l' -o /dev/null ./cmd/muster-runner || exit 1; done

release:
	@test -n "$(VERSION)" || { echo "say which version: make release VERSION=v1.2.3"; exit 2; }
	rm -rf dist
	go run ./internal/runnerbin/mkembedded
	go run ./internal/release -version $(VERSION) -platforms $(PLATFORMS) -nfpm $(NFPM)

# the second build is made in another folder, and from nothing that the first has compiled
release-check:
	rm -rf first-release
	$(MAKE) --no-print-directory release VERSION=v0.0.0-check
	mv dist first-release
	second=$$(mktemp -d) && trap 'rm -rf "$$second"' EXIT && mkdir "$$second/source" && \
	git ls-files -z | tar --null -cT - | tar -xC "$$second/source" && \
	GOCACHE="$$second/cache" $(MAKE) --no-print-directory -C "$$second/source" release VERSION=v0.0.0-check PLATFORMS=$(PLATFORMS) && \
	diff first-release/SHA256SUMS "$$second/source/dist/SHA256SUMS"
	rm -rf first-release

clean:
	rm -rf muster bin dist
