//! The content of a store after a loss of power.

use std::path::Path;

use viewlink::{Error, Result, Store};

use crate::history::Writer;
use crate::setup::Setup;
use crate::task::{Checked, Message};

/// Opens a store, and reads its content.
#[must_use]
pub fn check(root: &Path, setup: &Setup, least: &[usize], most: &[usize]) -> Message {
    let opened = setup.open(root);
    match opened.and_then(|store| look(&store, least, most)) {
        Ok(checked) => Message::Checked(checked),
        Err(error) => Message::failed("open and read the store", &error),
    }
}

fn look(store: &Store, least: &[usize], most: &[usize]) -> Result<Checked> {
    let snapshot = store.snapshot()?;
    let mut changes = Vec::new();
    for (number, (least, most)) in least.iter().zip(most).enumerate() {
        let mut writer = Writer::after(number, *least);
        let is_found = writer.find(&snapshot, *most)?;
        changes.push(is_found.then(|| writer.changes()));
    }
    let verified = store.verify()?;
    Ok(Checked {
        revision: snapshot.revision(),
        changes,
        comments: comments(store)?,
        is_clean: verified.is_clean(),
        verified: verified.to_string(),
    })
}

/// The comments of the changes, if the journal keeps all of them.
fn comments(store: &Store) -> Result<Vec<(u64, String)>> {
    let mut feed = match store.feed(0) {
        Err(Error::JournalTrimmed { .. }) => return Ok(Vec::new()),
        feed => feed?,
    };
    let mut comments = Vec::new();
    loop {
        let page = match feed.next_page(1_000) {
            Err(Error::JournalTrimmed { .. }) => return Ok(Vec::new()),
            page => page?,
        };
        if page.is_empty() {
            return Ok(comments);
        }
        let message = page.into_iter().map(|change| (change.revision, change.comment));
        comments.extend(message.map(|(revision, comment)| (revision, comment.unwrap_or_default())));
    }
}
