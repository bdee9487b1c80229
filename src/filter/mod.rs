//! Which resources, and which views: conditions, and the texts that the REST API writes them in.
//!
//! # Grammar
//!
//! A filter is one condition or several with commas between them, all of which must hold; a field
//! may come more than once. White space may stand between all parts. Names of fields and operators
//! are written exactly as here.
//!
//! ```text
//! filter     = condition *( "," condition )
//! condition  = field ":" short *( "+" short )     the short form
//!            / field ( ":" / "=" ) bounds         of a time
//!            / field operator value               the long form
//! operator   = "=" / "equals" / "notEquals" / "startsWith" / "contains" / "anyOf" / "exists"
//! value      = word / "[" word *( "," word ) "]"
//! word       = quoted / characters but white space , [ ] ( ) | "
//! short      = quoted / characters but , and ", and where there may be several but +
//! bounds     = "{" bound [ "," bound ] "}"
//! bound      = ( "\"after\"" / "\"before\"" ) ":" milliseconds since 1970
//! quoted     = a text in double quotes, with the escapes of JSON
//! ```
//!
//! Both forms serve every kind of filter. The REST API has the short one for flags and the long one
//! for segments, metrics and views.
//!
//! - **The short form** goes on to the next comma, without the white space at its ends. `+` stands
//!   between several values where the field is a set, and all of them are meant; elsewhere it is a
//!   character of the value. A value cannot begin with `[`; in quotes it can.
//! - **The long form** takes a list behind `anyOf`, and behind `contains` where the field is a set. A
//!   list has one value or more.
//! - **In double quotes** every character may stand for itself but `"` and `\`, and the escapes are
//!   `\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t` and `\uXXXX`. A value is the same with and
//!   without quotes: `"true"` is `true`, and `7` is a text.
//! - An empty text is no filter, and neither is one with a comma too many: whoever sends it may mean
//!   everything or nothing. Whoever means everything uses [`ResourceFilter::all`]. For the same
//!   reason nothing is searched for `""`, with which every text begins.
//! - The REST API's `|` and parentheses are not read; they are an error outside of quotes in the long
//!   form.
//! - A text has at most [`MAX_FILTER_LEN`] bytes and [`MAX_FILTER_VALUES`] values. Parsing is
//!   O(length) and does not recurse.
//!
//! What operators mean depends on what the field is:
//!
//! | field is | `:` | `=` `equals` | `notEquals` | `startsWith` | `contains` | `anyOf` |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | a query | found in key or name | the same | | | the same | |
//! | a text | is it | the same | is another, or there is none | begins with it | has it as a part | is one of them |
//! | a list | | is it | | | | is one of them |
//! | a set | has all of them | has it | does not have it | | has all of them | has one of them, or more |
//! | yes or no | is so | the same | is not so | | | |
//! | an attribute | has all of them | has it | is told and does not have it | | has all of them | has one of them, or more |
//! | bounds of a time | lies between them | the same | | | | |
//!
//! Attributes take `exists true` and `exists false`, too. One that is not told of a resource is found by
//! `exists false` alone, so a field that no resource has finds nothing.
//!
//! A query ignores case. All else is compared byte by byte, but keys of views, which are read in
//! lower case.
//!
//! # Fields of resources
//!
//! | field | of | is | makes |
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
//! Attributes are what a flag service knows: a store keeps them as [they are told](crate::NewResource::attribute). A
//! value is compared with a text, with a whole number, or with each text of a set. `filterEnv` is one like the others:
//! it does not change what the others mean.
//!
//! A store does not know flags that are deprecated, which the REST API tells from live ones; so
//! `state:deprecated` is an error.
//!
//! The REST API has more fields, about what a store does not keep. They are an error of their own,
//! [`UnsupportedField`](FilterErrorKind::UnsupportedField):
//!
//! - of flags `applicationEvaluated`, `codeReferences.max`, `codeReferences.min`,
//!   `contextKindTargeted`, `contextKindsEvaluated`, `evaluated`, `excludeSettings`, `experimentStatus`, `guardedRollout`,
//!   `hasDataExport`, `hasExperiment`, `purpose`, `releasePipeline`, `sdkAvailability`,
//!   `segmentTargeted`;
//! - of metrics `dataSourceKeys`, `eventKeys`, `eventKind`, `hasConnections`, `isNumeric`,
//!   `metricUsedIn`, `unitAggregationType`, `versionIds`.
//!
//! # Fields of views
//!
//! | field | is | makes |
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

/// The greatest number of values in a filter's text, those of all its conditions together; every
/// condition has one or more.
pub const MAX_FILTER_VALUES: usize = 1_000;
