//! Changes with several steps.

use super::commands::{project_key, view_key};
use crate::model::change_record::{LinksChange, ViewBefore};
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::view::ViewFields;
use crate::model::{ChangeMeta, ChangeRecord, Effect, Stamp};
use crate::state::{State, Unapply};

fn links() -> LinksChange {
    LinksChange {
        view: view_key(7),
        last_change: None,
        resource_type: ResourceType::Flag,
        linked: ["f"].into_iter().collect(),
        order: Vec::new(),
        restored: None,
        unlinked: Default::default(),
        holds: Default::default(),
    }
}

#[test]
fn each_step_of_a_change_sees_the_steps_before_it() {
    let view = view_key(7);
    let effects = vec![
        Effect::CreateView { view: view.clone(), fields: ViewFields::default(), restored: None },
        Effect::ChangeLinks(vec![links()]),
        Effect::UpdateView {
            view: view.clone(),
            before: ViewBefore {
                fields: ViewFields::default(),
                last_change: None,
                updated_at: Timestamp::from_millis(9),
            },
            fields: ViewFields { name: "new".to_owned(), ..ViewFields::default() },
        },
    ];
    let mut state = State::default();
    let stamp = state.next_stamp(Timestamp::from_millis(9));
    let (project, meta) = (project_key(0), ChangeMeta::default());
    let begins_project = true;
    let change = ChangeRecord { stamp, meta, project: project.clone(), begins_project, effects };
    let change = ChangeRecord::decode(&change.encode().unwrap()).unwrap();
    state.apply(&change).unwrap();
    let view = state.projects.get(&project).unwrap().views.find(&view).unwrap().1.to_view();
    assert_eq!((view.name.as_str(), view.links.total(), view.revision), ("new", 1, 1));
    assert_eq!((view.version, state.head.revision, state.check()), (2, 1, Ok(())));
    let mut unapply = Unapply::new(state);
    unapply.undo(&change).unwrap();
    let before = unapply.finish(Stamp { revision: 0, time: Timestamp::default() }).unwrap();
    assert_eq!(before.checked_digest(), State::default().checked_digest());
}

#[test]
fn bytes_of_a_change_without_steps_or_with_two_of_links_are_refused() {
    let links = || Effect::ChangeLinks(vec![links()]);
    let cases =
        [(vec![], "it changes nothing"), (vec![links(), links()], "two of its steps make links")];
    for (effects, detail) in cases {
        let stamp = Stamp { revision: 1, time: Timestamp::from_millis(9) };
        let (project, meta) = (project_key(0), ChangeMeta::default());
        let change = ChangeRecord { stamp, meta, project, begins_project: false, effects };
        let error = ChangeRecord::decode(&change.encode().unwrap()).unwrap_err().to_string();
        assert!(error.contains(detail), "{error}");
    }
}
