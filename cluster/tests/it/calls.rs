//! Calls of the whole API, and their answers as text.

use proptest::prelude::*;
use viewlink::{
    Batch, LinkChange, NewResource, NewView, Project, ProjectSettings, Resource, ResourceFilter,
    ResourceType, ViewPatch,
};

/// A call that may change a store. Views and keys are numbers.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Ensure(u8),
    Create(u8),
    Rename(u8, u8),
    Update(u8, String),
    Copy(u8, u8),
    DeleteView(u8),
    DeleteProject,
    Put(Vec<u8>),
    PutProject(String),
    Link(u8, Vec<u8>),
    LinkRefusing(u8, Vec<u8>),
    LinkTagged(u8),
    Unlink(u8, Vec<u8>),
    UnlinkIgnoring(u8, Vec<u8>),
    UnlinkButLast(u8, Vec<u8>),
    Replace(u8, Vec<u8>),
    ChangeLinks(u8, u8, Vec<u8>),
    MoveLinks(u8, u8, Vec<u8>),
    RemoveResource(u8),
    LinkIfStoreAt(u8, u8, Vec<u8>),
    LinkIfViewAt(u8, u8, Vec<u8>),
    Undo(u8),
}

fn view(number: u8) -> String {
    format!("view-{number}")
}

fn batch(keys: &[u8]) -> Batch {
    // Number 0 is malformed.
    Batch::flags(
        keys.iter().map(|key| if *key == 0 { "no key".to_owned() } else { format!("flag-{key}") }),
    )
}

fn text<T: std::fmt::Debug>(answer: viewlink::Result<T>) -> Result<String, viewlink::Error> {
    match answer {
        Err(error @ viewlink::Error::SharedLog { .. }) => Err(error),
        Err(error) if error.outcome() != viewlink::Outcome::NotApplied => Err(error),
        other => Ok(format!("{other:?}")),
    }
}

impl Call {
    /// Makes the call on a store at a revision. Returns the answer, or the error of the log.
    pub(crate) fn make(&self, project: &Project, at: u64) -> Result<String, viewlink::Error> {
        match self {
            Self::Ensure(at) => text(project.ensure_view(NewView::new(view(*at), "V"))),
            Self::Create(at) => text(project.create_view(NewView::new(view(*at), "V"))),
            Self::Rename(from, to) => text(project.rename_view(&view(*from), &view(*to))),
            Self::Update(at, name) => {
                text(project.update_view(&view(*at), ViewPatch::new().name(name)))
            }
            Self::Copy(from, to) => {
                text(project.copy_view(&view(*from), &view(*to), ViewPatch::new().name("copy")))
            }
            Self::DeleteView(at) => text(project.delete_view(&view(*at))),
            Self::DeleteProject => text(project.delete()),
            Self::Put(keys) => text(project.put_resources(keys.iter().map(|key| {
                NewResource::flag(format!("flag-{key}")).tags([format!("tag-{}", key % 3)])
            }))),
            Self::PutProject(name) => text(project.put(ProjectSettings::new().name(name))),
            Self::RemoveResource(key) => {
                text(project.remove_resource(&Resource::flag(&format!("flag-{key}")).unwrap()))
            }
            Self::Undo(back) => text(project.revert(at.saturating_sub(u64::from(*back)))),
            links => links.make_links(project, at),
        }
    }

    fn make_links(&self, project: &Project, at: u64) -> Result<String, viewlink::Error> {
        match self {
            Self::Link(at, keys) => text(project.link(&view(*at), batch(keys))),
            Self::LinkRefusing(at, keys) => {
                text(project.link(&view(*at), batch(keys).refuse_existing()))
            }
            Self::LinkTagged(at) => {
                let filter = ResourceFilter::parse(ResourceType::Flag, "tags:tag-1").unwrap();
                text(project.link(&view(*at), Batch::matching(ResourceType::Flag, filter)))
            }
            Self::Unlink(at, keys) => text(project.unlink(&view(*at), batch(keys))),
            Self::UnlinkIgnoring(at, keys) => {
                text(project.unlink(&view(*at), batch(keys).ignore_missing()))
            }
            Self::UnlinkButLast(at, keys) => {
                text(project.unlink(&view(*at), batch(keys).keep_last_view()))
            }
            Self::Replace(at, keys) => text(project.replace(&view(*at), batch(keys))),
            Self::ChangeLinks(from, to, keys) => text(project.change_links(vec![
                LinkChange::link(view(*to), batch(keys)),
                LinkChange::unlink(view(*from), batch(keys)),
            ])),
            Self::MoveLinks(from, to, keys) => {
                text(project.move_links(&view(*from), &view(*to), [batch(keys)]))
            }
            Self::LinkIfStoreAt(back, at_view, keys) => {
                let at = at.saturating_sub(u64::from(*back));
                text(project.if_store_at(at).link(&view(*at_view), batch(keys)))
            }
            Self::LinkIfViewAt(back, at_view, keys) => {
                let at = at.saturating_sub(u64::from(*back));
                text(project.if_view_at(at).link(&view(*at_view), batch(keys)))
            }
            other => unreachable!("made elsewhere: {other:?}"),
        }
    }
}

pub(crate) fn call() -> impl Strategy<Value = Call> {
    let view = || 0..4_u8;
    let keys = || prop::collection::vec(0..9_u8, 0..5);
    prop_oneof![
        8 => view().prop_map(Call::Ensure),
        1 => view().prop_map(Call::Create),
        1 => (view(), view()).prop_map(|(from, to)| Call::Rename(from, to)),
        1 => (view(), "[a-z]{1,5}").prop_map(|(at, name)| Call::Update(at, name)),
        1 => (view(), view()).prop_map(|(from, to)| Call::Copy(from, to)),
        1 => view().prop_map(Call::DeleteView),
        1 => Just(Call::DeleteProject),
        3 => keys().prop_map(Call::Put),
        1 => "[a-z]{1,5}".prop_map(Call::PutProject),
        8 => (view(), keys()).prop_map(|(at, keys)| Call::Link(at, keys)),
        1 => (view(), keys()).prop_map(|(at, keys)| Call::LinkRefusing(at, keys)),
        2 => view().prop_map(Call::LinkTagged),
        5 => (view(), keys()).prop_map(|(at, keys)| Call::Unlink(at, keys)),
        1 => (view(), keys()).prop_map(|(at, keys)| Call::UnlinkIgnoring(at, keys)),
        2 => (view(), keys()).prop_map(|(at, keys)| Call::UnlinkButLast(at, keys)),
        2 => (view(), keys()).prop_map(|(at, keys)| Call::Replace(at, keys)),
        2 => (view(), view(), keys()).prop_map(|(from, to, keys)| Call::ChangeLinks(from, to, keys)),
        2 => (view(), view(), keys()).prop_map(|(from, to, keys)| Call::MoveLinks(from, to, keys)),
        1 => (1..9_u8).prop_map(Call::RemoveResource),
        2 => (0..2_u8, view(), keys()).prop_map(|(back, at, keys)| Call::LinkIfStoreAt(back, at, keys)),
        2 => (0..3_u8, view(), keys()).prop_map(|(back, at, keys)| Call::LinkIfViewAt(back, at, keys)),
        3 => (0..3_u8).prop_map(Call::Undo),
    ]
}
