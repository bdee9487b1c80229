//! The maintainer of a view, in the form that clients read.

use serde::{Deserialize, Serialize};

use super::maintainer::MaintainerKind;
use crate::model::view;

/// The maintainer of a view, with the nested object of its kind.
///
/// Clients recognise the kind by the nested object, and require its fields. The store only has the id: the other texts
/// are empty, and a host may fill them in.
///
/// ```
/// use viewlink::Maintainer;
/// use viewlink::wire::ViewMaintainer;
///
/// let mut told = ViewMaintainer::from(&Maintainer::Member("ada".into()));
/// if let Some(member) = &mut told.maintainer_member {
///     assert_eq!((member.id.as_str(), member.email.as_str()), ("ada", ""));
///     member.email = "ada@example.com".into();
/// }
/// assert_eq!(told.maintainer_team, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ViewMaintainer {
    /// The kind.
    pub kind: MaintainerKind,
    /// The id of the member or the key of the team.
    pub id: String,
    /// The member, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintainer_member: Option<MaintainerMember>,
    /// The team, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintainer_team: Option<MaintainerTeam>,
}

/// A member who maintains a view. Example: at [`ViewMaintainer`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MaintainerMember {
    /// The id, under the name that some clients read.
    #[serde(rename = "_id")]
    pub own_id: String,
    /// The id, under the name that others read.
    pub id: String,
    /// The e-mail address; empty if unknown.
    pub email: String,
    /// The role of the member; empty if unknown.
    pub role: String,
    /// The first name, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

/// A team that maintains a view. Example: at [`ViewMaintainer`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintainerTeam {
    /// The id; the key if unknown.
    pub id: String,
    /// The key.
    pub key: String,
    /// The display name; empty if unknown.
    pub name: String,
}

impl From<&view::Maintainer> for ViewMaintainer {
    fn from(maintainer: &view::Maintainer) -> Self {
        let id = maintainer.id().to_owned();
        let (kind, member, team) = match maintainer {
            view::Maintainer::Member(_) => {
                let (own_id, id) = (id.clone(), id.clone());
                let member = MaintainerMember { own_id, id, ..MaintainerMember::default() };
                (MaintainerKind::Member, Some(member), None)
            }
            view::Maintainer::Team(_) => {
                let (id, key) = (id.clone(), id.clone());
                let team = MaintainerTeam { id, key, name: String::new() };
                (MaintainerKind::Team, None, Some(team))
            }
        };
        Self { kind, id, maintainer_member: member, maintainer_team: team }
    }
}
