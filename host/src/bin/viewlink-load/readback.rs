//! The links as the host and the store report them.

use std::collections::BTreeSet;

use serde_json::Value;
use viewlink::{LinkSort, Paging, ResourceType, Store};

use crate::Result;
use crate::client::Client;
use crate::ledger::{Links, VIEWS, view};

/// More than the number of flags that a view can have here.
const ALL: usize = 1_000_000;

/// Reads all links page by page over HTTP.
pub(crate) async fn over_http(client: &mut Client) -> Result<Links> {
    let mut links = Links::new();
    for view in (0..VIEWS).map(view) {
        let path = format!("/api/v2/projects/default/views/{view}/linked/flags");
        let mut next = Some(format!("{path}?limit=1000"));
        let mut flags = BTreeSet::new();
        while let Some(path) = next {
            let page = client.json("GET", &path, String::new()).await?;
            let items = page.get("items").and_then(Value::as_array).into_iter().flatten();
            let keys = items.filter_map(|item| item.get("resourceKey")?.as_str());
            flags.extend(keys.map(str::to_owned));
            let link = page.pointer("/_links/next/href").and_then(Value::as_str);
            next = link.map(str::to_owned);
        }
        links.insert(view, flags);
    }
    Ok(links)
}

/// Verifies the store, and reads all its links.
pub(crate) fn in_store(store: &Store) -> Result<Links> {
    let found = store.verify()?;
    if !found.is_clean() {
        return Err(format!("the store is not clean: {found}").into());
    }
    let snapshot = store.snapshot()?;
    let reader = snapshot.project("default")?;
    let mut links = Links::new();
    for view in (0..VIEWS).map(view) {
        let paging = Paging::first(ALL).sort(LinkSort::Key);
        let page = reader.linked_resources(&view, ResourceType::Flag, paging)?;
        let flags = page.items.iter().map(|item| item.resource.key().to_string());
        links.insert(view, flags.collect());
    }
    Ok(links)
}

/// Fails if the links found are not the acknowledged ones.
pub(crate) fn compare(place: &str, found: &Links, acknowledged: &Links) -> Result<()> {
    for (view, acknowledged) in acknowledged {
        let empty = BTreeSet::new();
        let found = found.get(view).unwrap_or(&empty);
        if let Some(flag) = found.symmetric_difference(acknowledged).next() {
            let state = if found.contains(flag) { "linked" } else { "not linked" };
            return Err(format!(
                "{place}, {flag} is {state} to {view}, and the last acknowledgement says otherwise"
            )
            .into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_unexpected_link_is_a_lost_acknowledgement() {
        let links = |flags: &[&str]| {
            let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
            Links::from([("v".to_owned(), flags)])
        };
        let acknowledged = links(&["a", "b"]);
        compare("here", &links(&["a", "b"]), &acknowledged).unwrap();
        for (found, problem) in [
            (links(&["a"]), "b is not linked to v"),
            (links(&["a", "b", "c"]), "c is linked to v"),
            (Links::new(), "a is not linked to v"),
        ] {
            let error = compare("here", &found, &acknowledged).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
