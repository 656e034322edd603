# shellcheck shell=bash disable=SC2034
# The versions of tools that no lock file holds. Node tools: package.json. Crates: Cargo.lock. Rust: Cargo.toml.
CARGO_LEPTOS_VERSION=0.3.10
WASM_BINDGEN_VERSION=0.2.130 # must equal the wasm-bindgen of Cargo.lock; bin/setup checks
NODE_MAJOR=20
OHA_VERSION=1.16.0
