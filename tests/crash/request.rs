//! A call that may change the store.

use viewlink::{
    Batch, ChangeKind, EnvironmentId, Error, LinkChange, NewView, Project, Report, Resource,
    ResourceCondition, ResourceFilter, ResourceType, Result, SetPredicate, Store, Unfollow,
    ViewPatch,
};

use crate::follow::Rule;
use crate::put::{IDS, Puts, TAGS};
use crate::random::Random;

pub(crate) const PROJECTS: [&str; 2] = ["p", "q"];
pub(crate) const VIEWS: [&str; 3] = ["view-0", "view-1", "view-2"];
const ENVIRONMENTS: [&str; 2] = ["env-a", "env-b"];

/// The actions of a single caller.
pub(crate) const ALONE: [usize; 2] = [0, 46];
/// The actions of concurrent callers: each changes something or is refused.
pub(crate) const TOGETHER: [usize; 2] = [0, 38];
/// Links and unlinks of these, by key.
pub(crate) const LINKS: [usize; 2] = [3, 17];

/// The number of keys of each kind in usual batches.
const KEYS: usize = 5;

/// A call, with all its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) project: &'static str,
    /// The comment for the journal. Its length differs, so that segments end anywhere.
    pub(crate) comment: String,
    pub(crate) act: Act,
}

/// The requested action.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Create(&'static str, u64),
    Update(&'static str, u64),
    DeleteView(&'static str),
    DeleteProject,
    Link(&'static str, Keys),
    Unlink(&'static str, Keys),
    /// Links the given resources and unlinks the others of the type.
    Replace(&'static str, Keys),
    /// Also unlinks resources that are in another view.
    UnlinkButLast(&'static str, Keys),
    /// Links the given resources and unlinks those of the others that are in another view.
    ReplaceButLast(&'static str, Keys),
    /// Links to the second view and unlinks from the first one, in one change.
    Move([&'static str; 2], Keys),
    /// Moves links from the first view to the second one.
    MoveLinks([&'static str; 2], Keys),
    /// Gives the first view the second key.
    Rename([&'static str; 2]),
    /// Creates a view with the second key as a copy of the first one.
    Copy([&'static str; 2]),
    /// The same as a dry run.
    DryRun(Box<Act>),
    /// The same if the store is at a revision.
    IfStoreAt(u64, Box<Act>),
    /// Links to a view if it is at a revision.
    LinkIfAt(&'static str, u64, Keys),
    Put(Puts),
    /// Links segments by their ids.
    LinkIds(&'static str, Vec<&'static str>),
    /// Links registered resources with a tag.
    LinkTagged(&'static str, ResourceType, &'static str),
    UnlinkTagged(&'static str, ResourceType, &'static str),
    RemoveResource(Resource),
    RemoveEnvironment(&'static str),
    /// Reverts the newest change, if it has this revision and changed only the links of a view.
    Undo(u64),
    /// Makes a view follow a filter for a type.
    Follow(&'static str, ResourceType, Rule),
    /// Ends following; links that only the filter holds are removed if requested.
    Unfollow(&'static str, ResourceType, bool),
    Checkpoint,
    Compact,
}

impl Act {
    pub(crate) const fn is_undo(&self) -> bool {
        matches!(self, Self::Undo(_))
    }

    /// The type whose links it changes, if it changes nothing else.
    pub(crate) const fn links_of(&self) -> Option<ResourceType> {
        match self {
            Self::Link(_, keys)
            | Self::Unlink(_, keys)
            | Self::Replace(_, keys)
            | Self::UnlinkButLast(_, keys)
            | Self::ReplaceButLast(_, keys)
            | Self::Move(_, keys)
            | Self::LinkIfAt(_, _, keys) => Some(keys.resource_type),
            Self::LinkIds(..) => Some(ResourceType::Segment),
            Self::LinkTagged(_, of, _) | Self::UnlinkTagged(_, of, _) => Some(*of),
            _ => None,
        }
    }
}

/// Keys of one type, in request order, including repeated ones and a malformed one.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) resource_type: ResourceType,
    /// The environment of segments.
    pub(crate) environment: &'static str,
    pub(crate) texts: Vec<String>,
}

impl Keys {
    pub(crate) fn flags(texts: impl IntoIterator<Item = String>) -> Self {
        Self::of(ResourceType::Flag, ENVIRONMENTS[0], texts.into_iter().collect())
    }

    fn of(resource_type: ResourceType, environment: &'static str, texts: Vec<String>) -> Self {
        Self { resource_type, environment, texts }
    }

    pub(crate) fn random(random: &mut Random) -> Self {
        let resource_type = ResourceType::ALL[random.below(4)];
        // Sometimes many: the file of the state grows.
        let (most, of) = if random.below(40) == 0 { (120, 200) } else { (5, KEYS) };
        let mut texts: Vec<String> =
            (0..=random.below(most)).map(|_| format!("key-{}", random.below(of))).collect();
        if random.below(8) == 0 {
            texts.push("not a key".to_owned());
        }
        Self::of(resource_type, ENVIRONMENTS[random.below(2)], texts)
    }

    /// Each valid key, in request order.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource> {
        self.texts.iter().filter_map(|text| self.resource(text))
    }

    /// The resource that a text names, if it is a valid key.
    pub(crate) fn resource(&self, text: &str) -> Option<Resource> {
        let resource = match self.resource_type {
            ResourceType::Flag => Resource::flag(text),
            ResourceType::AiConfig => Resource::ai_config(text),
            ResourceType::Metric => Resource::metric(text),
            ResourceType::Segment => Resource::segment(self.environment, text),
        };
        resource.ok()
    }

    fn batch(&self) -> Batch {
        let texts = self.texts.clone();
        match self.resource_type {
            ResourceType::Flag => Batch::flags(texts),
            ResourceType::AiConfig => Batch::ai_configs(texts),
            ResourceType::Metric => Batch::metrics(texts),
            ResourceType::Segment => {
                Batch::segments(texts.into_iter().map(|text| (self.environment, text)))
            }
        }
    }
}

/// Every resource that a usual batch may name.
pub(crate) fn pool() -> Vec<Resource> {
    let texts: Vec<String> = (0..KEYS).map(|number| format!("key-{number}")).collect();
    let lists = ResourceType::ALL
        .into_iter()
        .flat_map(|resource_type| ENVIRONMENTS.map(|environment| (resource_type, environment)));
    let mut pool: Vec<Resource> = lists
        .flat_map(|(resource_type, environment)| {
            Keys::of(resource_type, environment, texts.clone()).resources().collect::<Vec<_>>()
        })
        .collect();
    pool.sort();
    pool.dedup();
    pool
}

impl Request {
    /// The `number`th call of a run, made when the store was at a revision; one of some actions.
    pub(crate) fn random(random: &mut Random, number: u64, seen: u64, acts: [usize; 2]) -> Self {
        let view = VIEWS[random.below(3)];
        let act = match acts[0] + random.below(acts[1] - acts[0]) {
            0..=2 => Act::Create(view, number),
            3..=10 => Act::Link(view, Keys::random(random)),
            11..=16 => Act::Unlink(view, Keys::random(random)),
            17 => Act::Update(view, number),
            18 => Act::RemoveResource({
                let pool = pool();
                pool[random.below(pool.len())].clone()
            }),
            19 => Act::RemoveEnvironment(ENVIRONMENTS[random.below(2)]),
            20 => Act::DeleteView(view),
            21 if random.below(3) == 0 => Act::DeleteProject,
            21 => Act::Create(view, number),
            22 | 23 => Act::Put(Puts::random(random, number)),
            24 => Act::Follow(view, ResourceType::ALL[random.below(4)], Rule::random(random)),
            25 => Act::LinkIds(view, (0..3).map(|_| IDS[random.below(4)]).collect()),
            26 => Act::LinkTagged(view, ResourceType::ALL[random.below(4)], TAGS[random.below(3)]),
            27 if random.below(2) == 0 => {
                Act::Unfollow(view, ResourceType::ALL[random.below(4)], random.below(2) == 0)
            }
            27 => {
                Act::UnlinkTagged(view, ResourceType::ALL[random.below(4)], TAGS[random.below(3)])
            }
            28 => Act::Replace(view, Keys::random(random)),
            29 => Act::UnlinkButLast(view, Keys::random(random)),
            30 | 31 => Act::Move([view, VIEWS[random.below(3)]], Keys::random(random)),
            32 => Act::ReplaceButLast(view, Keys::random(random)),
            // Other calls may come before it, or be in the same group.
            33 => Act::IfStoreAt(
                seen + random.below(3) as u64,
                Box::new(Act::Replace(view, Keys::random(random))),
            ),
            34 => {
                let at = seen.saturating_sub(random.below(6) as u64);
                Act::LinkIfAt(view, at, Keys::random(random))
            }
            35 => Act::MoveLinks([view, VIEWS[random.below(3)]], Keys::random(random)),
            36 => Act::Rename([view, VIEWS[random.below(3)]]),
            37 => Act::Copy([view, VIEWS[random.below(3)]]),
            38 => Act::Create(view, number),
            39 => Act::DryRun(Box::new(Self::random(random, number, seen, TOGETHER).act)),
            40 if random.below(2) == 0 => Act::Compact,
            43..46 => Act::Undo(seen),
            _ => Act::Checkpoint,
        };
        let length = [0, 30, 400, 1_500][random.below(4)];
        let comment = format!("{number}{}", "c".repeat(random.below(length + 1)));
        Self { project: PROJECTS[usize::from(random.below(4) == 0)], comment, act }
    }

    pub(crate) fn new(project: &'static str, act: Act) -> Self {
        Self { project, comment: "why".repeat(40), act }
    }

    /// Makes the call; returns the revision of the change, or `None` if nothing changed.
    pub(crate) fn call(&self, store: &Store) -> Result<Option<u64>> {
        let project = store.project(self.project)?.comment(&self.comment).actor("somebody");
        match made(&self.act, store, &project) {
            Err(
                Error::UnknownProject { .. }
                | Error::UnknownView { .. }
                | Error::ViewExists { .. }
                | Error::CircularFilter { .. }
                | Error::NamedByFilter { .. }
                | Error::RevisionDiffers { .. }
                | Error::OtherProject { .. },
            ) => Ok(None),
            other => other,
        }
    }
}

fn made(act: &Act, store: &Store, project: &Project) -> Result<Option<u64>> {
    Ok(match act {
        Act::Create(view, number) => {
            let fields = Fields::of(*number);
            let view = NewView::new(*view, fields.name).description(fields.description);
            Some(project.create_view(view.tags(fields.tags))?.revision)
        }
        Act::Update(view, number) => {
            let fields = Fields::of(*number);
            let patch = ViewPatch::new().name(fields.name).description(fields.description);
            Some(project.update_view(view, patch.tags(fields.tags))?.revision)
        }
        Act::DeleteView(view) => project.delete_view(view)?.revision,
        Act::DeleteProject => project.delete()?.revision,
        Act::Link(view, keys) => project.link(view, keys.batch())?.revision(),
        Act::Unlink(view, keys) => project.unlink(view, keys.batch())?.revision(),
        Act::Replace(view, keys) => project.replace(view, keys.batch())?.revision(),
        Act::UnlinkButLast(view, keys) => {
            project.unlink(view, keys.batch().keep_last_view())?.revision()
        }
        Act::ReplaceButLast(view, keys) => {
            project.replace(view, keys.batch().keep_last_view())?.revision()
        }
        Act::Move([from, to], keys) => {
            let parts =
                [LinkChange::link(*to, keys.batch()), LinkChange::unlink(*from, keys.batch())];
            project.change_links(parts)?.iter().find_map(Report::revision)
        }
        Act::MoveLinks([from, to], keys) => {
            let reports = project.move_links(from, to, [keys.batch()])?;
            reports.iter().find_map(Report::revision)
        }
        Act::Rename([from, to]) => {
            let view = project.rename_view(from, to)?;
            (from != to).then_some(view.revision)
        }
        Act::Copy([from, to]) => Some(project.copy_view(from, to, ViewPatch::new())?.revision),
        Act::DryRun(act) => made(act, store, &project.dry_run()).map(|_| None)?,
        Act::IfStoreAt(seen, act) => made(act, store, &project.if_store_at(*seen))?,
        Act::LinkIfAt(view, seen, keys) => {
            project.if_view_at(*seen).link(view, keys.batch())?.revision()
        }
        Act::Put(puts) => project.put_resources(puts.to_store())?.revision(),
        Act::LinkIds(view, ids) => project.link(view, segment_ids(ids))?.revision(),
        Act::LinkTagged(view, of, tag) => project.link(view, tagged(*of, tag))?.revision(),
        Act::UnlinkTagged(view, of, tag) => project.unlink(view, tagged(*of, tag))?.revision(),
        Act::RemoveResource(resource) => project.remove_resource(resource)?.revision,
        Act::RemoveEnvironment(id) => {
            project.remove_environment(&EnvironmentId::parse(id)?)?.revision
        }
        Act::Undo(seen) if !is_of_links(store, *seen)? => None,
        Act::Undo(seen) => project.if_store_at(*seen).revert(*seen)?.revision(),
        Act::Follow(view, of, rule) => project.follow(view, *of, rule.to_store())?.revision(),
        Act::Unfollow(view, of, take_out) => {
            let unfollow = if *take_out { Unfollow::RemoveLinks } else { Unfollow::KeepLinks };
            project.unfollow(view, *of, unfollow)?.revision()
        }
        Act::Checkpoint => store.checkpoint().map(|()| None)?,
        Act::Compact => store.compact().map(|()| None)?,
    })
}

/// Whether a change with this revision exists, and changed links of one view.
fn is_of_links(store: &Store, revision: u64) -> Result<bool> {
    let snapshot = store.snapshot()?;
    if revision == 0 || snapshot.revision() != revision {
        return Ok(false);
    }
    let change = snapshot.changes(revision)?.next().transpose()?;
    Ok(change.is_some_and(|change| matches!(change.kind, ChangeKind::LinksChanged { .. })))
}

fn segment_ids(ids: &[&'static str]) -> Batch {
    Batch::segment_ids(ids.iter().copied())
}

fn tagged(of: ResourceType, tag: &str) -> Batch {
    Batch::matching(of, with_tag(tag))
}

pub(crate) fn with_tag(tag: &str) -> ResourceFilter {
    ResourceFilter::all().and(ResourceCondition::Tags(SetPredicate::AllOf(vec![tag.to_owned()])))
}

/// The fields of a view, from a number.
#[derive(Debug)]
pub(crate) struct Fields {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tags: [String; 2],
}

impl Fields {
    pub(crate) fn of(number: u64) -> Self {
        Self {
            name: format!("name {number}"),
            description: "d".repeat(usize::try_from(number % 50).unwrap()),
            tags: [format!("a{number}"), "b".to_owned()],
        }
    }
}
