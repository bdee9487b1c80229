//! Who looks after a view, as clients want to be told.

use serde::{Deserialize, Serialize};

use super::maintainer::MaintainerKind;
use crate::model::view;

/// Who looks after a view, with the nested object that belongs to its kind.
///
/// Clients tell by the nested object which kind it is, and require its fields. The store knows the
/// id alone: the other texts are empty, and a host fills them in where it knows more.
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
    /// What it is.
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

/// A member who looks after a view. Example: at [`ViewMaintainer`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MaintainerMember {
    /// The id, under the name that some clients read.
    #[serde(rename = "_id")]
    pub own_id: String,
    /// The id, under the name that others read.
    pub id: String,
    /// The e-mail address; empty where it is not known.
    pub email: String,
    /// What the member may do; empty where it is not known.
    pub role: String,
    /// The first name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

/// A team that looks after a view. Example: at [`ViewMaintainer`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintainerTeam {
    /// The id; the key where it is not known.
    pub id: String,
    /// The key.
    pub key: String,
    /// The name people read; empty where it is not known.
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
