//! Writes conditions in one of the possible ways.

use std::convert::Infallible;

use super::*;
use crate::filter::{TimePredicate, ViewCondition};

/// Writes conditions; each choice is made by the next of its numbers.
pub(super) struct Pen {
    choices: std::vec::IntoIter<u8>,
}

impl Pen {
    pub(super) fn new(choices: Vec<u8>) -> Self {
        Self { choices: choices.into_iter() }
    }

    fn choose<T: Copy>(&mut self, ways: &[T]) -> T {
        ways[usize::from(self.choices.next().unwrap_or(0)) % ways.len()]
    }

    fn space(&mut self) -> &'static str {
        self.choose(&["", " ", " \t"])
    }

    pub(super) fn join(&mut self, conditions: Vec<String>) -> String {
        let comma = format!("{},{}", self.space(), self.space());
        format!("{}{}{}", self.space(), conditions.join(&comma), self.space())
    }

    pub(super) fn resource(
        &mut self,
        condition: &ResourceCondition,
        resource_type: ResourceType,
    ) -> String {
        use ResourceCondition as Is;
        let is_segment = resource_type == ResourceType::Segment;
        match condition {
            Is::Query(text) => self.query(text),
            Is::Key(TextPredicate::NoneOf(keys)) => self.list("excludedKeys", keys),
            Is::Key(TextPredicate::AnyOf(keys)) if is_segment => {
                let field = self.choose(&["key", "keys", "includedKeys"]);
                self.long(field, "anyOf", keys)
            }
            Is::Key(test) => self.text("key", test),
            Is::Name(test) => self.text("name", test),
            Is::Tags(test) => self.set("tags", test),
            Is::View(test) => self.views(test),
            Is::MaintainerId(TextPredicate::AnyOf(ids))
                if resource_type == ResourceType::Metric =>
            {
                let field = self.choose(&["maintainerId", "maintainerIds"]);
                self.long(field, "anyOf", ids)
            }
            Is::MaintainerId(test) => self.text("maintainerId", test),
            Is::MaintainerTeam(test) => self.text("maintainerTeamKey", test),
            Is::Archived(yes)
                if resource_type == ResourceType::Flag && self.choose(&[true, false]) =>
            {
                self.yes_no("state", ["archived", "live"], *yes)
            }
            Is::Archived(yes) => self.yes_no("archived", ["true", "false"], *yes),
            Is::Temporary(yes) => self.yes_no("type", ["temporary", "permanent"], *yes),
            Is::Unbounded(yes) => self.yes_no("unbounded", ["true", "false"], *yes),
            Is::Attribute(name, test) => self.set(name.as_str(), test),
            Is::HasAttribute(name, yes) => self.put(name.as_str(), "exists", &yes.to_string()),
            Is::CreatedAt(test) => self.bounds("creationDate", *test),
            Is::Environment(_) => panic!("not in the grammar"),
        }
    }

    fn bounds(&mut self, field: &str, test: TimePredicate) -> String {
        let mut bounds = Vec::new();
        for (name, time) in [("after", test.after), ("before", test.before)] {
            let Some(time) = time else { continue };
            let (one, other) = (self.space(), self.space());
            bounds.push(format!("{one}\"{name}\"{other}:{one}{}{other}", time.as_millis()));
        }
        if self.choose(&[true, false]) {
            bounds.reverse();
        }
        let operator = self.choose(&[":", "="]);
        self.put(field, operator, &format!("{{{}}}", bounds.join(",")))
    }

    pub(super) fn view(&mut self, condition: &ViewCondition) -> String {
        use ViewCondition as Is;
        match condition {
            Is::Query(text) => self.query(text),
            Is::Name(test) => self.text("name", test),
            Is::Key(test) => self.text("key", test),
            Is::Tag(test) => self.set("tag", test),
            Is::MaintainerId(test) => self.text("maintainerId", test),
            Is::Payload(yes) => self.yes_no("isPayloadView", ["true", "false"], *yes),
            Is::Linked(_) => unreachable!("it is not in the grammar"),
        }
    }

    fn query(&mut self, text: &str) -> String {
        let operator = self.choose(&[":", "=", "equals", "contains"]);
        self.one("query", operator, text)
    }

    fn text(&mut self, field: &str, test: &TextPredicate) -> String {
        match test {
            TextPredicate::Equals(text) => {
                let operator = self.choose(&[":", "=", "equals"]);
                self.one(field, operator, text)
            }
            TextPredicate::NotEquals(text) => self.one(field, "notEquals", text),
            TextPredicate::StartsWith(text) => self.one(field, "startsWith", text),
            TextPredicate::Contains(text) => self.one(field, "contains", text),
            TextPredicate::AnyOf(texts) => self.long(field, "anyOf", texts),
            TextPredicate::NoneOf(_) => panic!("only for keys"),
        }
    }

    fn list(&mut self, field: &str, texts: &[String]) -> String {
        match (texts, self.choose(&["=", "equals", "anyOf"])) {
            ([text], "=") => self.one(field, "=", text),
            ([text], "equals") => self.one(field, "equals", text),
            _ => self.long(field, "anyOf", texts),
        }
    }

    fn set(&mut self, field: &str, test: &SetPredicate<String>) -> String {
        match test {
            SetPredicate::AnyOf(texts) => self.long(field, "anyOf", texts),
            SetPredicate::NoneOf(texts) => self.one(field, "notEquals", &texts[0]),
            SetPredicate::AllOf(texts) => {
                match (&texts[..], self.choose(&[":", "=", "contains"])) {
                    ([text], "=") => self.one(field, "=", text),
                    (texts, "contains") => self.long(field, "contains", texts),
                    (texts, _) => {
                        let values: Vec<_> =
                            texts.iter().map(|text| self.value(text, &['+', ','])).collect();
                        let plus = format!("{}+{}", self.space(), self.space());
                        self.put(field, ":", &values.join(&plus))
                    }
                }
            }
            SetPredicate::Exactly(_) => unreachable!("it is not in the grammar"),
        }
    }

    fn views(&mut self, test: &SetPredicate<ViewKey>) -> String {
        let upper = self.choose(&[true, false]);
        let text = |key: &ViewKey| match upper {
            true => key.as_str().to_ascii_uppercase(),
            false => key.as_str().to_owned(),
        };
        let text = |key: ViewKey| Ok::<_, Infallible>(text(&key));
        let Ok(test) = test.clone().try_map(text);
        self.set("view", &test)
    }

    fn yes_no(&mut self, field: &str, [yes, no]: [&str; 2], holds: bool) -> String {
        let operator = self.choose(&[":", "=", "equals", "notEquals"]);
        let word = if holds == (operator != "notEquals") { yes } else { no };
        self.one(field, operator, word)
    }

    fn one(&mut self, field: &str, operator: &str, text: &str) -> String {
        let value = if operator == ":" { self.value(text, &[',']) } else { self.word(text) };
        self.put(field, operator, &value)
    }

    fn long(&mut self, field: &str, operator: &str, texts: &[String]) -> String {
        if let ([text], true) = (texts, self.choose(&[true, false])) {
            return self.one(field, operator, text);
        }
        let words: Vec<_> = texts.iter().map(|text| self.word(text)).collect();
        let comma = format!("{},{}", self.space(), self.space());
        let list = format!("[{}{}{}]", self.space(), words.join(&comma), self.space());
        self.put(field, operator, &list)
    }

    fn put(&mut self, field: &str, operator: &str, value: &str) -> String {
        let is_name = operator.starts_with(char::is_alphabetic);
        let before = if is_name { " " } else { self.space() };
        let divided = value.starts_with(['"', '[']) || operator == ":";
        let behind = if divided { self.space() } else { " " };
        format!("{field}{before}{operator}{behind}{value}")
    }

    /// A value of the short form, quoted if necessary.
    fn value(&mut self, text: &str, ends: &[char]) -> String {
        let plain = !text.is_empty()
            && text == text.trim()
            && !text.starts_with('[')
            && !text.contains('"')
            && !text.contains(ends);
        self.quoted_unless(plain, text)
    }

    /// A value of the long form, quoted if necessary.
    fn word(&mut self, text: &str) -> String {
        let divides = |character: char| character.is_whitespace() || ",[]()|\"".contains(character);
        self.quoted_unless(!text.is_empty() && !text.contains(divides), text)
    }

    fn quoted_unless(&mut self, plain: bool, text: &str) -> String {
        if plain && self.choose(&[true, true, false]) {
            return text.to_owned();
        }
        let escape_all = self.choose(&[false, false, true]);
        let mut quoted = String::from('"');
        for character in text.chars() {
            match character {
                _ if escape_all => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        quoted.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                '"' | '\\' => quoted.extend(['\\', character]),
                '\n' => quoted.push_str("\\n"),
                _ => quoted.push(character),
            }
        }
        quoted + "\""
    }
}
