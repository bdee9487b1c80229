//! The links that the host has acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The number of flags of each connection.
const FLAGS: u64 = 200;

/// The flags of one connection. No other connection changes their links.
pub(crate) struct Ledger {
    connection: u32,
    view: String,
    linked: BTreeSet<String>,
    random: u64,
}

/// A request and its only correct answer.
pub(crate) struct Step {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) answer: Value,
}

/// The linked flags of all views.
pub(crate) type Links = BTreeMap<String, BTreeSet<String>>;

/// The number of views.
pub(crate) const VIEWS: u32 = 8;

/// The name of a view.
pub(crate) fn view(number: u32) -> String {
    format!("view-{}", number % VIEWS)
}

impl Ledger {
    pub(crate) fn new(connection: u32) -> Self {
        let random = u64::from(connection) + 1;
        Self { connection, view: view(connection), linked: BTreeSet::new(), random }
    }

    /// Chooses the next request at random, and records its effect as if it were done.
    pub(crate) fn step(&mut self, most: u32) -> Step {
        let links = self.draw(2) == 0;
        let count = 1 + self.draw(u64::from(most));
        let keys: BTreeSet<String> = (0..count).map(|_| self.flag()).collect();
        let mut failed = Vec::new();
        for key in &keys {
            if links {
                self.linked.insert(key.clone());
            } else if !self.linked.remove(key) {
                failed.push(json!({
                    "resourceKey": key, "resourceType": "flag",
                    "errorMessage": "not linked to this view", "code": "not_linked",
                }));
            }
        }
        let (failures, successes) = (failed.len(), keys.len() - failed.len());
        Step {
            method: if links { "POST" } else { "DELETE" },
            path: format!("/api/v2/projects/default/views/{}/link/flags", self.view),
            body: json!({"keys": keys, "comment": ""}).to_string(),
            answer: json!({
                "successCount": successes, "failureCount": failures, "failedResources": failed,
            }),
        }
    }

    fn flag(&mut self) -> String {
        let number = self.draw(FLAGS);
        format!("flag-{}-{number}", self.connection)
    }

    /// A number less than `below`. Xorshift is random enough here, and gives the same numbers in each run.
    fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % below.max(1)
    }

    /// Adds these links to those of the other connections.
    pub(crate) fn enter(self, links: &mut Links) {
        links.entry(self.view).or_default().extend(self.linked);
    }
}

#[cfg(test)]
mod tests {
    use viewlink::{Batch, NewView, Options, wire::LinkReport};

    use super::*;

    #[test]
    fn the_expected_answers_are_those_of_the_store() {
        let store = Options::new().open_in_memory().unwrap();
        let project = store.project("default").unwrap();
        project.create_view(NewView::new(view(3), "v")).unwrap();
        let mut ledger = Ledger::new(3);
        for _ in 0..500 {
            let step = ledger.step(10);
            let body: Value = serde_json::from_str(&step.body).unwrap();
            let keys: Vec<String> = serde_json::from_value(body["keys"].clone()).unwrap();
            let batch = Batch::flags(keys);
            let report = match step.method {
                "POST" => project.link(&view(3), batch),
                _ => project.unlink(&view(3), batch),
            };
            let answer = serde_json::to_value(LinkReport::new(&report.unwrap())).unwrap();
            assert_eq!(answer, step.answer);
        }
    }
}
