# The front door. `make` lists what there is; the programs behind it are in crates/xtask (`cargo xtask --help`).

WASM_CRATES = $(patsubst plugins/%/Cargo.toml,--package %,$(wildcard plugins/*/Cargo.toml)) \
              $(patsubst examples/%/Cargo.toml,--package %,$(wildcard examples/*/Cargo.toml))

# Docker's plugin, or the program that came before it and that Debian 12 has.
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

.DEFAULT_GOAL := help
.PHONY: help build-plugins new spec images push deploy-manifests release setup run run-envoy test test-compose bench up down lint docs clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build-plugins: ## build plugins/ into dist/ and say what each weighs
	cargo xtask build --all

new: ## begin a plugin of your own in plugins/: make new PLUGIN=my-plugin
	cargo xtask new $(PLUGIN)

spec: ## write console forms, editor schemas and tables of options from the configurations' types
	cargo xtask spec

images: build-plugins ## write OCI images of the plugins to dist/oci/
	cargo xtask images

push: build-plugins ## the same, then copy them: make push REGISTRY=registry.example.com/plugins
	cargo xtask images --push $(REGISTRY)

deploy-manifests: images ## write dist/deploy/, with your registry and digests: make deploy-manifests REGISTRY=...
	cargo xtask manifests "$(REGISTRY)"

release: build-plugins ## write what a release consists of to dist/release/: make release TAG=v0.1.0
	cargo xtask release $(if $(TAG),--tag $(TAG))

setup: ## install Envoy and httpbin into target/python (others do it when needed)
	cargo xtask setup

run: ## try the plugins in the local gateway, with Redis and an upstream; no Docker, no Python
	cargo xtask run

run-envoy: ## the same in a real Envoy, in front of a real httpbin
	cargo xtask run-envoy

# What tests need comes first, each kind of it on a line of its own.
test: setup ## build everything, set up Envoy, run all tests
	cargo xtask build --all --examples
	.ci/test

test-compose: build-plugins setup ## start the compose stack on a Docker Engine of its own (as root, on Linux)
	cargo build --workspace --bin gateway --test docker
	.ci/test --test docker

bench: build-plugins setup ## measure the plugins on a real Envoy
	cargo run --release --package bench

up: build-plugins ## start the compose stack: Higress, httpbin, redis
	$(COMPOSE) up --detach
	@deploy/wait-until-healthy $(COMPOSE)

down: ## end the compose stack
	$(COMPOSE) down

lint: ## formatting, and clippy for this machine and for wasm
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cargo clippy --target wasm32-wasip1 --package plugin-core $(WASM_CRATES) -- --deny warnings

docs: ## the documentation of all crates, in target/doc
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps

clean: ## remove everything that was built or installed here
	cargo clean
	rm -rf dist target
