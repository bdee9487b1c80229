#!/usr/bin/env bash
# guess: In an integration test tests/image/main.rs with `#[path = "../it/laws.rs"] mod laws;` a failing case of laws.rs is
# kept in one file, which both test binaries that include laws.rs read: proptest-regressions beside or above
# tests/it/laws.rs. The second binary repeats the case that the first one found.
