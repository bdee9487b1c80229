//! Things made up from random numbers: keys, batches, filters, resources.

use viewlink::{
    Batch, EnvironmentId, Maintainer, NewResource, Resource, ResourceCondition, ResourceFilter,
    ResourceType, SegmentRef, SetPredicate, TextPredicate, Timestamp, ViewCondition, ViewFilter,
};

use crate::random::Random;

impl Random {
    /// Whether something happens that happens once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    pub(crate) fn project(&mut self) -> String {
        format!("project-{}", self.below(3))
    }

    pub(crate) fn view(&mut self) -> String {
        match self.below(60) {
            0 => "no view".to_owned(),
            1 => "VIEW-1".to_owned(),
            _ => format!("view-{}", self.below(7)),
        }
    }

    pub(crate) fn resource_type(&mut self) -> ResourceType {
        ResourceType::ALL[self.below(4)]
    }

    fn key(&mut self, keys: usize) -> String {
        match self.below(80) {
            0 => "not a key".to_owned(),
            1 => String::new(),
            2 => "x".repeat(257),
            _ => format!("key-{:04}", self.below(keys)),
        }
    }

    fn environment(&mut self) -> String {
        match self.below(60) {
            0 => "/".to_owned(),
            1 => "e".repeat(40),
            _ => format!("env{}", self.below(3)),
        }
    }

    fn segment_id(&mut self) -> String {
        match self.below(30) {
            0 => "no id".to_owned(),
            _ => format!("id-{}", self.below(12)),
        }
    }

    pub(crate) fn environment_id(&mut self) -> EnvironmentId {
        EnvironmentId::parse(&format!("env{}", self.below(4))).unwrap()
    }

    pub(crate) fn resource(&mut self) -> Resource {
        let key = format!("key-{:04}", self.below(30));
        match self.resource_type() {
            ResourceType::Flag => Resource::flag(&key),
            ResourceType::AiConfig => Resource::ai_config(&key),
            ResourceType::Metric => Resource::metric(&key),
            ResourceType::Segment => Resource::segment(&format!("env{}", self.below(3)), &key),
        }
        .unwrap()
    }

    /// A batch with any choice; now and then a large one, in any order.
    pub(crate) fn batch(&mut self) -> Batch {
        let large = self.once_in(25);
        let (count, keys) = if large { (self.below(1_500), 2_000) } else { (self.below(9), 26) };
        let resource_type = self.resource_type();
        let batch = match resource_type {
            ResourceType::Segment => {
                Batch::segment_refs((0..count).map(|_| match self.once_in(3) {
                    true => SegmentRef::Id(self.segment_id()),
                    false => {
                        SegmentRef::Named { environment: self.environment(), key: self.key(keys) }
                    }
                }))
            }
            _ => {
                let mut texts: Vec<String> = (0..count).map(|_| self.key(keys)).collect();
                if self.once_in(2) {
                    texts.sort();
                }
                Batch::by_key(resource_type, texts)
            }
        };
        let batch = if self.once_in(4) { batch.and_matching(self.filter()) } else { batch };
        let batch = if self.once_in(4) { batch.ignore_missing() } else { batch };
        let batch = if self.once_in(4) { batch.refuse_existing() } else { batch };
        let batch = if self.once_in(6) { batch.failures_only() } else { batch };
        let batch = if self.once_in(4) { batch.keep_last_view() } else { batch };
        let batch = if self.once_in(9) { batch.comment("why") } else { batch };
        if self.once_in(20) { batch.actor("a".repeat(1 + self.below(300))) } else { batch }
    }

    fn text_test(&mut self, texts: &[&str]) -> TextPredicate {
        let text = self.one_of(texts).to_owned();
        match self.below(6) {
            0 => TextPredicate::Equals(text),
            1 => TextPredicate::NotEquals(text),
            2 => TextPredicate::StartsWith(text),
            3 => TextPredicate::Contains(text),
            4 => TextPredicate::AnyOf(vec![text, self.one_of(texts).to_owned()]),
            _ => TextPredicate::NoneOf(vec![text]),
        }
    }

    fn set_test<T: Clone>(&mut self, choices: &[T]) -> SetPredicate<T> {
        let wanted = (0..self.below(3)).map(|_| self.one_of(choices)).collect();
        match self.below(3) {
            0 => SetPredicate::AnyOf(wanted),
            1 => SetPredicate::AllOf(wanted),
            _ => SetPredicate::NoneOf(wanted),
        }
    }

    pub(crate) fn filter(&mut self) -> ResourceFilter {
        let views = ["view-0", "view-1", "view-2", "view-9"].map(|key| key.parse().unwrap());
        let mut filter = ResourceFilter::all();
        for _ in 0..self.below(3) {
            filter = filter.and(match self.below(11) {
                0 => ResourceCondition::Query(self.one_of(&["KEY-00", "name 1", "zz"]).to_owned()),
                1 => ResourceCondition::Key(self.text_test(&["key-0001", "key-000", "2"])),
                2 => ResourceCondition::Name(self.text_test(&["Name 1", "Name", "key-0003"])),
                3 => ResourceCondition::Tags(self.set_test(&TAGS.map(str::to_owned))),
                4 if self.once_in(2) => ResourceCondition::View(self.set_test(&views[..3])),
                4 => ResourceCondition::View(self.set_test(&views)),
                5 => ResourceCondition::MaintainerId(self.text_test(&["ann", "bob"])),
                6 => ResourceCondition::MaintainerTeam(self.text_test(&["ann", "core"])),
                7 => ResourceCondition::Archived(self.once_in(2)),
                8 => ResourceCondition::Temporary(self.once_in(2)),
                9 => ResourceCondition::Unbounded(self.once_in(2)),
                _ => ResourceCondition::Environment(self.environment_id()),
            });
        }
        filter
    }

    pub(crate) fn view_filter(&mut self) -> ViewFilter {
        match self.below(4) {
            0 => ViewFilter::all(),
            1 => ViewFilter::all().and(ViewCondition::Key(self.text_test(&["view-1", "view"]))),
            2 => ViewFilter::all().and(ViewCondition::Tag(self.set_test(&TAGS.map(str::to_owned)))),
            _ => ViewFilter::all().and(ViewCondition::Query("EW-2".to_owned())),
        }
    }

    pub(crate) fn new_resource(&mut self) -> NewResource {
        let key = self.key(26);
        let mut new = match self.resource_type() {
            ResourceType::Flag => NewResource::flag(key),
            ResourceType::AiConfig => NewResource::ai_config(key),
            ResourceType::Metric => NewResource::metric(key),
            ResourceType::Segment if self.once_in(3) => {
                NewResource::segment(self.environment(), key)
            }
            ResourceType::Segment => {
                NewResource::segment_with_id(self.environment(), key, self.segment_id())
            }
        };
        new = new.tags(self.tags()).archived(self.once_in(3)).temporary(self.once_in(3));
        new = new.unbounded(self.once_in(3));
        if self.once_in(3) {
            new = new.maintainer(self.maintainer());
        }
        if self.once_in(2) {
            let long = self.once_in(15);
            let name = if long { "n".repeat(300) } else { format!("Name {}", self.below(4)) };
            new = new.name(name);
        }
        if self.once_in(4) {
            new = new.created_at(Timestamp::from_millis(self.next() % 9));
        }
        new
    }

    pub(crate) fn maintainer(&mut self) -> Maintainer {
        let text = self.one_of(&["ann", "bob", "core"]).to_owned();
        if self.once_in(2) { Maintainer::Member(text) } else { Maintainer::Team(text) }
    }

    pub(crate) fn tags(&mut self) -> Vec<String> {
        (0..self.below(4)).map(|_| self.one_of(&TAGS).to_owned()).collect()
    }
}

/// One tag begins like another one, and one is what a member is called.
const TAGS: [&str; 4] = ["a", "ab", "c\0d", "ann"];
