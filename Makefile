# A bare `make` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The Terraform that tests run: the caller's, or else the pinned one, which is installed on first use.
PINNED_TERRAFORM := target/terraform/$(shell cat .terraform-version)/terraform
ifeq ($(TF_ACC_TERRAFORM_PATH),)
export TF_ACC_TERRAFORM_PATH := $(CURDIR)/$(PINNED_TERRAFORM)
INSTALLED_TERRAFORM := $(PINNED_TERRAFORM)
endif

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: $(INSTALLED_TERRAFORM) ## Run the whole test suite, against a real Terraform and the sandbox.
	cargo test --locked

.PHONY: lint
lint: ## Check the format and every lint, and let nothing pass.
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

.PHONY: install
install: ## Build the provider for use and install it among cargo's binaries.
	cargo install --locked --path .

$(PINNED_TERRAFORM): .terraform-version tools/install_terraform.py
	python3 tools/install_terraform.py $(shell cat .terraform-version)
