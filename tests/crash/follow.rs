//! Filters that views follow, and their effects in the model.

use std::collections::{BTreeMap, BTreeSet};

use viewlink::{Resource, ResourceCondition, ResourceFilter, ResourceType, SetPredicate};

use crate::model::Project;
use crate::put::TAGS;
use crate::random::Random;
use crate::request::{VIEWS, with_tag};
use crate::view::{Link, View};

/// A filter that a view follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Resources with a tag.
    Tagged(&'static str),
    /// Resources in another view.
    In(&'static str),
    /// Resources that are not in another view.
    NotIn(&'static str),
}

impl Rule {
    pub(crate) fn random(random: &mut Random) -> Self {
        match random.below(4) {
            0 => Self::In(VIEWS[random.below(3)]),
            1 => Self::NotIn(VIEWS[random.below(3)]),
            _ => Self::Tagged(TAGS[random.below(3)]),
        }
    }

    pub(crate) fn to_store(self) -> ResourceFilter {
        let view = |view: &str| vec![view.parse().unwrap()];
        let test = match self {
            Self::Tagged(tag) => return with_tag(tag),
            Self::In(named) => SetPredicate::AllOf(view(named)),
            Self::NotIn(named) => SetPredicate::NoneOf(view(named)),
        };
        ResourceFilter::all().and(ResourceCondition::View(test))
    }

    const fn named(self) -> Option<&'static str> {
        match self {
            Self::Tagged(_) => None,
            Self::In(view) | Self::NotIn(view) => Some(view),
        }
    }
}

pub(crate) fn follow_line(view: &str, of: ResourceType, filter: &str) -> String {
    format!("{view} follows {of} with {filter}")
}

pub(crate) fn unfollow_line(view: &str, of: ResourceType) -> String {
    format!("{view} follows no {of} any more")
}

/// The resources of each view.
type Linked = BTreeMap<&'static str, BTreeSet<Resource>>;

impl Project {
    /// Makes a view follow a filter; returns the line of the journal.
    pub(crate) fn follow(
        &mut self,
        key: &'static str,
        of: ResourceType,
        rule: Rule,
        (time, revision): (u64, u64),
    ) -> Option<String> {
        let before = self.views.get(key)?.follows.get(&of);
        if before == Some(&rule) || rule.named().is_some_and(|named| !self.may_name(key, of, named))
        {
            return None;
        }
        let view = self.views.get_mut(key)?;
        view.follows.insert(of, rule);
        view.revision = revision;
        let line = follow_line(key, of, &rule.to_store().to_string());
        Some(then(line, self.settle(time, revision)))
    }

    /// Ends the following of a filter.
    pub(crate) fn unfollow(
        &mut self,
        key: &'static str,
        of: ResourceType,
        take_out: bool,
        (time, revision): (u64, u64),
    ) -> Option<String> {
        let view = self.views.get_mut(key)?;
        view.follows.remove(&of)?;
        view.revision = revision;
        let of_type = |resource: &&Resource| resource.resource_type() == of;
        let gone: Vec<Resource> = view.by_filter.iter().filter(of_type).cloned().collect();
        view.by_filter.retain(|resource| resource.resource_type() != of);
        let mut lines = Vec::new();
        if take_out {
            gone.iter().for_each(|resource| _ = view.links.remove(resource));
            let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
            let line = view.changed(of, &[], &gone, false, revision);
            lines.extend(line.map(|line| format!("{key} {line}")));
        }
        lines.extend(self.settle(time, revision));
        Some(then(unfollow_line(key, of), lines))
    }

    /// Whether a filter that a view follows names a view.
    pub(crate) fn is_named(&self, view: &str) -> bool {
        let mut rules = self.views.values().flat_map(|view| view.follows.values());
        rules.any(|rule| rule.named() == Some(view))
    }

    /// Whether a view may follow a filter that names another view: that view exists, and does not depend on this one.
    fn may_name(&self, key: &str, of: ResourceType, named: &'static str) -> bool {
        let mut next = Some(named);
        for _ in 0..=VIEWS.len() {
            let Some(view) = next else { break };
            if view == key {
                return false;
            }
            let rule = self.views.get(view).and_then(|view| view.follows.get(&of));
            next = rule.and_then(|rule| rule.named());
        }
        self.views.contains_key(named)
    }

    /// The resources that the filters of a view find.
    pub(crate) fn held_by_filter(&self, key: &str) -> BTreeSet<Resource> {
        let mut found = BTreeSet::new();
        let Some(view) = self.views.get(key) else { return found };
        for (of, rule) in &view.follows {
            let of_type = self.registry.names().filter(|name| name.resource_type() == *of);
            let is_in = |named: &str, resource: &Resource| {
                self.views.get(named).is_some_and(|view| view.links.contains_key(resource))
            };
            match *rule {
                Rule::Tagged(tag) => found.extend(self.registry.tagged(*of, tag)),
                Rule::In(named) => found.extend(of_type.filter(|of| is_in(named, of)).cloned()),
                Rule::NotIn(named) => found.extend(of_type.filter(|of| !is_in(named, of)).cloned()),
            }
        }
        found
    }

    fn linked(&self) -> Linked {
        self.views.iter().map(|(key, view)| (*key, view.links.keys().cloned().collect())).collect()
    }

    /// The content of views after all filters were evaluated until nothing changes.
    fn settled(&self) -> Linked {
        let mut after = self.clone();
        loop {
            let before = after.linked();
            for key in before.keys() {
                let found = after.held_by_filter(key);
                let Some(View { links, by_filter, .. }) = after.views.get_mut(key) else {
                    continue;
                };
                links.retain(|to, _| !by_filter.contains(to) || found.contains(to));
                for resource in found {
                    let link = Link { time: 0, revision: 0, place: 0 };
                    if links.insert(resource.clone(), link).is_none() {
                        by_filter.insert(resource);
                    }
                }
            }
            if after.linked() == before {
                return before;
            }
        }
    }

    /// Applies the filters; returns the lines of the journal for each view and type.
    pub(crate) fn settle(&mut self, time: u64, revision: u64) -> Vec<String> {
        let (before, after) = (self.linked(), self.settled());
        let mut lines = Vec::new();
        for (key, view) in &mut self.views {
            for of in ResourceType::ALL {
                let of_type = |resource: &&Resource| resource.resource_type() == of;
                let [linked, unlinked] =
                    [(&after, &before), (&before, &after)].map(|(one, other)| {
                        one[key].difference(&other[key]).filter(of_type).collect::<Vec<_>>()
                    });
                for (place, resource) in linked.iter().enumerate() {
                    // After the links that the change itself makes, and the views that follow them.
                    let place = 1_000_000 + view.links.len() + place;
                    view.links.insert((*resource).clone(), Link { time, revision, place });
                    view.by_filter.insert((*resource).clone());
                }
                for resource in &unlinked {
                    view.links.remove(*resource);
                    view.by_filter.remove(*resource);
                }
                let [linked, unlinked] = [linked, unlinked]
                    .map(|of| of.iter().map(ToString::to_string).collect::<Vec<_>>());
                let line = view.changed(of, &linked, &unlinked, false, revision);
                lines.extend(line.map(|line| format!("{key} {line}")));
            }
        }
        lines
    }

    /// Whether a resource would be in no view without its link to one view, and without the links of filters that
    /// depend on it.
    pub(crate) fn is_last_view(&self, key: &str, resource: &Resource) -> bool {
        let mut after = self.clone();
        if let Some(view) = after.views.get_mut(key) {
            view.follows.remove(&resource.resource_type());
            view.links.remove(resource);
        }
        !after.settled().values().any(|linked| linked.contains(resource))
    }
}

/// A line, with the changes of links after it.
pub(crate) fn then(line: String, links: Vec<String>) -> String {
    if links.is_empty() { line } else { format!("{line}; then {}", links.join(", ")) }
}
