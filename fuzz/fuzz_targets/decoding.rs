//! Rows, journal records, segments and cursors from any bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| viewlink::decode_anything(bytes));
