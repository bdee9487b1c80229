//! The text of a cursor.

use proptest::prelude::*;

use super::*;

fn cursor() -> Cursor {
    let list = List::Links { view: 7, resource_type: ResourceType::Flag, sort: LinkSort::LinkTime };
    let record = LinkRecord { linked_at: Timestamp::from_millis(9), revision: 3, request_index: 1 };
    Cursor { list, after: ListPlace::LinkTime(record) }
}

#[test]
fn the_text_of_a_cursor_is_pinned_and_can_be_parsed() {
    let text = cursor().to_string();
    assert_eq!(text, "AAMHAAABCQMB");
    assert_eq!(text.parse::<Cursor>().unwrap(), cursor());
}

#[test]
fn a_cursor_of_another_list_is_an_error() {
    let other = List::Views { project: 7 };
    let error = Start::After(cursor()).in_list(&other).unwrap_err();
    assert!(error.to_string().contains("another list"), "{error}");
}

proptest! {
    #[test]
    fn arbitrary_text_is_a_cursor_or_an_error(text in "\\PC{0,40}") {
        if let Ok(cursor) = text.parse::<Cursor>() {
            prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }
    }

    #[test]
    fn arbitrary_bytes_are_a_cursor_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = URL_SAFE_NO_PAD.encode(bytes).parse::<Cursor>();
    }
}
