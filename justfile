# Daily commands; `just --list` names them. `.ci/run` has all checks; the recipes that check something run its steps, so
# that both are the same.

# All checks.
all:
    bash .ci/run

# Formats the code.
fmt:
    cargo fmt --all
    cd fuzz && cargo fmt

# Formats, layers, words, lengths of files, lints.
check:
    bash .ci/run format layers words lengths clippy

# The documentation, with broken links as errors.
doc:
    bash .ci/run documentation

# The tests of all packages.
test:
    bash .ci/run tests

# Copies over a log, on servers that are killed and partitioned.
cluster:
    bash .ci/run cluster

# Power losses below real file systems, as root.
power:
    bash .ci/run power

# Breaks one rule after another, and expects its test to fail.
breakages:
    tests/breakages/run

# Tries the mutants that the ledger does not have, for up to 140 minutes.
mutants:
    tests/mutants/run --minutes 140

# The handover between callers, and waiting for changes, in every order of their steps.
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

# The examples, as in the README.
examples:
    bash .ci/run examples

# Licences, sources and duplicates of dependencies.
deny:
    bash .ci/run deny

# The package to be published.
package:
    bash .ci/run package

# The engine alone, measured.
bench:
    cargo bench
