//! An action of an import, as a record that sorts in the order of execution.

use std::str;

use viewlink::ResourceType;

use super::subject::Subject;

/// The kind of an action. Actions of the same time are executed in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    /// Set the fields of a project.
    PutProject,
    /// Register a resource.
    Register,
    /// Create a view.
    Create,
    /// Give a view that was created the fields of its last change.
    Update,
    /// Link a resource to a view.
    Link,
}

impl EventKind {
    const ALL: [Self; 5] =
        [Self::PutProject, Self::Register, Self::Create, Self::Update, Self::Link];
}

/// An action for a row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The time, in milliseconds since 1970. [`BEFORE_ALL`] if it does not matter, [`NOW`] if the row has none.
    pub(super) time: u64,
    pub(super) kind: EventKind,
    /// The revision of the action in the original store; it orders links of the same time.
    pub(super) revision: u64,
    pub(super) subject: Subject,
    /// The line of the row in the file.
    pub(super) line: u64,
    /// The row itself, if the subject does not contain all of it.
    pub(super) row: Vec<u8>,
}

/// The time of actions that come first.
pub(super) const BEFORE_ALL: u64 = 0;

/// The time of actions that come last, at the time of the import.
pub(super) const NOW: u64 = u64::MAX;

/// Ends a text. It is less than every byte of a key, so that records sort as keys do.
const END: u8 = 0;

impl Event {
    /// Writes the record to `record`, which is overwritten.
    pub(super) fn encode(&self, record: &mut Vec<u8>) {
        record.clear();
        record.extend(self.time.to_be_bytes());
        record.extend(place(&EventKind::ALL, &self.kind));
        record.extend(self.revision.to_be_bytes());
        let Subject { project, view, resource_type, environment, key } = &self.subject;
        for text in [project, view] {
            record.extend(text.as_bytes());
            record.push(END);
        }
        let resource_type = resource_type.as_ref();
        record.extend(resource_type.map_or([u8::MAX], |of| place(&ResourceType::ALL, of)));
        for text in [environment, key] {
            record.extend(text.as_bytes());
            record.push(END);
        }
        record.extend(self.line.to_be_bytes());
        record.extend(&self.row);
    }

    /// The event of a record; `None` if the bytes are not a record.
    pub(super) fn decode(record: &[u8]) -> Option<Self> {
        let mut rest = record;
        let time = number(&mut rest)?;
        let kind = *EventKind::ALL.get(usize::from(byte(&mut rest)?))?;
        let revision = number(&mut rest)?;
        let (project, view) = (text(&mut rest)?, text(&mut rest)?);
        let resource_type = ResourceType::ALL.get(usize::from(byte(&mut rest)?)).copied();
        let (environment, key) = (text(&mut rest)?, text(&mut rest)?);
        let line = number(&mut rest)?;
        let subject = Subject { project, view, resource_type, environment, key };
        Some(Self { time, kind, revision, subject, line, row: rest.to_vec() })
    }
}

/// The index of `of` in a short list.
fn place<T: PartialEq>(all: &[T], of: &T) -> [u8; 1] {
    let place = all.iter().position(|one| one == of);
    [place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)]
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (bytes, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u64::from_be_bytes(*bytes))
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == END)?;
    let (bytes, behind) = rest.split_at_checked(end)?;
    *rest = behind.get(1..)?;
    str::from_utf8(bytes).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(time: u64, revision: u64, view: &str, key: &str) -> Event {
        let resource_type = Some(ResourceType::Flag);
        let (project, view, key) = ("p".into(), view.into(), key.into());
        let subject = Subject { project, view, resource_type, environment: String::new(), key };
        Event { time, kind: EventKind::Link, revision, subject, line: 9, row: Vec::new() }
    }

    fn encoded(event: &Event) -> Vec<u8> {
        let mut record = b"bytes of an older record".to_vec();
        event.encode(&mut record);
        record
    }

    #[test]
    fn an_encoded_record_can_be_decoded() {
        let segment = Subject {
            project: "p".into(),
            view: "v".into(),
            resource_type: Some(ResourceType::Segment),
            environment: "e".into(),
            key: "k".into(),
        };
        let view = Subject { project: "p".into(), view: "v".into(), ..Subject::default() };
        let row = b"{\0}".to_vec();
        for (kind, subject) in [(EventKind::Link, segment), (EventKind::Create, view)] {
            let row = row.clone();
            let event = Event { time: 5, kind, revision: 1 << 40, subject, line: 300, row };
            assert_eq!(Event::decode(&encoded(&event)), Some(event));
        }
    }

    #[test]
    fn invalid_bytes_are_not_decoded() {
        let record = encoded(&link(1, 2, "v", "k"));
        for len in 0..record.len() {
            assert_eq!(Event::decode(&record[..len]), None, "{len}");
        }
    }

    #[test]
    fn records_sort_by_time_then_kind_then_revision_then_keys() {
        let create = Event { kind: EventKind::Create, ..link(2, 0, "z", "") };
        let update = Event { kind: EventKind::Update, ..create.clone() };
        let events = [
            link(1, 9, "z", "z"),
            create,
            update,
            link(2, 256, "z", "z"),
            link(2, 257, "v", "k"),
            link(2, 257, "v", "k-long"),
            link(2, 257, "v", "l"),
            link(2, 257, "v-", "a"),
            link(NOW, 0, "a", "a"),
        ];
        let records: Vec<Vec<u8>> = events.iter().map(encoded).collect();
        assert!(records.is_sorted());
    }
}
