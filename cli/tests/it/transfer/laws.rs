//! Properties of every store.

use proptest::prelude::*;
use viewlink::{
    Attribute, AttributeValue, Batch, Maintainer, NewResource, NewView, Project, ProjectSettings,
    Timestamp, ViewPatch,
};

use super::stores::{Made, SINCE, lines, links_by_time, names, restore, with_everything};
use crate::support::{Stage, run_plain};

/// The number of test cases: the given one, multiplied by `VIEWLINK_CASES` if that is set.
fn cases(usual: u32) -> u32 {
    let times = std::env::var("VIEWLINK_CASES").ok().and_then(|times| times.parse().ok());
    usual.saturating_mul(times.unwrap_or(1))
}

/// A change of a project, which may fail.
#[derive(Clone, Debug)]
enum Call {
    Create { view: u8, name: String, text: String, tags: Vec<String> },
    Update { view: u8, name: String },
    Delete { view: u8 },
    Link { view: u8, of: u8, keys: Vec<u8> },
    Unlink { view: u8, of: u8, keys: Vec<u8> },
    Say { name: Option<String>, flags: bool },
    Put { of: u8, key: u8, name: Option<String>, tags: Vec<String>, bits: u8 },
}

fn calls() -> impl Strategy<Value = Vec<(u64, u8, Call)>> {
    let view = || 0_u8..3;
    let keys = || prop::collection::vec(0_u8..6, 1..5);
    let text = || "\\PC{0,6}|[\r\n\t\",\\\\\u{0}]{0,4}";
    let tags = || prop::collection::vec(text(), 0..3);
    let call = prop_oneof![
        3 => (view(), text(), text(), tags())
            .prop_map(|(view, name, text, tags)| Call::Create { view, name, text, tags }),
        2 => (view(), text()).prop_map(|(view, name)| Call::Update { view, name }),
        1 => view().prop_map(|view| Call::Delete { view }),
        6 => (view(), 0_u8..4, keys()).prop_map(|(view, of, keys)| Call::Link { view, of, keys }),
        2 => (view(), 0_u8..4, keys()).prop_map(|(view, of, keys)| Call::Unlink { view, of, keys }),
        1 => (prop::option::of(text()), any::<bool>()).prop_map(|(name, flags)| Call::Say { name, flags }),
        2 => (0_u8..4, 0_u8..6, prop::option::of(text()), tags(), any::<u8>())
            .prop_map(|(of, key, name, tags, bits)| Call::Put { of, key, name, tags, bits }),
    ];
    // Several changes at one time are as likely as changes at different times.
    let pause = prop_oneof![Just(0_u64), Just(1), 0..100_000_u64];
    prop::collection::vec((pause, 0_u8..2, call), 0..40)
}

fn batch(of: u8, keys: &[u8]) -> Batch {
    let names = keys.iter().map(|key| format!("k{key}"));
    match of {
        0 => Batch::flags(names),
        1 => Batch::ai_configs(names),
        2 => Batch::metrics(names),
        _ => Batch::segments(keys.iter().map(|key| (format!("e{}", key % 2), format!("k{key}")))),
    }
}

fn resource(of: u8, key: u8, bits: u8) -> NewResource {
    let name = format!("k{key}");
    let resource = match of {
        0 => NewResource::flag(name),
        1 => NewResource::ai_config(name),
        2 => NewResource::metric(name),
        _ if bits & 1 == 0 => NewResource::segment(format!("e{}", key % 2), name),
        _ => {
            NewResource::segment_with_id(format!("e{}", key % 2), name, format!("id{}", bits >> 5))
        }
    };
    let resource = match bits & 6 {
        2 => resource.maintainer(Maintainer::Team("t".into())),
        4 => resource.maintainer(Maintainer::Member("m".into())),
        _ => resource,
    };
    let resource = resource.archived(bits & 8 > 0).temporary(bits & 16 > 0);
    if bits & 32 > 0 {
        resource.created_at(Timestamp::from_millis(SINCE + u64::from(bits)))
    } else {
        resource
    }
}

/// Makes a change. A failed one changes nothing, or is the failure of a key.
fn make(project: &Project, call: &Call) {
    let view = |view: &u8| format!("v{view}");
    match call {
        Call::Create { view: key, name, text, tags } => {
            let view = NewView::new(view(key), name).description(text).tags(tags);
            drop(project.create_view(view));
        }
        Call::Update { view: key, name } => {
            drop(project.update_view(&view(key), ViewPatch::new().name(name)));
        }
        Call::Delete { view: key } => drop(project.delete_view(&view(key))),
        Call::Link { view: key, of, keys } => drop(project.link(&view(key), batch(*of, keys))),
        Call::Unlink { view: key, of, keys } => drop(project.unlink(&view(key), batch(*of, keys))),
        Call::Say { name, flags } => {
            let settings = ProjectSettings::new().require_view_for_new_flags(*flags);
            let settings = match name {
                Some(name) => settings.name(name),
                None => settings,
            };
            drop(project.put(settings));
        }
        Call::Put { of, key, name, tags, bits } => {
            let resource = resource(*of, *key, *bits).tags(tags).unbounded(*bits & 64 > 0);
            let resource = match *bits >> 3 & 3 {
                0 => resource.attribute(Attribute::Status, "on"),
                1 => resource.attribute(Attribute::External, -7),
                2 => resource.attribute(Attribute::FilterEnv, AttributeValue::texts(["b", "a"])),
                _ => resource,
            };
            let resource = match name {
                Some(name) => resource.name(name),
                None => resource,
            };
            drop(project.put_resources([resource]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(24)))]

    #[test]
    fn an_imported_export_exports_the_same_lines_again(start in prop_oneof![Just(0), 0..1_000_u64], calls in calls()) {
        let stage = Stage::empty();
        let made = Made::at(&stage.store());
        let mut now = start;
        for (pause, project, call) in &calls {
            now += pause;
            make(&made.when(now).project(&format!("p{project}")).unwrap(), call);
        }
        made.close();
        let ran = restore(&stage, "restored");
        prop_assert_eq!(ran.code, 0, "{:?}", ran);
        prop_assert_eq!(lines(&stage.path("restored")), lines(&stage.store()));
        prop_assert_eq!(links_by_time(&stage.path("restored"), false), links_by_time(&stage.store(), true));
    }
    #[test]
    fn a_corrupt_export_is_imported_or_refused_without_leaving_anything(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        format in prop::sample::select(vec!["jsonl", "csv"]),
    ) {
        let stage = Stage::empty();
        with_everything(&stage.path("origin"));
        let origin = stage.path("origin");
        let arguments = ["export".as_ref(), origin.as_os_str(), "--format".as_ref(), format.as_ref()];
        let mut bytes = run_plain(arguments).out.into_bytes();
        let is_spoilt = cut.is_some();
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let ran = stage.run_with_input("import", &["-", "--format", format], &bytes);
        prop_assert!(ran.code != 0 || !is_spoilt || format == "csv", "{:?}", ran);
        let expected: &[&str] =
            if ran.code == 2 { &["origin"] } else { &["origin", "views.viewlink"] };
        prop_assert_eq!(names(&stage), expected, "{:?}", ran);
    }
}
