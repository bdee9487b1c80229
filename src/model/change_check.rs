//! Checks of a change that was read from bytes, before it is applied.

use super::change_record::{
    ChangeRecord, Effect, FilterChange, Holds, LinksChange, ProjectDetail, RemovalDetail,
    RemovedLinks, ViewDetail,
};
use super::fields_check::{Check, check_record, check_resource, check_resources, check_view};
use super::key::{self, MAX_KEY_LEN};
use super::name_list::NameList;
use super::resource::ResourceType;
use super::resource_filter::ResourceFilter;
use super::resource_name;

impl ChangeRecord {
    /// Checks what decoding does not check.
    ///
    /// Cost: O(bytes of names).
    pub(crate) fn check(&self) -> Check {
        let of_links = |effect: &&Effect| effect.makes_links();
        let of_project = |effect: &Effect| matches!(effect, Effect::DeleteProject { .. });
        match self.effects.iter().filter(of_links).count() {
            _ if self.effects.is_empty() => Err("it changes nothing"),
            _ if self.effects.len() > 1 && self.effects.iter().any(of_project) => {
                Err("it deletes a project together with other steps")
            }
            0 | 1 => self.effects.iter().try_for_each(Effect::check),
            _ => Err("two of its steps make links"),
        }
    }
}

impl Effect {
    /// Whether it makes new links, as opposed to restored ones.
    fn makes_links(&self) -> bool {
        let makes = |part: &LinksChange| part.restored.is_none() && !part.linked.is_empty();
        matches!(self, Self::ChangeLinks(parts) if parts.iter().any(makes))
    }

    /// Checks what decoding does not check: that names are well formed, and that parts agree in length.
    ///
    /// Cost: O(bytes of names).
    fn check(&self) -> Check {
        match self {
            Self::ChangeLinks(parts) if parts.is_empty() => Err("it changes nothing"),
            Self::PutResources(resources) if resources.is_empty() => Err("it changes nothing"),
            Self::ChangeLinks(parts) => parts.iter().try_for_each(LinksChange::check),
            Self::PutResources(resources) => resources.iter().try_for_each(|put| {
                let before = put.before.iter().map(|before| &before.fields);
                let mut fields_of_put = before.chain([&put.fields]);
                fields_of_put
                    .try_for_each(|fields| check_resource(put.resource_type, &put.name, fields))
            }),
            Self::RemoveResource { resource_type, name, detail, .. } => {
                check_name(*resource_type, name)?;
                detail.iter().try_for_each(|detail| detail.check(*resource_type))
            }
            Self::RemoveEnvironment { detail, .. } => {
                detail.iter().try_for_each(|detail| detail.check(ResourceType::Segment))
            }
            Self::DeleteView { detail, .. } => detail.iter().try_for_each(ViewDetail::check),
            Self::DeleteProject { detail, .. } => detail.iter().try_for_each(ProjectDetail::check),
            Self::Unregister(resources) if resources.is_empty() => Err("it changes nothing"),
            Self::Unregister(resources) => resources.iter().try_for_each(|gone| {
                check_resource(gone.resource_type, &gone.name, &gone.before.fields)
            }),
            Self::RenameView { view, to, .. } if view == to => Err("it changes nothing"),
            Self::ChangeFilter(change) => change.check(),
            Self::CreateView { fields, .. } => check_view(fields),
            Self::UpdateView { before, fields, .. } => {
                check_view(&before.fields)?;
                check_view(fields)
            }
            Self::PutProject { .. } | Self::RenameView { .. } => Ok(()),
        }
    }
}

impl FilterChange {
    fn check(&self) -> Check {
        match (&self.before, &self.filter) {
            (None, None) => Err("a filter neither begins nor ends"),
            (Some(_), Some(_))
                if self.links > 0
                    || self.by_filter.as_ref().is_none_or(|names| !names.is_empty()) =>
            {
                Err("a filter that replaces another one has links")
            }
            (None, Some(_)) if self.by_filter.is_none() => {
                Err("a filter begins with unknown links")
            }
            (before, filter) if !before.iter().chain(filter).all(ResourceFilter::can_stand) => {
                Err("a filter asks for views that it does not name")
            }
            _ => self.by_filter.iter().try_for_each(|names| check_names(self.resource_type, names)),
        }
    }
}

impl LinksChange {
    fn check(&self) -> Check {
        self.unlinked.check(self.resource_type)?;
        check_names(self.resource_type, &self.linked)?;
        if !self.order.is_empty() {
            self.check_order()?;
        }
        if let Some(times) = &self.restored {
            let known = times.iter().count();
            if known != self.linked.len() || known != times.len() || !self.order.is_empty() {
                return Err("a restored link has no time");
            }
        }
        if self.linked.iter().any(|name| self.unlinks(name)) {
            return Err("a name is both linked and unlinked");
        }
        self.holds.check(self.resource_type)?;
        if self.len() == 0 { Err("a part changes nothing") } else { Ok(()) }
    }

    fn check_order(&self) -> Check {
        let mut seen = vec![false; self.linked.len()];
        for &place in &self.order {
            match seen.get_mut(place as usize) {
                Some(slot) if !*slot => *slot = true,
                _ => return Err("the request order does not match the names"),
            }
        }
        if self.order.len() == seen.len() { Ok(()) } else { Err("the request order is too short") }
    }

    fn unlinks(&self, name: &str) -> bool {
        let names = &self.unlinked.names;
        let (mut low, mut high) = (0, names.len());
        while low < high {
            let middle = low.midpoint(high);
            match names.get(middle).unwrap_or_default().cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        false
    }
}

impl Holds {
    fn check(&self, resource_type: ResourceType) -> Check {
        check_names(resource_type, &self.held)?;
        check_names(resource_type, &self.released)
    }
}

impl ViewDetail {
    pub(crate) fn check(&self) -> Check {
        if !self.view.filters.iter().all(|following| following.filter.can_stand()) {
            return Err("a filter asks for views that it does not name");
        }
        check_record(&self.view)?;
        if !self.links.is_sorted_by(|(one, _), (other, _)| one < other) {
            return Err("types of links are out of order");
        }
        self.links.iter().try_for_each(|(resource_type, links)| links.check(*resource_type))
    }
}

impl RemovalDetail {
    fn check(&self, resource_type: ResourceType) -> Check {
        let registered = self.registered.iter().map(|(name, before)| (&**name, before));
        check_resources(resource_type, registered)?;
        if !self.links.is_sorted_by(|one, other| one.view < other.view) {
            return Err("views are out of order");
        }
        self.links.iter().try_for_each(|from| from.links.check(resource_type))
    }
}

impl ProjectDetail {
    fn check(&self) -> Check {
        self.views.iter().try_for_each(ViewDetail::check)?;
        if !self.views.is_sorted_by(|one, other| one.view.key < other.view.key) {
            return Err("views are out of order");
        }
        ResourceType::ALL.into_iter().try_for_each(|resource_type| {
            let of_type = self.registered.iter().filter(|(of, ..)| *of == resource_type);
            check_resources(resource_type, of_type.map(|(_, name, before)| (&**name, before)))
        })
    }
}

impl RemovedLinks {
    fn check(&self, resource_type: ResourceType) -> Check {
        check_names(resource_type, &self.names)?;
        check_names(resource_type, &self.by_filter)?;
        let known = self.times.iter().count();
        if known == self.names.len() && known == self.times.len() {
            Ok(())
        } else {
            Err("a removed link has no time")
        }
    }
}

fn check_names(resource_type: ResourceType, names: &NameList) -> Check {
    names.iter().try_for_each(|name| check_name(resource_type, name))
}

/// Checks that a name is valid for its type.
pub(crate) fn check_name(resource_type: ResourceType, name: &str) -> Check {
    let (environment, key) = resource_name::split(name);
    let parts = match (resource_type, environment) {
        (ResourceType::Segment, Some(environment)) => key::check(environment, MAX_KEY_LEN),
        (ResourceType::Segment, None) | (_, Some(_)) => {
            return Err("a name is invalid for its type");
        }
        (_, None) => Ok(()),
    };
    let well_formed = parts.is_ok() && key::check(key, MAX_KEY_LEN).is_ok();
    if well_formed { Ok(()) } else { Err("a name is malformed") }
}
