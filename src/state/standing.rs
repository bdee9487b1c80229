//! Standing filters: the filters that views follow, and an index from resources and views to the filters.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::key_map::KeyMap;
use super::postings::LongList;
use super::registry::{Term, index_terms, terms_of};
use crate::filter::{ResourceFilter, SetPredicate};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::{Attribute, AttributeValue, ByType, ResourceFields};

/// The filter that a view follows for one type.
///
/// A link is held by keys, by the filter or by both. The filter holds all registered resources that match it, so only
/// the links that keys hold are stored. A view without a filter stores nothing: keys hold all its links.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) filter: Arc<ResourceFilter>,
    /// The ids of the names whose links keys hold.
    keys: LongList,
}

impl Standing {
    /// A filter of a view. Keys hold the links of the names with these ids, which are in order.
    pub(super) fn new(filter: Arc<ResourceFilter>, keys: &[u32]) -> Self {
        Self { filter, keys: LongList::new(keys) }
    }

    /// Whether keys hold the link of a name.
    ///
    /// Cost: O(log n) with n links.
    pub(super) fn keys_hold(&self, id: u32) -> bool {
        self.keys.contains(id)
    }

    /// The ids of the names whose links keys hold, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = u32> {
        self.keys.iter()
    }

    /// Adds keys as a holder of the link of a name; returns whether they did not hold it before.
    pub(super) fn hold(&mut self, id: u32) -> bool {
        self.keys.insert(id)
    }

    /// Removes keys as a holder of the link of a name; returns whether they held it before.
    pub(super) fn release(&mut self, id: u32) -> bool {
        self.keys.remove(id)
    }

    /// The bytes of its memory.
    pub(super) fn memory(&self) -> usize {
        let (values, bytes) = self.filter.size();
        let conditions = size_of_val(self.filter.conditions());
        let texts = values * size_of::<String>() + bytes;
        size_of::<Self>() + 16 + conditions + texts + self.keys.memory()
    }
}

/// An index of the filters that views follow. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(super) struct StandingIndex(ByType<OfType>);

/// A property that a resource must have to match a filter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lead {
    Term(Term),
    /// An attribute with this text, or with this text in its list; a number is used in its text form.
    Attribute(Attribute, Box<str>),
}

/// Properties of one kind. Each match of a filter has at least one of them. `None` if any resource may match.
fn leads(filter: &ResourceFilter) -> Option<Vec<Lead>> {
    if let Some(terms) = filter.lookup() {
        return Some(index_terms(terms).into_iter().map(Lead::Term).collect());
    }
    let (name, texts) = filter.wanted_attribute()?;
    let number = |text: &String| text.parse::<i64>().ok().map(|number| number.to_string());
    let texts = texts.iter().flat_map(|text| number(text).into_iter().chain([text.clone()]));
    let texts: BTreeSet<String> = texts.collect();
    Some(texts.into_iter().map(|text| Lead::Attribute(*name, text.into())).collect())
}

/// All such properties of a resource.
fn leads_of(fields: &ResourceFields) -> impl Iterator<Item = Lead> {
    let terms = terms_of(fields).into_iter().map(Lead::Term);
    let attributes = fields.attributes.iter().flat_map(|(name, value)| {
        let number = match value {
            AttributeValue::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let texts = value.each_text().iter().cloned().chain(number);
        texts.map(move |text| Lead::Attribute(*name, text.into()))
    });
    terms.chain(attributes)
}

/// Filters by the slots of the views that follow them.
#[derive(Clone, Debug, Default)]
struct OfType {
    /// Filters that match only resources with one of these properties.
    by_lead: KeyMap<Lead, LongList>,
    /// Filters that a change of any resource may affect.
    others: LongList,
    /// Filters that name a view; the view need not exist.
    by_view: KeyMap<ViewKey, LongList>,
}

/// The views that a filter names, each once.
pub(super) fn named_views(filter: &ResourceFilter) -> BTreeSet<&ViewKey> {
    filter.views().flat_map(SetPredicate::members).collect()
}

impl StandingIndex {
    /// Whether no view follows a filter for a type.
    pub(super) fn is_empty(&self, resource_type: ResourceType) -> bool {
        let OfType { by_lead, others, by_view } = self.0.get(resource_type);
        // A filter with an empty list of properties matches nothing, and is in none of the lists.
        by_lead.len() == 0 && others.len() == 0 && by_view.len() == 0
    }

    /// Adds the filter of a view.
    ///
    /// Cost: O((properties + views it names) · log filters).
    pub(super) fn add(&mut self, slot: u32, resource_type: ResourceType, filter: &ResourceFilter) {
        let OfType { by_lead, others, by_view } = self.0.get_mut(resource_type);
        match leads(filter) {
            Some(leads) => {
                for lead in leads {
                    by_lead.get_or_insert_cow(lead, LongList::default).insert(slot);
                }
            }
            None => _ = others.insert(slot),
        }
        for view in named_views(filter) {
            by_view.get_or_insert_cow(view.clone(), LongList::default).insert(slot);
        }
    }

    /// Removes the filter of a view.
    ///
    /// Cost: that of adding it.
    pub(super) fn remove(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        filter: &ResourceFilter,
    ) {
        let OfType { by_lead, others, by_view } = self.0.get_mut(resource_type);
        match leads(filter) {
            Some(leads) => leads.iter().for_each(|lead| remove_slot(by_lead, lead, slot)),
            None => _ = others.remove(slot),
        }
        for view in named_views(filter) {
            remove_slot(by_view, view, slot);
        }
    }

    /// The views whose filters may match a resource, before or after a change of its fields.
    ///
    /// Cost: O(properties · log filters + filters with one of its properties or with none).
    pub(super) fn concerned(
        &self,
        resource_type: ResourceType,
        fields: [Option<&ResourceFields>; 2],
    ) -> BTreeSet<u32> {
        let OfType { by_lead, others, .. } = self.0.get(resource_type);
        let mut slots: BTreeSet<u32> = others.iter().collect();
        if by_lead.len() > 0 {
            let leads: BTreeSet<Lead> = fields.into_iter().flatten().flat_map(leads_of).collect();
            let found = leads.iter().filter_map(|lead| by_lead.get(lead));
            slots.extend(found.flat_map(LongList::iter));
        }
        slots
    }

    /// The views whose filters name a view.
    ///
    /// Cost: O(log filters), and O(1) for each.
    pub(super) fn naming<'s>(
        &'s self,
        resource_type: ResourceType,
        view: &ViewKey,
    ) -> impl Iterator<Item = u32> + use<'s> {
        let slots = self.0.get(resource_type).by_view.get(view);
        slots.into_iter().flat_map(LongList::iter)
    }

    /// A view whose filter, for any type, names a view.
    ///
    /// Cost: O(log filters).
    pub(super) fn named_by(&self, view: &ViewKey) -> Option<u32> {
        ResourceType::ALL.into_iter().find_map(|of| self.naming(of, view).next())
    }

    /// All entries, for comparing them with those of another index.
    pub(super) fn entries(&self) -> impl Iterator<Item = (ResourceType, String, Vec<u32>)> {
        self.0.iter().flat_map(|(resource_type, OfType { by_lead, others, by_view })| {
            let leads = by_lead.into_iter().map(|(lead, slots)| (format!("{lead:?}"), slots));
            let others = [("others".to_owned(), others)];
            let views = by_view.into_iter().map(|(view, slots)| (view.to_string(), slots));
            let entries = leads.chain(others).chain(views);
            entries.map(move |(of, slots)| (resource_type, of, slots.iter().collect()))
        })
    }
}

/// Removes a slot from the list of an owner; removes the owner with its last slot.
fn remove_slot<T: Ord + Clone>(slots: &mut KeyMap<T, LongList>, owner: &T, slot: u32) {
    let Some(list) = slots.get_mut_cow(owner) else { return };
    list.remove(slot);
    if list.len() == 0 {
        slots.remove_cow(owner);
    }
}
