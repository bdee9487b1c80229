//! A filter as text.

use std::fmt;

use crate::model::resource_filter::{ResourceCondition, ResourceFilter};
use crate::model::set_predicate::SetPredicate;
use crate::model::text_predicate::TextPredicate;

/// A filter is displayed in the long form of [the grammar](crate::filter). Parsing this text for the same type returns
/// the same filter, or one with the same matches.
///
/// Some filters that were built in code have no text in the grammar: filters with an environment, with a list without
/// values, or with exactly some values; filters that exclude texts other than keys of segments; and filters without a
/// condition, which are displayed as the empty text. They are displayed in a similar form.
///
/// ```
/// use viewlink::{ResourceFilter, ResourceType};
///
/// let filter = ResourceFilter::parse(ResourceType::Flag, "query:dark mode,tags:beta+web")?;
/// assert_eq!(filter.to_string(), r#"query = "dark mode", tags contains ["beta", "web"]"#);
/// assert_eq!(ResourceFilter::parse(ResourceType::Flag, &filter.to_string())?, filter);
/// # Ok::<(), viewlink::FilterError>(())
/// ```
impl fmt::Display for ResourceFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, condition) in self.conditions.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{condition}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ResourceCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(text) => write!(f, "query = {}", Quoted(text)),
            Self::Key(TextPredicate::NoneOf(keys)) => {
                write!(f, "excludedKeys anyOf {}", List(keys))
            }
            Self::Key(test) => text(f, "key", test),
            Self::Name(test) => text(f, "name", test),
            Self::Tags(test) => set(f, "tags", test),
            Self::View(test) => set(f, "view", test),
            Self::MaintainerId(test) => text(f, "maintainerId", test),
            Self::MaintainerTeam(test) => text(f, "maintainerTeamKey", test),
            Self::Archived(archived) => write!(f, "archived = {archived}"),
            Self::Temporary(true) => f.write_str("type = temporary"),
            Self::Temporary(false) => f.write_str("type = permanent"),
            Self::Unbounded(unbounded) => write!(f, "unbounded = {unbounded}"),
            Self::Attribute(name, test) => set(f, name.as_str(), test),
            Self::HasAttribute(name, exists) => write!(f, "{} exists {exists}", name.as_str()),
            Self::Environment(id) => write!(f, "environment = {}", Quoted(id.as_str())),
            Self::CreatedAt(test) => {
                let bound = |(name, time): (&str, &Option<crate::model::time::Timestamp>)| {
                    time.map(|time| format!("\"{name}\":{}", time.as_millis()))
                };
                let bounds = [("after", &test.after), ("before", &test.before)];
                let bounds: Vec<String> = bounds.into_iter().filter_map(bound).collect();
                write!(f, "creationDate = {{{}}}", bounds.join(", "))
            }
        }
    }
}

fn text(f: &mut fmt::Formatter<'_>, field: &str, test: &TextPredicate) -> fmt::Result {
    match test {
        TextPredicate::Equals(text) => write!(f, "{field} = {}", Quoted(text)),
        TextPredicate::NotEquals(text) => write!(f, "{field} notEquals {}", Quoted(text)),
        TextPredicate::StartsWith(text) => write!(f, "{field} startsWith {}", Quoted(text)),
        TextPredicate::Contains(text) => write!(f, "{field} contains {}", Quoted(text)),
        TextPredicate::AnyOf(texts) => write!(f, "{field} anyOf {}", List(texts)),
        TextPredicate::NoneOf(texts) => write!(f, "{field} noneOf {}", List(texts)),
    }
}

fn set<T: AsRef<str>>(
    f: &mut fmt::Formatter<'_>,
    field: &str,
    test: &SetPredicate<T>,
) -> fmt::Result {
    match test {
        SetPredicate::AnyOf(members) => write!(f, "{field} anyOf {}", List(members)),
        SetPredicate::AllOf(members) => write!(f, "{field} contains {}", List(members)),
        SetPredicate::Exactly(members) => write!(f, "{field} exactly {}", List(members)),
        SetPredicate::NoneOf(members) if members.is_empty() => write!(f, "{field} noneOf []"),
        SetPredicate::NoneOf(members) => {
            for (place, member) in members.iter().enumerate() {
                let comma = if place > 0 { ", " } else { "" };
                write!(f, "{comma}{field} notEquals {}", Quoted(member.as_ref()))?;
            }
            Ok(())
        }
    }
}

/// A list of texts in brackets.
struct List<'a, T>(&'a [T]);

impl<T: AsRef<str>> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, member) in self.0.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{}", Quoted(member.as_ref()))?;
        }
        f.write_str("]")
    }
}

/// A text in double quotes.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\0'..='\u{1f}' => write!(f, "\\u{:04x}", u32::from(character))?,
                _ => write!(f, "{character}")?,
            }
        }
        f.write_str("\"")
    }
}
