//! Bodies and queries from any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use viewlink::wire::Query;

#[path = "../../tests/it/wire/parse_all.rs"]
mod parse_all;

fuzz_target!(|bytes: &[u8]| {
    parse_all::parse_all(bytes);
    let text = String::from_utf8_lossy(bytes);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    if let Ok(query) = Query::from_pairs(pairs) {
        parse_all::query_all(&query, &text);
    }
});
