//! Calls of every kind, made at random.

use serde::{Deserialize, Serialize};
use viewlink::{Batch, Error, LinkChange, NewView, Project, Report, Resource, View, ViewPatch};

/// Keys of one type for one view.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Links {
    pub(crate) view: String,
    pub(crate) is_metrics: bool,
    pub(crate) keys: Vec<String>,
}

/// A call to make.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    Create(String),
    Ensure(String),
    Rewrite(String, String),
    Rename(String, String),
    Delete(String),
    Link(Links),
    Unlink(Links),
    Replace(Links),
    Many(Vec<(bool, Links)>),
    Move(String, Links),
    Remove(String),
}

/// The answer to a call: all of it as text, and the revision that it made, if the answer has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) revision: Option<u64>,
    /// The revision of a view in the answer: the store had reached it.
    pub(crate) seen: u64,
}

/// Numbers that look random, the same for the same seed.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn view(&mut self) -> String {
        format!("view-{}", self.below(5))
    }

    fn links(&mut self) -> Links {
        let count = 1 + self.below(4);
        let keys = (0..count).map(|_| match self.below(40) {
            0 => "not a key".to_owned(),
            _ => format!("key-{}", self.below(60)),
        });
        let keys = keys.collect();
        Links { view: self.view(), is_metrics: self.below(4) == 0, keys }
    }
}

impl Request {
    /// Mostly a link or an unlink, at times any other call.
    pub(crate) fn random(random: &mut Random) -> Self {
        match random.below(100) {
            0..=34 => Self::Link(random.links()),
            35..=69 => Self::Unlink(random.links()),
            70..=75 => Self::Replace(random.links()),
            76..=81 => {
                let count = 2 + random.below(3);
                Self::Many((0..count).map(|_| (random.below(2) == 0, random.links())).collect())
            }
            82..=85 => Self::Move(random.view(), random.links()),
            86..=90 => Self::Ensure(random.view()),
            91..=92 => Self::Create(random.view()),
            93..=94 => Self::Rewrite(random.view(), format!("name {}", random.below(9))),
            95..=96 => Self::Rename(random.view(), random.view()),
            97 => Self::Delete(random.view()),
            _ => Self::Remove(format!("key-{}", random.below(60))),
        }
    }

    /// A link of one flag.
    pub(crate) fn link(view: &str, key: &str) -> Self {
        let (view, keys) = (view.to_owned(), vec![key.to_owned()]);
        Self::Link(Links { view, is_metrics: false, keys })
    }

    /// Makes the call.
    ///
    /// # Errors
    ///
    /// Those of the project.
    pub(crate) fn make(&self, project: &Project) -> Result<Answer, Error> {
        match self {
            Self::Create(view) => Ok(of_view(&project.create_view(NewView::new(view, view))?)),
            Self::Ensure(view) => Ok(of_view(&project.ensure_view(NewView::new(view, view))?)),
            Self::Rewrite(view, name) => {
                Ok(of_view(&project.update_view(view, ViewPatch::new().name(name))?))
            }
            Self::Rename(view, to) => Ok(of_view(&project.rename_view(view, to)?)),
            Self::Delete(view) => {
                let deleted = project.delete_view(view)?;
                Ok(answer(format!("{:?}", deleted.unlinked), deleted.revision))
            }
            Self::Link(links) => Ok(of_reports(&[project.link(&links.view, links.batch())?])),
            Self::Unlink(links) => Ok(of_reports(&[project.unlink(&links.view, links.batch())?])),
            Self::Replace(links) => Ok(of_reports(&[project.replace(&links.view, links.batch())?])),
            Self::Many(many) => {
                Ok(of_reports(&project.change_links(many.iter().map(Self::change))?))
            }
            Self::Move(to, links) => {
                Ok(of_reports(&project.move_links(&links.view, to, [links.batch()])?))
            }
            Self::Remove(key) => {
                let removed = project.remove_resource(&Resource::flag(key)?)?;
                let text =
                    format!("{} {} {}", removed.resources, removed.registered, removed.links);
                Ok(answer(text, removed.revision))
            }
        }
    }

    fn change((is_link, links): &(bool, Links)) -> LinkChange {
        match is_link {
            true => LinkChange::link(&links.view, links.batch()),
            false => LinkChange::unlink(&links.view, links.batch()),
        }
    }
}

impl Links {
    fn batch(&self) -> Batch {
        if self.is_metrics { Batch::metrics(&self.keys) } else { Batch::flags(&self.keys) }
    }
}

fn answer(text: String, revision: Option<u64>) -> Answer {
    Answer { text, revision, seen: 0 }
}

fn of_reports(reports: &[Report]) -> Answer {
    let outcomes = |report: &Report| {
        let outcomes =
            report.outcomes().map(|(resource, outcome)| format!("{resource:?} {outcome:?}"));
        outcomes.collect::<Vec<_>>().join(", ")
    };
    let text = reports.iter().map(outcomes).collect::<Vec<_>>().join("; ");
    answer(text, reports.iter().find_map(Report::revision))
}

/// A view, except the fields that differ between stores. The answer does not say whether the call changed it.
fn of_view(view: &View) -> Answer {
    let View { id, key, name, tags, version, revision, created_at, updated_at, links, .. } = view;
    let text = format!(
        "{id} {key} {name} {tags:?} {version} {revision} {created_at:?} {updated_at:?} {links:?}"
    );
    Answer { text, revision: None, seen: *revision }
}
