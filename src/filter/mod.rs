//! Filters of resources and views: conditions, and their text form in the REST API.
//!
//! # Grammar
//!
//! A filter is one condition or several, separated by commas. All of them must be true; a field may occur more than
//! once. White space is allowed between all parts. Write names of fields and operators exactly as here.
//!
//! ```text
//! filter     = condition *( "," condition )
//! condition  = field ":" short *( "+" short )     the short form
//!            / field ( ":" / "=" ) bounds         of a time
//!            / field operator value               the long form
//! operator   = "=" / "equals" / "notEquals" / "startsWith" / "contains" / "anyOf" / "exists"
//! value      = word / "[" word *( "," word ) "]"
//! word       = quoted / characters except white space , [ ] ( ) | "
//! short      = quoted / characters except , and ", and except + if several are allowed
//! bounds     = "{" bound [ "," bound ] "}"
//! bound      = ( "\"after\"" / "\"before\"" ) ":" milliseconds since 1970
//! quoted     = a text in double quotes, with the escapes of JSON
//! ```
//!
//! Every kind of filter accepts both forms. The REST API has the short form for flags, and the long form for segments,
//! metrics and views.
//!
//! - **The short form** ends at the next comma; white space at both ends is ignored. If the field is a set, `+`
//!   separates several values, and all of them must be in it; otherwise `+` is a character of the value. A value cannot
//!   begin with `[`, unless it is in quotes.
//! - **The long form** accepts a list after `anyOf`, and also after `contains` if the field is a set. A list has at
//!   least one value.
//! - **In double quotes** all characters except `"` and `\` are allowed, and the escapes are `\"`, `\\`, `\/`, `\b`,
//!   `\f`, `\n`, `\r`, `\t` and `\uXXXX`. Quotes do not change the type of a value: `"true"` is `true`, and `7` is a
//!   text.
//! - An empty text is an error, and so is an extra comma: it could mean everything or nothing. To select everything,
//!   use [`ResourceFilter::all`]. For the same reason the search text `""`, which is part of every text, is an error.
//! - The `|` and parentheses of the REST API are not supported; outside of quotes in the long form they are an error.
//! - A text has at most [`MAX_FILTER_LEN`] bytes and [`MAX_FILTER_VALUES`] values. Parsing is
//!   O(length) and does not recurse.
//!
//! The meaning of an operator depends on the type of the field:
//!
//! | field is | `:` | `=` `equals` | `notEquals` | `startsWith` | `contains` | `anyOf` |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | a query | is in key or name | the same | | | the same | |
//! | a text | equals it | the same | differs, or there is none | begins with it | contains it | equals one of them |
//! | a list | | equals it | | | | equals one of them |
//! | a set | has all of them | has it | does not have it | | has all of them | has at least one of them |
//! | yes or no | equals it | the same | differs | | | |
//! | an attribute | has all of them | has it | exists and does not have it | | has all of them | has at least one of them |
//! | bounds of a time | is between them | the same | | | | |
//!
//! Attributes also accept `exists true` and `exists false`. Only `exists false` matches a resource without the
//! attribute, so every other condition on an attribute that no resource has matches nothing.
//!
//! A query ignores case. Everything else is compared byte by byte; the keys of views are first changed to lower case.
//!
//! # Fields of resources
//!
//! | field | of | type | condition |
//! | --- | --- | --- | --- |
//! | `query` | all | a query | [`Query`](ResourceCondition::Query) |
//! | `key` | all | a text | [`Key`](ResourceCondition::Key) |
//! | `name` | all | a text | [`Name`](ResourceCondition::Name) |
//! | `tags` | all | a set | [`Tags`](ResourceCondition::Tags) |
//! | `view` | all | a set of keys of views | [`View`](ResourceCondition::View) |
//! | `maintainerId` | all but segments | a text | [`MaintainerId`](ResourceCondition::MaintainerId) |
//! | `maintainerTeamKey` | all but segments | a text | [`MaintainerTeam`](ResourceCondition::MaintainerTeam) |
//! | `archived` | all but segments | `true` or `false` | [`Archived`](ResourceCondition::Archived) |
//! | `type` | all but segments | `temporary` or `permanent` | [`Temporary`](ResourceCondition::Temporary) |
//! | `state` | flags | `archived` or `live` | [`Archived`](ResourceCondition::Archived) |
//! | `creationDate` | flags | bounds of a time | [`CreatedAt`](ResourceCondition::CreatedAt) |
//! | `status`, `staleState`, `targeting`, `filterEnv`, `followerId` | flags | an attribute | [`Attribute`](ResourceCondition::Attribute), [`HasAttribute`](ResourceCondition::HasAttribute) |
//! | `maintainerIds` | metrics | a list | [`MaintainerId`](ResourceCondition::MaintainerId) |
//! | `keys`, `includedKeys` | segments | a list | [`Key`](ResourceCondition::Key) |
//! | `excludedKeys` | segments | a list | [`Key`](ResourceCondition::Key), with [`NoneOf`](TextPredicate::NoneOf) |
//! | `unbounded` | segments | `true` or `false` | [`Unbounded`](ResourceCondition::Unbounded) |
//! | `type`, `external` | segments | an attribute | [`Attribute`](ResourceCondition::Attribute), [`HasAttribute`](ResourceCondition::HasAttribute) |
//!
//! Attributes are values of a flag service: a store keeps them [as given](crate::NewResource::attribute). A condition
//! compares with a text, with a whole number, or with each text of a set. `filterEnv` is an attribute like the others:
//! it does not change their meaning.
//!
//! A store has no deprecated flags, which the REST API distinguishes from live ones; so `state:deprecated` is an error.
//!
//! The REST API has more fields, whose data a store does not have. They are an error of their own,
//! [`UnsupportedField`](FilterErrorKind::UnsupportedField):
//!
//! - for flags: `applicationEvaluated`, `codeReferences.max`, `codeReferences.min`, `contextKindTargeted`,
//!   `contextKindsEvaluated`, `evaluated`, `excludeSettings`, `experimentStatus`, `guardedRollout`, `hasDataExport`,
//!   `hasExperiment`, `purpose`, `releasePipeline`, `sdkAvailability`, `segmentTargeted`;
//! - for metrics: `dataSourceKeys`, `eventKeys`, `eventKind`, `hasConnections`, `isNumeric`, `metricUsedIn`,
//!   `unitAggregationType`, `versionIds`.
//!
//! # Fields of views
//!
//! | field | type | condition |
//! | --- | --- | --- |
//! | `query` | a query | [`Query`](ViewCondition::Query) |
//! | `key` | a text | [`Key`](ViewCondition::Key) |
//! | `name` | a text | [`Name`](ViewCondition::Name) |
//! | `tag` | a set | [`Tag`](ViewCondition::Tag) |
//! | `maintainerId` | a text | [`MaintainerId`](ViewCondition::MaintainerId) |
//! | `isPayloadView` | `true` or `false` | [`Payload`](ViewCondition::Payload) |
//!
//! # Example
//!
//! ```
//! use viewlink::{ResourceFilter, ResourceType, ViewFilter};
//!
//! let short = ResourceFilter::parse(ResourceType::Flag, "query:dark mode,tags:beta+web")?;
//! let long = r#"query = "dark mode", tags contains ["beta", "web"]"#;
//! assert_eq!(short, ResourceFilter::parse(ResourceType::Flag, long)?);
//!
//! let error = ViewFilter::parse("name = Shop,").unwrap_err();
//! assert_eq!(error.position(), 12);
//! # Ok::<(), viewlink::FilterError>(())
//! ```

mod error;
mod field;
#[cfg(feature = "testing")]
mod fuzz;
mod index_terms;
mod lexer;
mod operand;
mod operator;
mod parser;
mod query;
mod resource_filter;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod view_filter;

pub use error::{FilterError, FilterErrorKind};
#[cfg(feature = "testing")]
pub(crate) use fuzz::parse_filters;
pub(crate) use index_terms::IndexTerms;
pub(crate) use resource_filter::ResourceFacts;

pub use crate::model::resource_filter::{ResourceCondition, ResourceFilter};
pub use crate::model::set_predicate::SetPredicate;
pub use crate::model::text_predicate::TextPredicate;
pub use crate::model::time_predicate::TimePredicate;
pub use crate::model::view_filter::{ViewCondition, ViewFilter};

/// The greatest length of a filter's text, in bytes.
pub const MAX_FILTER_LEN: usize = 64 << 10;

/// The greatest number of values in a filter's text, in all its conditions together; every condition has at least one.
pub const MAX_FILTER_VALUES: usize = 1_000;
