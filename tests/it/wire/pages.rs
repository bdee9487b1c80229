//! The links between pages.

use proptest::prelude::*;
use viewlink::wire::{LinkedResources, Query};
use viewlink::{Batch, Paging, ResourceType, Store};

use crate::support::{create, memory, project};

fn filled(count: usize) -> Store {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    let keys = (0..count).map(|number| format!("k{number:02}"));
    project.link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
    store
}

/// The answer to the query of a link or of a client.
fn get(store: &Store, limit: usize, offset: usize) -> LinkedResources {
    let pairs = [("limit", limit.to_string()), ("offset", offset.to_string())];
    let query = Query::from_pairs(pairs).unwrap();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let paging: Paging<_> = query.link_paging().unwrap();
    let page = reader.linked_resources("v", ResourceType::Flag, paging).unwrap();
    let view = "v".parse().unwrap();
    LinkedResources::new(&page, &reader.info().key, &view, ResourceType::Flag, &query)
}

/// Follows a link.
fn follow(store: &Store, href: &str) -> LinkedResources {
    let (path, query) = href.split_once('?').unwrap();
    assert_eq!(path, "/api/v2/projects/p/views/v/linked/flags");
    let number = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap();
        value.parse().unwrap()
    };
    get(store, number("limit="), number("offset="))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn following_next_from_any_page_returns_every_later_item_once(
        count in 0..40_usize, limit in 1..12_usize, offset in 0..50_usize,
    ) {
        let store = filled(count);
        let mut page = get(&store, limit, offset);
        let last = page.links.clone().unwrap().last.unwrap().href;
        let mut met = Vec::new();
        loop {
            met.extend(page.items.iter().map(|item| item.resource_key.clone()));
            let links = page.links.clone().unwrap();
            match links.next {
                Some(next) => page = follow(&store, &next.href),
                None => {
                    if offset < count {
                        prop_assert_eq!(&links.own.href, &last);
                    }
                    break;
                }
            }
        }
        let expected: Vec<String> = (offset.min(count)..count).map(|n| format!("k{n:02}")).collect();
        prop_assert_eq!(met, expected);
    }

    #[test]
    fn following_prev_from_any_page_ends_on_the_first(
        count in 0..40_usize, limit in 1..12_usize, offset in 0..50_usize,
    ) {
        let store = filled(count);
        let mut page = get(&store, limit, offset);
        let first = page.links.clone().unwrap().first.unwrap().href;
        let mut steps = 0;
        while let Some(prev) = page.links.clone().unwrap().prev {
            page = follow(&store, &prev.href);
            steps += 1;
            prop_assert!(steps <= 50);
        }
        prop_assert_eq!(page.links.unwrap().own.href, first);
    }
}

#[test]
fn an_empty_page_has_no_links() {
    let links = get(&filled(3), 0, 2).links.unwrap();
    assert_eq!(links.own.href, "/api/v2/projects/p/views/v/linked/flags?limit=0&offset=2");
    assert_eq!((links.first, links.last, links.next, links.prev), (None, None, None, None));
}
