//! The calls that are made on both.

use viewlink::{Batch, EnvironmentId, LinkChange, NewResource, NewView, Resource, ViewPatch};

use crate::random::Random;

/// A call that may change something, with how its handle is made.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) project: String,
    pub(crate) handle: Handle,
    pub(crate) action: Action,
}

/// What the handle of a call asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Handle {
    pub(crate) dry_run: bool,
    /// How far behind the newest revision the store is expected to stand.
    pub(crate) store_behind: Option<u64>,
    /// The revision at which a view is expected to stand, behind that at which the view of the call does.
    pub(crate) view_behind: Option<u64>,
    pub(crate) actor: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Create(NewView),
    Ensure(NewView),
    Update(String, ViewPatch),
    DeleteView(String),
    Link(String, Batch),
    Unlink(String, Batch),
    Replace(String, Batch),
    ChangeLinks(Vec<LinkChange>),
    Put(Vec<NewResource>),
    RemoveResource(Resource),
    RemoveEnvironment(EnvironmentId),
    DeleteProject,
}

impl Call {
    pub(crate) fn random(random: &mut Random) -> Self {
        let handle = Handle {
            dry_run: random.once_in(8),
            store_behind: random.once_in(25).then(|| random.next() % 2),
            view_behind: random.once_in(25).then(|| random.next() % 2),
            actor: random.once_in(6),
        };
        Self { project: random.project(), handle, action: Action::random(random) }
    }
}

impl Action {
    fn random(random: &mut Random) -> Self {
        match random.below(100) {
            0..8 => Self::Create(new_view(random)),
            8..16 => Self::Ensure(new_view(random)),
            16..21 => Self::Update(random.view(), patch(random)),
            21..24 => Self::DeleteView(random.view()),
            24..44 => Self::Link(random.view(), random.batch()),
            44..62 => Self::Unlink(random.view(), random.batch()),
            62..70 => Self::Replace(random.view(), random.batch()),
            70..80 => {
                let changes = (0..random.below(5)).map(|_| {
                    let (view, batch) = (random.view(), random.batch());
                    match random.below(3) {
                        0 => LinkChange::link(view, batch),
                        1 => LinkChange::unlink(view, batch),
                        _ => LinkChange::replace(view, batch),
                    }
                });
                Self::ChangeLinks(changes.collect())
            }
            80..94 => Self::Put((0..random.below(7)).map(|_| random.new_resource()).collect()),
            94..98 => Self::RemoveResource(random.resource()),
            98 => Self::RemoveEnvironment(random.environment_id()),
            _ if random.once_in(4) => Self::DeleteProject,
            _ => Self::Ensure(new_view(random)),
        }
    }

    /// The view whose revision a handle may ask for.
    pub(crate) fn view(&self) -> Option<&str> {
        match self {
            Self::Update(view, _)
            | Self::DeleteView(view)
            | Self::Link(view, _)
            | Self::Unlink(view, _)
            | Self::Replace(view, _) => Some(view),
            _ => None,
        }
    }
}

fn new_view(random: &mut Random) -> NewView {
    let long = random.once_in(40);
    let name = if long { "n".repeat(257) } else { format!("Name {}", random.below(5)) };
    let view = NewView::new(random.view(), name).tags(random.tags());
    if random.once_in(3) { view.maintainer(random.maintainer()) } else { view }
}

fn patch(random: &mut Random) -> ViewPatch {
    match random.below(5) {
        0 => ViewPatch::new(),
        1 => ViewPatch::new().name(format!("Name {}", random.below(5))),
        2 => ViewPatch::new().tags(random.tags()).no_maintainer(),
        3 => ViewPatch::new().description("d".repeat(random.below(2) * 4_097)),
        _ => ViewPatch::new().maintainer(random.maintainer()),
    }
}
