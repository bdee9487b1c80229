//! The maintainer of a view or resource.

use serde::{Deserialize, Serialize};

use crate::model::view;

/// The maintainer of a view or resource, in changes and exports. The answer for a view has a
/// [`ViewMaintainer`](super::ViewMaintainer).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintainer {
    /// The kind.
    pub kind: MaintainerKind,
    /// The id of the member or the key of the team.
    pub id: String,
}

/// The kind of maintainer of a view or resource. Example: at [`View`](super::View).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MaintainerKind {
    /// A member.
    Member,
    /// A team.
    Team,
}

impl From<&view::Maintainer> for Maintainer {
    fn from(maintainer: &view::Maintainer) -> Self {
        let kind = match maintainer {
            view::Maintainer::Member(_) => MaintainerKind::Member,
            view::Maintainer::Team(_) => MaintainerKind::Team,
        };
        Self { kind, id: maintainer.id().to_owned() }
    }
}
