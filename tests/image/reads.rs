//! What both show, read in every way there is.

use std::fmt::Debug;

use viewlink::testing::{ImageReader, ImageSnapshot};
use viewlink::{
    Cursor, KeySort, LinkSort, Page, Paging, ProjectSnapshot, Resource, ResourceFilter,
    ResourceSort, ResourceType, Result, Snapshot, ViewSort,
};

use crate::pair::assert_alike;
use crate::random::Random;

const LINK_SORTS: [LinkSort; 4] =
    [LinkSort::LinkTime, LinkSort::Key, LinkSort::LinkedAt, LinkSort::Name];
const VIEW_SORTS: [ViewSort; 3] = [ViewSort::Key, ViewSort::Name, ViewSort::UpdatedAt];
const RESOURCE_SORTS: [ResourceSort; 2] = [ResourceSort::Key, ResourceSort::Name];

/// A list that is read a page at a time, and how far each of both is.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    project: String,
    view: String,
    resource_type: ResourceType,
    filter: ResourceFilter,
    sort: LinkSort,
    limit: usize,
    cursors: Option<(Cursor, Cursor)>,
}

impl Walk {
    pub(crate) fn random(random: &mut Random) -> Self {
        let filter = if random.once_in(3) { random.filter() } else { ResourceFilter::all() };
        Self {
            project: random.project(),
            view: random.view(),
            resource_type: random.resource_type(),
            filter,
            sort: random.one_of(&LINK_SORTS),
            limit: random.below(40),
            cursors: None,
        }
    }

    /// Reads the next page of both; tells whether there is another one.
    pub(crate) fn step(&mut self, store: &Snapshot, image: &ImageSnapshot) -> bool {
        let (Ok(one), Ok(other)) = (store.project(&self.project), image.project(&self.project))
        else {
            return false;
        };
        let paging = |cursor: Option<&Cursor>| match cursor {
            Some(cursor) => Paging::after(cursor.clone(), self.limit).sort(self.sort),
            None => Paging::first(self.limit).sort(self.sort),
        };
        let of_store = paging(self.cursors.as_ref().map(|(store, _)| store));
        let of_image = paging(self.cursors.as_ref().map(|(_, image)| image));
        let (view, of, filter) = (&self.view, self.resource_type, &self.filter);
        let one = one.linked_resources_matching(view, of, filter, of_store);
        let other = other.linked_resources_matching(view, of, filter, of_image);
        self.cursors = match (&one, &other) {
            (Ok(one), Ok(other)) => one.next.clone().zip(other.next.clone()),
            _ => None,
        };
        assert_pages(one, other, self);
        self.cursors.is_some()
    }
}

/// Checks that two pages are alike, but for the texts of their cursors.
fn assert_pages<T: Debug + PartialEq>(
    one: Result<Page<T>>,
    other: Result<Page<T>>,
    what: &dyn Debug,
) {
    let part = |page: Page<T>| (page.items, page.total, page.next.is_some());
    assert_alike(one.map(part), other.map(part), what);
}

/// Reads one thing, chosen at random, of both.
pub(crate) fn assert_same(random: &mut Random, store: &Snapshot, image: &ImageSnapshot) {
    assert_eq!(store.revision(), image.revision());
    if random.once_in(12) {
        let (offset, limit) = (random.below(4), random.below(4));
        let paging = Paging::first(limit).offset(offset);
        assert_pages(store.projects(paging.clone()), image.projects(paging), &"projects");
    }
    let key = random.project();
    match (store.project(&key), image.project(&key)) {
        (Ok(one), Ok(other)) => assert_same_project(random, &one, &other),
        (one, other) => {
            assert_alike(one.map(|one| one.info()), other.map(|other| other.info()), &key)
        }
    }
}

fn assert_same_project(random: &mut Random, one: &ProjectSnapshot<'_>, other: &ImageReader<'_>) {
    assert_eq!(one.info(), other.info());
    match random.below(6) {
        0 => {
            let view = random.view();
            assert_alike(one.view(&view), other.view(&view), &view);
            let resource = random.resource();
            let linked = (one.is_linked(&view, &resource), other.is_linked(&view, &resource));
            assert_alike(linked.0, linked.1, &(view, resource));
        }
        1 => assert_same_views(random, one, other),
        2 => assert_same_backlinks(&random.resource(), random.below(3), one, other),
        3 => assert_same_registry(random, one, other),
        _ => assert_same_links(random, one, other),
    }
}

fn assert_same_views(random: &mut Random, one: &ProjectSnapshot<'_>, other: &ImageReader<'_>) {
    let (sort, filter) = (random.one_of(&VIEW_SORTS), random.view_filter());
    let mut paging = Paging::first(random.below(4)).offset(random.below(3)).sort(sort);
    loop {
        let page = one.views_matching(&filter, paging.clone());
        let next = page.as_ref().ok().and_then(|page| page.next.clone());
        assert_eq!(next, other.views_matching(&filter, paging.clone()).unwrap().next);
        assert_pages(page, other.views_matching(&filter, paging), &(sort, &filter));
        let Some(cursor) = next else { return };
        paging = Paging::after(cursor, 1 + random.below(3)).sort(sort);
    }
}

fn assert_same_backlinks(
    resource: &Resource,
    limit: usize,
    one: &ProjectSnapshot<'_>,
    other: &ImageReader<'_>,
) {
    let mut paging: Paging<KeySort> = Paging::first(limit);
    loop {
        let page = one.linked_views(resource, paging.clone());
        let next = page.as_ref().ok().and_then(|page| page.next.clone());
        assert_alike(page, other.linked_views(resource, paging.clone()), resource);
        let keys = one.linked_view_keys(resource, paging.clone());
        assert_alike(keys, other.linked_view_keys(resource, paging), resource);
        let Some(cursor) = next else { return };
        paging = Paging::after(cursor, 2);
    }
}

fn assert_same_registry(random: &mut Random, one: &ProjectSnapshot<'_>, other: &ImageReader<'_>) {
    let resource = random.resource();
    assert_alike(one.resource(&resource), other.resource(&resource), &resource);
    let id = format!("id-{}", random.below(12));
    assert_alike(one.segment_by_id(&id), other.segment_by_id(&id), &id);
    let (of, sort) = (random.resource_type(), random.one_of(&RESOURCE_SORTS));
    let filter = if random.once_in(3) { ResourceFilter::all() } else { random.filter() };
    let mut paging = Paging::first(random.below(9)).offset(random.below(5)).sort(sort);
    loop {
        let page = one.resources(of, &filter, paging.clone());
        let next = page.as_ref().ok().and_then(|page| page.next.clone());
        assert_alike(page, other.resources(of, &filter, paging), &(of, sort, &filter));
        let Some(cursor) = next else { return };
        paging = Paging::after(cursor, 5).sort(sort);
    }
}

fn assert_same_links(random: &mut Random, one: &ProjectSnapshot<'_>, other: &ImageReader<'_>) {
    let (view, of, sort) = (random.view(), random.resource_type(), random.one_of(&LINK_SORTS));
    let filter = if random.once_in(2) { ResourceFilter::all() } else { random.filter() };
    let limit = if random.once_in(3) { 3_000 } else { random.below(50) };
    let paging = Paging::first(limit).offset(random.below(30)).sort(sort);
    let page = one.linked_resources_matching(&view, of, &filter, paging.clone());
    let found = other.linked_resources_matching(&view, of, &filter, paging);
    assert_pages(page, found, &(view, of, sort, &filter));
}
