//! Random conditions, and resources and views to test them on.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::filter::{ResourceFacts, ViewCondition};
use crate::model::attribute::{Attribute, AttributeValue, Attributes};
use crate::model::change_id::ChangeId;
use crate::model::key::EnvironmentId;
use crate::model::time::Timestamp;
use crate::model::time_predicate::TimePredicate;
use crate::model::type_counts::TypeCounts;
use crate::model::view::{Maintainer, View};

/// The texts and lists of conditions.
#[derive(Clone, Copy)]
pub(super) enum Texts {
    /// A few texts, so that they often match; lists may be empty.
    Few,
    /// Any text that the grammar allows.
    Written,
}

impl Texts {
    fn text(self) -> BoxedStrategy<String> {
        match self {
            Self::Few => "[abB]{0,2}".boxed(),
            Self::Written => {
                prop_oneof!["[a-c]{0,3}", r#"[a-c +,:=!"\\\[\]()|\n\x07äΣ😀]{0,6}"#].boxed()
            }
        }
    }

    /// A text to search for.
    fn part(self) -> BoxedStrategy<String> {
        match self {
            Self::Few => self.text(),
            Self::Written => self.text().prop_filter("not empty", |text| !text.is_empty()).boxed(),
        }
    }

    fn list<S: Strategy + 'static>(self, member: S) -> BoxedStrategy<Vec<S::Value>> {
        let least = match self {
            Self::Few => 0,
            Self::Written => 1,
        };
        prop::collection::vec(member, least..4).boxed()
    }

    fn text_test(self) -> BoxedStrategy<TextPredicate> {
        let written = prop_oneof![
            self.text().prop_map(TextPredicate::Equals),
            self.text().prop_map(TextPredicate::NotEquals),
            self.part().prop_map(TextPredicate::StartsWith),
            self.part().prop_map(TextPredicate::Contains),
            self.list(self.text()).prop_map(TextPredicate::AnyOf),
        ];
        match self {
            Self::Few => {
                let none = self.list(self.text()).prop_map(TextPredicate::NoneOf);
                prop_oneof![5 => written, 1 => none].boxed()
            }
            Self::Written => written.boxed(),
        }
    }

    fn set_test<S: Strategy + Clone + 'static>(
        self,
        member: S,
    ) -> BoxedStrategy<SetPredicate<S::Value>> {
        let none = match self {
            Self::Few => self.list(member.clone()),
            Self::Written => prop::collection::vec(member.clone(), 1..=1).boxed(),
        };
        let written = prop_oneof![
            self.list(member.clone()).prop_map(SetPredicate::AnyOf),
            self.list(member.clone()).prop_map(SetPredicate::AllOf),
            none.prop_map(SetPredicate::NoneOf),
        ];
        match self {
            Self::Few => {
                let exactly = self.list(member).prop_map(SetPredicate::Exactly);
                prop_oneof![3 => written, 1 => exactly].boxed()
            }
            Self::Written => written.boxed(),
        }
    }

    /// A condition on a resource of this type.
    pub(super) fn resource_condition(
        self,
        resource_type: ResourceType,
    ) -> BoxedStrategy<ResourceCondition> {
        use ResourceCondition as Is;
        let of_all = prop_oneof![
            self.part().prop_map(Is::Query),
            self.text_test().prop_map(Is::Key),
            self.text_test().prop_map(Is::Name),
            self.set_test(self.text()).prop_map(Is::Tags),
            self.set_test(view_key()).prop_map(Is::View),
        ];
        let others = match resource_type {
            ResourceType::Segment => prop_oneof![
                self.list(self.text()).prop_map(|keys| Is::Key(TextPredicate::NoneOf(keys))),
                any::<bool>().prop_map(Is::Unbounded),
                self.attribute(&[Attribute::Type, Attribute::External]),
            ]
            .boxed(),
            _ => prop_oneof![
                self.text_test().prop_map(Is::MaintainerId),
                self.text_test().prop_map(Is::MaintainerTeam),
                any::<bool>().prop_map(Is::Archived),
                any::<bool>().prop_map(Is::Temporary),
            ]
            .boxed(),
        };
        let others = match resource_type {
            ResourceType::Flag => prop_oneof![4 => others, 1 => self.attribute(&OF_FLAGS)].boxed(),
            _ => others,
        };
        let bounds = (time(), time())
            .prop_map(|(after, before)| Is::CreatedAt(TimePredicate { after, before }));
        match self {
            Self::Written if resource_type == ResourceType::Flag => {
                let is_some =
                    |condition: &Is| *condition != Is::CreatedAt(TimePredicate::default());
                let bounds = bounds.prop_filter("it has a bound", is_some);
                prop_oneof![4 => of_all, 4 => others, 1 => bounds].boxed()
            }
            Self::Written => prop_oneof![of_all, others].boxed(),
            Self::Few => {
                let id = |id| EnvironmentId::parse(id).unwrap();
                let environment = select(&["e", "f"][..]).prop_map(id).prop_map(Is::Environment);
                prop_oneof![9 => of_all, 9 => others, 1 => environment, 2 => bounds].boxed()
            }
        }
    }

    /// A condition on one of these attributes.
    fn attribute(self, names: &'static [Attribute]) -> BoxedStrategy<ResourceCondition> {
        use ResourceCondition as Is;
        prop_oneof![
            3 => (select(names), self.set_test(self.text()))
                .prop_map(|(name, test)| Is::Attribute(name, test)),
            1 => (select(names), any::<bool>())
                .prop_map(|(name, exists)| Is::HasAttribute(name, exists)),
        ]
        .boxed()
    }

    /// A condition on a view.
    pub(super) fn view_condition(self) -> BoxedStrategy<ViewCondition> {
        use ViewCondition as Is;
        prop_oneof![
            self.part().prop_map(Is::Query),
            self.text_test().prop_map(Is::Name),
            self.text_test().prop_map(|test| Is::Key(test.in_lower_case())),
            self.set_test(self.text()).prop_map(Is::Tag),
            self.text_test().prop_map(Is::MaintainerId),
            any::<bool>().prop_map(Is::Payload),
        ]
        .boxed()
    }
}

const OF_FLAGS: [Attribute; 5] = [
    Attribute::Status,
    Attribute::StaleState,
    Attribute::Targeting,
    Attribute::FilterEnv,
    Attribute::FollowerId,
];

fn attributes() -> impl Strategy<Value = Attributes> {
    let names = select(&[Attribute::Status, Attribute::Targeting, Attribute::Type][..]);
    let value = prop_oneof![
        "[abB]{0,2}".prop_map(AttributeValue::Text),
        (0..2_i64).prop_map(AttributeValue::Number),
        tags().prop_map(AttributeValue::Texts),
    ];
    prop::collection::btree_map(names, value, 0..3)
}

pub(super) fn resource_type() -> impl Strategy<Value = ResourceType> {
    select(&ResourceType::ALL[..])
}

fn view_key() -> impl Strategy<Value = ViewKey> + Clone {
    "[a-c0-9][a-c0-9_.-]{0,3}".prop_map(|key| ViewKey::parse(&key).unwrap())
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of((0..4_u64).prop_map(Timestamp::from_millis))
}

fn maintainer() -> impl Strategy<Value = Option<Maintainer>> {
    let named = "[abB]{0,2}";
    prop_oneof![
        Just(None),
        named.prop_map(|id| Some(Maintainer::Member(id))),
        named.prop_map(|key| Some(Maintainer::Team(key))),
    ]
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[abB]{0,2}", 0..4).prop_map(Vec::from_iter)
}

/// A resource to test conditions on.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) key: String,
    pub(super) environment: Option<String>,
    pub(super) name: String,
    pub(super) tags: Vec<String>,
    pub(super) maintainer: Option<Maintainer>,
    pub(super) archived: bool,
    pub(super) temporary: bool,
    pub(super) unbounded: bool,
    pub(super) created_at: Option<Timestamp>,
    pub(super) attributes: Option<Attributes>,
}

impl Thing {
    pub(super) fn facts(&self) -> ResourceFacts<'_> {
        ResourceFacts {
            key: &self.key,
            environment: self.environment.as_deref(),
            name: &self.name,
            tags: &self.tags,
            maintainer: self.maintainer.as_ref(),
            archived: self.archived,
            temporary: self.temporary,
            unbounded: self.unbounded,
            created_at: self.created_at,
            attributes: self.attributes.as_ref(),
        }
    }
}

pub(super) fn thing() -> impl Strategy<Value = Thing> {
    let texts = ("[abAB]{1,3}", prop::option::of("[ef]"), "[abABäÄ]{0,3}");
    let marks = (any::<bool>(), any::<bool>(), any::<bool>(), time());
    let attributes = prop::option::of(attributes());
    (texts, tags(), maintainer(), marks, attributes).prop_map(
        |(texts, tags, maintainer, marks, attributes)| {
            let (key, environment, name) = texts;
            let (archived, temporary, unbounded, created_at) = marks;
            Thing {
                key,
                environment,
                name,
                tags,
                maintainer,
                archived,
                temporary,
                unbounded,
                created_at,
                attributes,
            }
        },
    )
}

pub(super) fn view(
    key: &str,
    name: &str,
    tags: Vec<String>,
    maintainer: Option<Maintainer>,
) -> View {
    View {
        id: 1,
        key: ViewKey::parse(key).unwrap(),
        name: name.to_owned(),
        description: String::new(),
        tags,
        maintainer,
        version: 1,
        revision: 1,
        change: ChangeId::default(),
        created_at: Timestamp::from_millis(1),
        updated_at: Timestamp::from_millis(1),
        links: TypeCounts::default(),
        follows: Vec::new(),
    }
}

pub(super) fn any_view() -> impl Strategy<Value = View> {
    ("[ab]{1,3}", "[abABäÄ]{0,3}", tags(), maintainer())
        .prop_map(|(key, name, tags, maintainer)| view(&key, &name, tags, maintainer))
}
