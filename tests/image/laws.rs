//! The laws of a store, on the memory image.

use proptest::prelude::*;
use viewlink::testing::MemoryImage;
use viewlink::{LinkPolicy, LinkSort, Options, Timestamp};

use crate::model::{Call, Model, TIME, assert_same, calls, keys, law};

/// How many cases something is tried on: this many, times `VIEWLINK_CASES` where that is set.
fn cases(usual: u32) -> u32 {
    let times = std::env::var("VIEWLINK_CASES").ok().and_then(|times| times.parse().ok());
    usual.saturating_mul(times.unwrap_or(1))
}

fn image(policy: LinkPolicy) -> MemoryImage {
    let options = Options::new().clock(|| Timestamp::from_millis(TIME));
    MemoryImage::new(options.link_policy(policy))
}

fn run(image: &MemoryImage, calls: &[Call]) -> Model {
    let mut model = Model::default();
    calls.iter().for_each(|call| model.call(image, call));
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(192)))]

    #[test]
    fn forward_equals_backward_transposed_at_every_revision_and_on_every_older_snapshot(
        calls in calls(40),
    ) {
        law::assert_model(&image(LinkPolicy::Open), Model::default(), &calls);
    }

    #[test]
    fn an_image_that_links_only_what_is_registered_does_so_at_every_revision(calls in calls(40)) {
        let policy = LinkPolicy::Closed;
        law::assert_model(&image(policy), Model::with_policy(policy), &calls);
    }

    #[test]
    fn an_image_made_of_its_changes_again_goes_on_as_it_was(
        before in calls(30), after in calls(10),
    ) {
        let image = image(LinkPolicy::Open);
        let mut model = run(&image, &before);
        image.replay().unwrap();
        assert_same(&image.snapshot(), &model);
        after.iter().for_each(|call| model.call(&image, call));
        assert_same(&image.snapshot(), &model);
        image.check().unwrap();
    }

    #[test]
    fn unlink_after_link_restores(before in keys(), calls in calls(10), extra in keys()) {
        let image = image(LinkPolicy::Open);
        run(&image, &calls);
        law::assert_unlink_restores(&image, &before, &extra);
    }

    #[test]
    fn paging_visits_each_link_once(
        numbers in prop::collection::vec(0..200_u16, 0..60),
        limit in 1..12_usize,
        sort in prop::sample::select(vec![LinkSort::Key, LinkSort::LinkTime, LinkSort::LinkedAt]),
        by_cursor: bool,
    ) {
        law::assert_paging(&image(LinkPolicy::Open), &numbers, limit, sort, by_cursor);
    }

    #[test]
    fn views_of_a_resource_page_like_the_whole_list(views in 0..20_u8, limit in 1..7_usize) {
        law::assert_views_page(&image(LinkPolicy::Open), views, limit);
    }
}
