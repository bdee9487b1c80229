# What one does every day; `just --list` names it. Everything that has to pass is in `.ci/run`; the recipes
# that check something run steps of it, so that both are the same.

# Everything that has to pass.
all:
    bash .ci/run

# Formats the code.
fmt:
    cargo fmt --all
    cd fuzz && cargo fmt

# Formats, layers, lengths of files, lints.
check:
    bash .ci/run format layers lengths clippy

# The documentation, with broken links as errors.
doc:
    bash .ci/run documentation

# The tests of all packages.
test:
    bash .ci/run tests

# Copies over a log, on servers that are killed and cut off.
cluster:
    bash .ci/run cluster

# The hand-over between callers, and waiting for changes, in every order of their steps.
loom:
    bash .ci/run loom

# The comparison with other stores, small.
compare:
    bash .ci/run comparison

# The host: under load, driven by clients and a browser, and through proxies.
host:
    bash .ci/run load client

# Fuzz tests, for a short while.
fuzz:
    bash .ci/run fuzz

# The examples, as the README calls them.
examples:
    bash .ci/run examples

# Licences, sources and duplicates of dependencies.
deny:
    bash .ci/run deny

# What would be published.
package:
    bash .ci/run package

# The engine alone, measured.
bench:
    cargo bench
