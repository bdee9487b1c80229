//! Conditions on one time.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// A condition on one time: that it is after one time, before another one, or both.
///
/// ```
/// use viewlink::{ResourceCondition, ResourceFilter, ResourceType, TimePredicate, Timestamp};
///
/// let text = r#"creationDate:{"before":1690527600000}"#;
/// let before = Some(Timestamp::from_millis(1_690_527_600_000));
/// let test = TimePredicate { before, ..TimePredicate::default() };
/// assert_eq!(
///     ResourceFilter::parse(ResourceType::Flag, text)?.conditions(),
///     [ResourceCondition::CreatedAt(test)]
/// );
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimePredicate {
    /// It is later than this.
    pub after: Option<Timestamp>,
    /// It is earlier than this.
    pub before: Option<Timestamp>,
}

impl TimePredicate {
    /// Whether the test is true; false without a time.
    pub(crate) fn holds(self, time: Option<Timestamp>) -> bool {
        let Self { after, before } = self;
        time.is_some_and(|time| {
            after.is_none_or(|after| time > after) && before.is_none_or(|before| time < before)
        })
    }
}
