# A bare `make` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The newest and the oldest Terraform that the tests run: the caller's, or else the pinned versions, which are installed on
# first use.
PINNED_TERRAFORM := target/terraform/$(shell cat .terraform-version)/terraform
ifeq ($(TF_ACC_TERRAFORM_PATH),)
test chaos: export TF_ACC_TERRAFORM_PATH := $(CURDIR)/$(PINNED_TERRAFORM)
INSTALLED_TERRAFORMS += $(PINNED_TERRAFORM)
endif
OLDEST_TERRAFORM := target/terraform/$(shell cat .terraform-version-oldest)/terraform
ifeq ($(TF_ACC_OLDEST_TERRAFORM_PATH),)
test: export TF_ACC_OLDEST_TERRAFORM_PATH := $(CURDIR)/$(OLDEST_TERRAFORM)
INSTALLED_TERRAFORMS += $(OLDEST_TERRAFORM)
endif

# A test mostly waits: for Terraform, and for what it lets time out.
test test-tofu: export RUST_TEST_THREADS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Apply, plan, repair and destroy the sandbox's tenants with a real Terraform.
	python3 tools/demo.py

.PHONY: test
test: $(INSTALLED_TERRAFORMS) ## Run the whole test suite, against a real Terraform and the sandbox.
	cargo test --locked
	@python3 tools/test_matrix.py --opentofu-if-found

.PHONY: test-tofu
test-tofu: ## Run the tests that depend on the version with OpenTofu: the one at TF_ACC_TOFU_PATH or on the PATH.
	python3 tools/test_matrix.py --opentofu

.PHONY: test-matrix
test-matrix: ## Run the tests that depend on the version with each Terraform from 1.8 to 1.15.
	python3 tools/test_matrix.py

# The seed of the first run, and how many there are.
SEED ?= 1
RUNS ?= 600

.PHONY: chaos
chaos: export CHAOS_SEED := $(SEED)
chaos: export CHAOS_RUNS := $(RUNS)
chaos: $(INSTALLED_TERRAFORMS) ## Kill, interrupt and disturb RUNS applies from SEED on, and check what is left at the vendors.
	cargo test --locked --test suite -- chaos:: --nocapture

# How many tenants the fleet has, and how many requests a minute their shared account accepts.
TENANTS ?= 200
LIMIT ?= 120

.PHONY: fleet
fleet: ## Roll examples/fleet out to TENANTS tenants with Prefect and PostgreSQL, with kills, and check what is left.
	python3 tools/fleet.py --tenants $(TENANTS) --limit $(LIMIT) --seed $(SEED) --most-refused 0

.PHONY: browser
browser: target/browser/browser ## Install a headless Chromium into target/, for the test of the HTML report.

target/browser/browser: tools/install_browser.py
	python3 tools/install_browser.py

.PHONY: screenshots
screenshots: browser ## Write the pictures of the documentation.
	UPDATE_SCREENSHOTS=1 cargo test --locked --test suite -- changes::browser

.PHONY: lint
lint: ## Check the format and every lint.
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

.PHONY: docs
docs: ## Generate docs/ from the schemas and the examples, and the Rust of proto/.
	UPDATE_GOLDENS=1 cargo test --locked --test suite -- docs:: generated::

.PHONY: bench
bench: ## Measure starts, memory, plans and applies, each beside a yardstick of the same run.
	python3 tools/bench.py

# Which messages are sent, and how many.
SEED ?= 1
MESSAGES ?= 100000

.PHONY: fuzz
fuzz: ## Send fuzzed messages to the plugin: SEED says which, MESSAGES how many (default 100000, ten minutes).
	FUZZ_SEED=$(SEED) FUZZ_MESSAGES=$(MESSAGES) cargo test --locked --test suite -- --nocapture fuzz::

.PHONY: install
install: ## Build the provider, and install it for the shell and for `terraform init`.
	cargo install --locked --path .
	cargo run --quiet --release --locked -- mirror

.PHONY: dist
dist: ## Build the archives of a release into target/dist; KEY=FILE signs them with a private OpenPGP key.
	python3 tools/dist.py $(if $(KEY),--key $(KEY)) $(foreach target,$(TARGETS),--target $(target))

.PHONY: dist-check
dist-check: ## Check what `make dist` built: PUBLIC_KEY=FILE for the signature, SAME=FOLDER has a second build, TERRAFORM a static one.
	python3 tools/dist_check.py $(if $(PUBLIC_KEY),--public-key $(PUBLIC_KEY)) $(if $(SAME),--same $(SAME)) $(if $(TERRAFORM),--terraform $(TERRAFORM))

$(PINNED_TERRAFORM): .terraform-version tools/install_terraform.py
	python3 tools/install_terraform.py $(shell cat .terraform-version)

$(OLDEST_TERRAFORM): .terraform-version-oldest tools/install_terraform.py
	python3 tools/install_terraform.py $(shell cat .terraform-version-oldest)
