//! Calls every decoder with arbitrary bytes.

/// Reads bytes with every decoder of rows, journal frames, segments, commands, changes, cursors and positions, and as
/// the text of every filter.
///
/// This is for tests that search for input which makes a decoder panic. It needs the feature `testing`.
///
/// Cost: O(bytes).
///
/// ```
/// viewlink::decode_anything(b"neither a row nor a record");
/// ```
pub fn decode_anything(bytes: &[u8]) {
    crate::checkpoint::read_rows(bytes);
    crate::journal::read_journal(bytes);
    crate::state::read_commands_and_changes(bytes);
    crate::model::page::read_cursor(bytes);
    crate::filter::parse_filters(bytes);
    let _ = String::from_utf8_lossy(bytes).parse::<crate::model::position::Position>();
}
