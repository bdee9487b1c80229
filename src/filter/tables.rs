//! All fields.

use super::error::{FilterErrorKind, shown};
use super::field::Meaning::{Attribute as Told, List, Query, Text, Texts, Time, Views, YesNo};
use super::field::{BOOLEAN, Field};
use crate::model::Attribute;
use crate::model::resource::ResourceType;
use crate::model::resource_filter::ResourceCondition as Resource;
use crate::model::text_predicate::TextPredicate;
use crate::model::view_filter::ViewCondition as View;

/// The fields of one kind of filter.
pub(super) struct Table<C: 'static> {
    pub(super) fields: &'static [&'static [Field<C>]],
    /// Further fields that the REST API documents, but whose data a store does not have.
    pub(super) unsupported: &'static [&'static str],
}

const fn field<C>(name: &'static str, meaning: super::field::Meaning<C>) -> Field<C> {
    Field { name, meaning }
}

static OF_ALL: [Field<Resource>; 5] = [
    field("query", Query(Resource::Query)),
    field("key", Text(Resource::Key)),
    field("name", Text(Resource::Name)),
    field("tags", Texts(Resource::Tags)),
    field("view", Views(Resource::View)),
];

static OF_ALL_BUT_SEGMENTS: [Field<Resource>; 4] = [
    field("maintainerId", Text(Resource::MaintainerId)),
    field("maintainerTeamKey", Text(Resource::MaintainerTeam)),
    field("archived", YesNo(BOOLEAN, Resource::Archived)),
    field("type", YesNo(["temporary", "permanent"], Resource::Temporary)),
];

/// The field of an attribute.
macro_rules! attribute {
    ($name:ident) => {
        field(
            Attribute::$name.as_str(),
            Told(
                |test| Resource::Attribute(Attribute::$name, test),
                |exists| Resource::HasAttribute(Attribute::$name, exists),
            ),
        )
    };
}

static OF_FLAGS: [Field<Resource>; 7] = [
    field("state", YesNo(["archived", "live"], Resource::Archived)),
    field("creationDate", Time(Resource::CreatedAt)),
    attribute!(Status),
    attribute!(StaleState),
    attribute!(Targeting),
    attribute!(FilterEnv),
    attribute!(FollowerId),
];

static OF_METRICS: [Field<Resource>; 1] =
    [field("maintainerIds", List(|ids| Resource::MaintainerId(TextPredicate::AnyOf(ids))))];

static OF_SEGMENTS: [Field<Resource>; 6] = [
    field("keys", List(|keys| Resource::Key(TextPredicate::AnyOf(keys)))),
    field("includedKeys", List(|keys| Resource::Key(TextPredicate::AnyOf(keys)))),
    field("excludedKeys", List(|keys| Resource::Key(TextPredicate::NoneOf(keys)))),
    field("unbounded", YesNo(BOOLEAN, Resource::Unbounded)),
    attribute!(Type),
    attribute!(External),
];

static OF_VIEWS: [Field<View>; 6] = [
    field("query", Query(View::Query)),
    // Keys of views are in lower case, so the texts of clients are folded.
    field("key", Text(|test| View::Key(test.in_lower_case()))),
    field("name", Text(View::Name)),
    field("tag", Texts(View::Tag)),
    field("maintainerId", Text(View::MaintainerId)),
    field("isPayloadView", YesNo(BOOLEAN, View::Payload)),
];

static FLAGS: Table<Resource> = Table {
    fields: &[&OF_ALL, &OF_ALL_BUT_SEGMENTS, &OF_FLAGS],
    unsupported: &[
        "applicationEvaluated",
        "codeReferences.max",
        "codeReferences.min",
        "contextKindTargeted",
        "contextKindsEvaluated",
        "evaluated",
        "excludeSettings",
        "experimentStatus",
        "guardedRollout",
        "hasDataExport",
        "hasExperiment",
        "purpose",
        "releasePipeline",
        "sdkAvailability",
        "segmentTargeted",
    ],
};

static AI_CONFIGS: Table<Resource> =
    Table { fields: &[&OF_ALL, &OF_ALL_BUT_SEGMENTS], unsupported: &[] };

static METRICS: Table<Resource> = Table {
    fields: &[&OF_ALL, &OF_ALL_BUT_SEGMENTS, &OF_METRICS],
    unsupported: &[
        "dataSourceKeys",
        "eventKeys",
        "eventKind",
        "hasConnections",
        "isNumeric",
        "metricUsedIn",
        "unitAggregationType",
        "versionIds",
    ],
};

static SEGMENTS: Table<Resource> = Table { fields: &[&OF_ALL, &OF_SEGMENTS], unsupported: &[] };

static VIEWS: Table<View> = Table { fields: &[&OF_VIEWS], unsupported: &[] };

pub(super) const fn of_resources(resource_type: ResourceType) -> &'static Table<Resource> {
    match resource_type {
        ResourceType::Flag => &FLAGS,
        ResourceType::Segment => &SEGMENTS,
        ResourceType::AiConfig => &AI_CONFIGS,
        ResourceType::Metric => &METRICS,
    }
}

pub(super) const fn of_views() -> &'static Table<View> {
    &VIEWS
}

impl<C> Table<C> {
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static Field<C>> {
        self.fields.iter().copied().flatten()
    }

    /// The field with this name.
    pub(super) fn find(&self, name: &str) -> Result<&'static Field<C>, FilterErrorKind> {
        if let Some(field) = self.fields().find(|field| field.name == name) {
            return Ok(field);
        }
        Err(match self.unsupported.iter().find(|unsupported| **unsupported == name) {
            Some(field) => FilterErrorKind::UnsupportedField { field },
            None => {
                let known = self.fields().map(|field| field.name).collect();
                FilterErrorKind::UnknownField { field: shown(name), known }
            }
        })
    }
}
