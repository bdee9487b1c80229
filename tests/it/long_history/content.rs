//! The model: the views, and the flags of each.

use viewlink::{
    Action, FailureReason, KeyOutcome, NewView, Paging, Project, Resource, ResourceType, Result,
    Snapshot, Store,
};

use crate::support::{Random, all};

pub(super) const VIEWS: usize = 4;
pub(super) const FLAGS: usize = 12;

pub(super) fn view_key(view: usize) -> String {
    format!("view-{view}")
}

pub(super) fn flag_key(flag: usize) -> String {
    format!("flag-{flag:02}")
}

/// The flags of each view, one bit for each; `None` if the view does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content([Option<u16>; VIEWS]);

/// The request of a call.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Links { action: Action, view: usize, flags: Vec<usize>, keeps_last: bool },
    Remove { flag: usize },
    Create { view: usize },
    Delete { view: usize },
}

/// The required answer of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Outcomes(Vec<KeyOutcome>),
    /// The number of removed links.
    Links(u64),
    Created,
    /// The view does not exist, or it exists already.
    Refused,
}

/// Creates the views; returns the revision and the content.
pub(super) fn begin(store: &Store) -> (u64, Content) {
    let project = store.project("p").unwrap();
    (0..VIEWS).for_each(|view| drop(project.create_view(new_view(view)).unwrap()));
    (VIEWS as u64, Content([Some(0); VIEWS]))
}

pub(super) fn new_view(view: usize) -> NewView {
    NewView::new(view_key(view), "A view")
}

impl Content {
    /// The answer to a call, and the content after it.
    pub(super) fn after(&self, act: &Act) -> (Answer, Self) {
        let mut after = *self;
        let answer = match act {
            Act::Links { action, view, flags, keeps_last } => match self.0[*view] {
                Some(_) => Answer::Outcomes(after.change(*action, *view, flags, *keeps_last)),
                None => Answer::Refused,
            },
            Act::Remove { flag } => Answer::Links(after.remove(*flag)),
            Act::Create { view } => match after.0[*view].replace(0) {
                Some(flags) => {
                    after.0[*view] = Some(flags);
                    Answer::Refused
                }
                None => Answer::Created,
            },
            Act::Delete { view } => match after.0[*view].take() {
                Some(flags) => Answer::Links(flags.count_ones().into()),
                None => Answer::Refused,
            },
        };
        (answer, after)
    }

    fn has(&self, view: usize, flag: usize) -> bool {
        self.0[view].is_some_and(|flags| flags & (1 << flag) != 0)
    }

    /// Links a flag to a view or unlinks it; returns whether that changed anything.
    fn set(&mut self, view: usize, flag: usize, linked: bool) -> bool {
        let changes = self.has(view, flag) != linked;
        if let (Some(flags), true) = (&mut self.0[view], changes) {
            *flags ^= 1 << flag;
        }
        changes
    }

    fn remove(&mut self, flag: usize) -> u64 {
        (0..VIEWS).filter(|view| self.set(*view, flag, false)).count() as u64
    }

    fn change(
        &mut self,
        action: Action,
        view: usize,
        flags: &[usize],
        keeps_last: bool,
    ) -> Vec<KeyOutcome> {
        let mut seen = 0_u16;
        let mut outcomes: Vec<KeyOutcome> = Vec::new();
        for flag in flags {
            let bit = 1 << flag;
            let again = seen & bit != 0;
            seen |= bit;
            let outcome = match action {
                _ if again => KeyOutcome::Failed(FailureReason::Repeated),
                Action::Unlink => self.unlink(view, *flag, keeps_last),
                _ if self.set(view, *flag, true) => KeyOutcome::Linked,
                _ => KeyOutcome::AlreadyLinked,
            };
            outcomes.push(outcome);
        }
        if action == Action::Replace {
            let rest = (0..FLAGS).filter(|flag| seen & (1 << flag) == 0);
            for flag in rest {
                if self.set(view, flag, false) {
                    outcomes.push(KeyOutcome::Unlinked);
                }
            }
        }
        outcomes
    }

    fn unlink(&mut self, view: usize, flag: usize, keeps_last: bool) -> KeyOutcome {
        let elsewhere = (0..VIEWS).any(|other| other != view && self.has(other, flag));
        if keeps_last && self.has(view, flag) && !elsewhere {
            return KeyOutcome::Failed(FailureReason::LastView);
        }
        match self.set(view, flag, false) {
            true => KeyOutcome::Unlinked,
            false => KeyOutcome::Failed(FailureReason::NotLinked),
        }
    }

    /// The content of a store, and the revision.
    pub(super) fn of_store(store: &Store) -> Result<(u64, Self)> {
        let snapshot = store.snapshot()?;
        Ok((snapshot.revision(), Self::of(&snapshot, true)?))
    }

    /// The content of a snapshot, read view by view or flag by flag.
    pub(super) fn of(snapshot: &Snapshot, by_view: bool) -> Result<Self> {
        let reader = snapshot.project("p")?;
        let mut content = Self::default();
        for view in reader.views(all())?.items {
            content.0[number(view.key.as_str())] = Some(0);
        }
        if by_view {
            for view in (0..VIEWS).filter(|view| content.0[*view].is_some()).collect::<Vec<_>>() {
                let page = reader.linked_resources(&view_key(view), ResourceType::Flag, all())?;
                for linked in page.items {
                    content.set(view, number(linked.resource.key().as_str()), true);
                }
            }
        } else {
            for flag in 0..FLAGS {
                let resource = Resource::flag(&flag_key(flag)).unwrap();
                for view in reader.linked_view_keys(&resource, Paging::first(VIEWS))?.items {
                    content.set(number(view.as_str()), flag, true);
                }
            }
        }
        Ok(content)
    }
}

/// The number of a view or flag.
fn number(key: &str) -> usize {
    key.rsplit('-').next().unwrap().parse().unwrap()
}

impl Act {
    pub(super) fn random(random: &mut Random) -> Self {
        let (view, flag) = (random.below(VIEWS), random.below(FLAGS));
        let action = match random.below(40) {
            0 => return Self::Remove { flag },
            1 => return Self::Delete { view },
            2..=4 => return Self::Create { view },
            5..=6 => Action::Replace,
            7..=22 => Action::Link,
            _ => Action::Unlink,
        };
        let flags = (0..=random.below(3)).map(|_| random.below(FLAGS)).collect();
        let keeps_last = action == Action::Unlink && random.below(8) == 0;
        Self::Links { action, view, flags, keeps_last }
    }

    /// Makes the call; returns the answer, and the revision of the change.
    pub(super) fn call(&self, project: &Project) -> Result<(Answer, Option<u64>)> {
        let refused = |error| match error {
            viewlink::Error::UnknownView { .. } | viewlink::Error::ViewExists { .. } => {
                Ok((Answer::Refused, None))
            }
            error => Err(error),
        };
        self.made(project).or_else(refused)
    }

    fn made(&self, project: &Project) -> Result<(Answer, Option<u64>)> {
        Ok(match self {
            Self::Links { action, view, flags, keeps_last } => {
                let batch = viewlink::Batch::flags(flags.iter().map(|flag| flag_key(*flag)));
                let (view, batch) =
                    (view_key(*view), if *keeps_last { batch.keep_last_view() } else { batch });
                let report = match action {
                    Action::Link => project.link(&view, batch)?,
                    Action::Unlink => project.unlink(&view, batch)?,
                    _ => project.replace(&view, batch)?,
                };
                let outcomes = report.outcomes().map(|(_, outcome)| outcome.clone()).collect();
                (Answer::Outcomes(outcomes), report.revision())
            }
            Self::Remove { flag } => {
                let removed =
                    project.remove_resource(&Resource::flag(&flag_key(*flag)).unwrap())?;
                (Answer::Links(removed.links), removed.revision)
            }
            Self::Create { view } => {
                let view = project.create_view(new_view(*view))?;
                (Answer::Created, Some(view.revision))
            }
            Self::Delete { view } => {
                let deleted = project.delete_view(&view_key(*view))?;
                (Answer::Links(deleted.unlinked.total()), deleted.revision)
            }
        })
    }
}
