//! A page of the history of a view or resource.

use serde::Serialize;

use super::changes::Name;
use crate::model::history;

/// The history of a view or resource, the newest change first.
///
/// The original API has no history, so this crate defines the shape.
///
/// ```
/// use viewlink::{Batch, HistoryPaging, NewView, Options, wire::History};
///
/// let store = Options::new().open_in_memory()?;
/// let project = store.project("p")?.actor("ann");
/// project.create_view(NewView::new("v", "V"))?;
/// project.link("v", Batch::flags(["f"]))?.all_ok()?;
/// let page = project.read()?.view_history("v", HistoryPaging::newest(1))?;
/// let json = serde_json::to_value(History::new(&page)).unwrap();
/// assert_eq!(json["items"][0]["events"][0]["kind"], "linked");
/// assert_eq!(json["items"][0]["events"][0]["resourceKey"], "f");
/// assert_eq!((&json["items"][0]["actor"], &json["nextBefore"]), (&"ann".into(), &2.into()));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct History<'a> {
    /// The changes that did something to it.
    pub items: Vec<HistoryEntry<'a>>,
    /// The revision to continue before; missing at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_before: Option<u64>,
    /// The oldest change in the journal: if it is not 1, earlier history is no longer known.
    pub oldest_revision: u64,
}

/// What one change did to a view or resource. Example: at [`History`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry<'a> {
    /// The revision of the change.
    pub revision: u64,
    /// When it was made, in milliseconds since 1970.
    pub time: u64,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<&'a str>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'a str>,
    /// The revision of the change that it reverts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverts: Option<u64>,
    /// What it did, in order.
    pub events: Vec<HistoryEvent<'a>>,
}

/// An effect of a change, distinguished by `kind`, as [`HistoryEvent`](crate::HistoryEvent) describes it. Example: at
/// [`History`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent<'a> {
    /// The kind: `viewCreated`, `viewUpdated`, `viewRenamed`, `followed`, `unfollowed`, `viewDeleted`, `linked`,
    /// `unlinked`, `registered`, `resourceUpdated`, `unregistered` or `notKept`.
    pub kind: &'static str,
    /// The key of the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_key: Option<&'a str>,
    /// The new key of a renamed view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_view_key: Option<&'a str>,
    /// The resource.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Name<'a>>,
    /// The type for which the view starts or stops following a filter.
    #[serde(rename = "resourceType", skip_serializing_if = "Option::is_none")]
    pub followed_type: Option<&'static str>,
    /// The filter that it follows from this change on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The time of a link, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_at: Option<u64>,
}

impl<'a> History<'a> {
    /// The answer for a page of history.
    ///
    /// Cost: O(events).
    #[must_use]
    pub fn new(page: &'a history::HistoryPage) -> Self {
        Self {
            items: page.entries.iter().map(HistoryEntry::new).collect(),
            next_before: page.next,
            oldest_revision: page.oldest,
        }
    }
}

impl<'a> HistoryEntry<'a> {
    fn new(entry: &'a history::HistoryEntry) -> Self {
        Self {
            revision: entry.revision,
            time: entry.time.as_millis(),
            actor: entry.actor.as_deref(),
            comment: entry.comment.as_deref(),
            reverts: entry.reverts,
            events: entry.events.iter().map(HistoryEvent::new).collect(),
        }
    }
}

impl<'a> HistoryEvent<'a> {
    fn new(event: &'a history::HistoryEvent) -> Self {
        use history::HistoryEvent as Event;
        let of_view =
            |kind, view: &'a crate::model::key::ViewKey| (kind, Some(view.as_str()), None);
        let of_resource = |kind, resource: &'a crate::model::resource::Resource| {
            (kind, None, Some(resource.into()))
        };
        let (kind, view_key, resource) = match event {
            Event::ViewCreated(view) => of_view("viewCreated", view),
            Event::ViewUpdated(view) => of_view("viewUpdated", view),
            Event::ViewRenamed { view, .. } => of_view("viewRenamed", view),
            Event::Followed { view, .. } => of_view("followed", view),
            Event::Unfollowed { view, .. } => of_view("unfollowed", view),
            Event::ViewDeleted(view) => of_view("viewDeleted", view),
            Event::Linked { view, resource, .. } => {
                ("linked", Some(view.as_str()), Some(resource.into()))
            }
            Event::Unlinked { view, resource } => {
                ("unlinked", Some(view.as_str()), Some(resource.into()))
            }
            Event::Registered(resource) => of_resource("registered", resource),
            Event::ResourceUpdated(resource) => of_resource("resourceUpdated", resource),
            Event::Unregistered(resource) => of_resource("unregistered", resource),
            Event::NotKept => ("notKept", None, None),
        };
        let linked_at = match event {
            Event::Linked { linked_at, .. } => Some(linked_at.as_millis()),
            _ => None,
        };
        let new_view_key = match event {
            Event::ViewRenamed { to, .. } => Some(to.as_str()),
            _ => None,
        };
        let (followed_type, filter) = match event {
            Event::Followed { resource_type, filter, .. } => {
                (Some(resource_type.singular()), Some(filter.to_string()))
            }
            Event::Unfollowed { resource_type, .. } => (Some(resource_type.singular()), None),
            _ => (None, None),
        };
        Self { kind, view_key, new_view_key, resource, followed_type, filter, linked_at }
    }
}
