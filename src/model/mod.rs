//! Plain data: keys, resources, views, batches, reports, commands and changes. No I/O.
//!
//! What only the memory image needs is built with the feature `testing`, as it is.

#[cfg(feature = "testing")]
pub(crate) mod answer;
pub(crate) mod batch;
pub(crate) mod by_type;
pub(crate) mod change;
#[cfg(feature = "testing")]
pub(crate) mod change_check;
#[cfg(feature = "testing")]
mod change_feed;
pub(crate) mod change_meta;
#[cfg(feature = "testing")]
pub(crate) mod change_record;
#[cfg(feature = "testing")]
pub(crate) mod command;
pub(crate) mod error;
pub(crate) mod key;
pub(crate) mod key_outcome;
pub(crate) mod leading_number;
pub(crate) mod limit;
pub(crate) mod link_command;
pub(crate) mod link_key;
pub(crate) mod link_policy;
pub(crate) mod link_record;
pub(crate) mod link_result;
#[cfg(feature = "testing")]
pub(crate) mod link_times;
pub(crate) mod linked_resource;
#[cfg(feature = "testing")]
pub(crate) mod name_list;
pub(crate) mod new_resource;
pub(crate) mod outcome;
pub(crate) mod page;
pub(crate) mod project_info;
pub(crate) mod registered_resource;
pub(crate) mod report;
pub(crate) mod resource;
pub(crate) mod resource_filter;
pub(crate) mod resource_name;
pub(crate) mod set_predicate;
pub(crate) mod stamp;
pub(crate) mod text_predicate;
pub(crate) mod time;
pub(crate) mod type_counts;
pub(crate) mod validated_batch;
pub(crate) mod validated_put;
pub(crate) mod view;
pub(crate) mod view_filter;
#[cfg(feature = "testing")]
pub(crate) mod view_record;

#[cfg(feature = "testing")]
pub(crate) use answer::{Answer, Decision};
pub use batch::{Batch, SegmentRef};
pub(crate) use by_type::ByType;
pub use change::{Change, ChangeKind, ChangedFields, ChangedLinks};
pub(crate) use change_meta::ChangeMeta;
#[cfg(feature = "testing")]
pub(crate) use change_record::{ChangeRecord, Effect};
#[cfg(feature = "testing")]
pub(crate) use command::{Command, Operation, Precondition};
pub use key_outcome::{Action, Failure, FailureCode, FailureReason, KeyOutcome};
pub(crate) use link_command::{LinkCommand, LinkOp};
pub(crate) use link_key::LinkKey;
pub use link_policy::LinkPolicy;
pub(crate) use link_record::LinkRecord;
pub(crate) use link_result::LinkResult;
#[cfg(feature = "testing")]
pub(crate) use name_list::NameList;
pub use new_resource::NewResource;
pub use registered_resource::RegisteredResource;
pub(crate) use registered_resource::ResourceFields;
pub use report::Report;
pub(crate) use stamp::Stamp;
pub(crate) use validated_put::{ValidatedPut, ValidatedResource};
#[cfg(feature = "testing")]
pub(crate) use view_record::ViewRecord;
