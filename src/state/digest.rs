//! A digest of everything a state holds, over names: two states that applied the same changes have the same.

use std::fmt;

use serde::Serialize;

use super::State;
use super::project::ProjectState;
use super::view::{About, ViewState};
use crate::codec;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::ProjectKey;
use crate::model::resource::ResourceType;

/// The BLAKE3 hash of a state: of its head, and of each project in key order its views with their links, and
/// its registry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl State {
    /// The digest of everything the state holds.
    ///
    /// Cost: O(size of the state).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when a part cannot be encoded.
    pub(crate) fn digest(&self) -> Result<Digest> {
        let mut hash = Hash(blake3::Hasher::new());
        let head = self.head;
        hash.add(&(head.revision, head.time, head.next_project, head.next_view))?;
        hash.add(&(self.projects.len() as u64))?;
        for (key, project) in &self.projects {
            hash.add_project(key, project)?;
        }
        Ok(Digest(*hash.0.finalize().as_bytes()))
    }
}

struct Hash(blake3::Hasher);

impl Hash {
    /// Adds a value: encodings of values of one type are no beginnings of each other.
    fn add(&mut self, value: &impl Serialize) -> Result<()> {
        let bytes = codec::encode(value)
            .map_err(|source| Error::undecodable(StoreFile::State, "digest", source))?;
        self.0.update(&bytes);
        Ok(())
    }

    fn add_project(&mut self, key: &ProjectKey, project: &ProjectState) -> Result<()> {
        self.add(&(key, project.id, project.views.len()))?;
        for (_, view) in project.views.iter(None) {
            self.add_view(project, view)?;
        }
        for resource_type in ResourceType::ALL {
            self.add(&project.registry.counts().get(resource_type))?;
            for row in project.registry.iter(resource_type, None) {
                self.add(&row)?;
            }
        }
        Ok(())
    }

    fn add_view(&mut self, project: &ProjectState, view: &ViewState) -> Result<()> {
        let About { id, key, fields, version, created_at, updated_at } = view.about();
        self.add(&(id, key, fields, version, created_at, updated_at, view.revision))?;
        self.add(&view.counts())?;
        for resource_type in ResourceType::ALL {
            let Some(links) = view.links(resource_type) else { continue };
            let names = &project.of(resource_type).names;
            for link in links.by_key(names, None, 0) {
                self.add(&(names.text(link.place), links.record(link)))?;
            }
        }
        Ok(())
    }
}
