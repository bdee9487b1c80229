//! A digest of a whole state, computed from names. Two states with the same changes have the same digest.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::State;
use super::link_set::LinkSet;
use super::names::Names;
use super::project::ProjectState;
use super::standing::Standing;
use super::view::ViewState;
use crate::codec;
use crate::model::LinkRecord;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::resource::ResourceType;
use crate::parallel::Threads;

/// The BLAKE3 hash of a state: of its head, and of each project in key order. A project has the hashes of its views
/// with their links, and its registry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// The number of bytes of links that are hashed at once.
const BLOCK: usize = 1 << 16;
/// It is written instead of the length of a name, and no name has this length. The next change follows.
const NEXT_CHANGE: u16 = u16::MAX;
/// Set in the length of a name if only a filter holds its link.
const BY_FILTER: u16 = 1 << 15;

impl State {
    /// The digest of the whole state, on the caller's thread.
    ///
    /// Cost: O(size of the state).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if a part cannot be encoded.
    pub(crate) fn digest(&self) -> Result<Digest> {
        self.digest_on(Threads::ONE)
    }

    /// The same on the given threads.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if a part cannot be encoded.
    pub(crate) fn digest_on(&self, threads: Threads) -> Result<Digest> {
        let mut hash = Hash::default();
        hash.add(&self.head)?;
        hash.add(&(self.projects.len() as u64))?;
        let views = self.projects.into_iter().flat_map(|(_, project)| {
            project.views.iter(None).map(move |(_, view)| (&**project, view))
        });
        let views: Vec<_> = views.collect();
        let views = threads.map(&views, |(project, view)| digest_of_view(project, view));
        let mut views = views.into_iter();
        for (key, project) in &self.projects {
            hash.add(&(key, project.id, &*project.settings, project.views.len()))?;
            for view in views.by_ref().take(project.views.iter(None).count()) {
                hash.add(&view?)?;
            }
            hash.add_registry(project)?;
        }
        Ok(hash.finish())
    }
}

#[derive(Default)]
struct Hash(blake3::Hasher);

impl Hash {
    /// Adds a value. No encoding of a value is a prefix of the encoding of another value of the same type.
    fn add(&mut self, value: &impl Serialize) -> Result<()> {
        let bytes = codec::encode(value)
            .map_err(|source| Error::undecodable(StoreFile::State, "digest", source))?;
        self.0.update(&bytes);
        Ok(())
    }

    fn add_registry(&mut self, project: &ProjectState) -> Result<()> {
        for resource_type in ResourceType::ALL {
            self.add(&project.registry.counts().get(resource_type))?;
            for row in project.registry.iter(resource_type, None) {
                self.add(&row)?;
            }
        }
        Ok(())
    }

    /// Adds links in link order: when each change was made, and for each of its links the request index, the name and
    /// the holder.
    fn add_links(&mut self, names: &Names, links: &LinkSet, standing: Option<&Standing>) {
        let mut bytes = Vec::with_capacity(BLOCK);
        let mut last = None;
        for (link, LinkRecord { linked_at, revision, request_index }) in links.by_time(None, 0) {
            if bytes.len() >= BLOCK {
                self.0.update(&bytes);
                bytes.clear();
            }
            if last != Some((revision, linked_at)) {
                last = Some((revision, linked_at));
                bytes.extend_from_slice(&NEXT_CHANGE.to_le_bytes());
                bytes.extend_from_slice(&revision.to_le_bytes());
                bytes.extend_from_slice(&linked_at.as_millis().to_le_bytes());
            }
            let name = names.bytes(link.place);
            let by_filter =
                standing.is_some_and(|standing| !standing.keys_hold(names.id(link.place)));
            // A name is far shorter than 2^15 bytes.
            let length = name.len() as u16 | if by_filter { BY_FILTER } else { 0 };
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(&request_index.to_le_bytes());
            bytes.extend_from_slice(name);
        }
        self.0.update(&bytes);
    }

    fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

/// The digest of a view, as a separate hash, so that the digests of many views can be computed at the same time.
fn digest_of_view(project: &ProjectState, view: &ViewState) -> Result<Digest> {
    let mut hash = Hash::default();
    hash.add(&view.to_record())?;
    hash.add(&view.counts())?;
    for resource_type in ResourceType::ALL {
        if let Some(links) = view.links(resource_type) {
            let standing = view.standing(resource_type);
            hash.add_links(&project.of(resource_type).names, links, standing);
        }
    }
    Ok(hash.finish())
}
