//! The bytes of changes and commands, pinned: changes are stored in files, and commands are sent between copies of a
//! store.

use super::commands::{batch, links, project_key, view_key};
use crate::codec;
use crate::filter::{ResourceCondition, ResourceFilter, SetPredicate};
use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::change_record::{
    FilterChange, Holds, LinksChange, ProjectDetail, PutResource, Registration, RemovalDetail,
    RemovedCounts, RemovedLinks, RestoredView, UnlinkedFrom, Unregistered, ViewBefore, ViewDetail,
};
use crate::model::key::EnvironmentId;
use crate::model::limit::Limits;
use crate::model::project_settings::{ProjectPatch, ProjectSettings};
use crate::model::resource::{Resource, ResourceType};
use crate::model::time::Timestamp;
use crate::model::type_counts::TypeCounts;
use crate::model::view::{Maintainer, NewView, ViewFields, ViewPatch};
use crate::model::{
    Attribute, AttributeValue, Batch, ChangeMeta, ChangeRecord, Command, Effect, LinkOp,
    LinkPolicy, LinkRecord, NewResource, Operation, Precondition, ResourceFields, Stamp,
    StandingFilter, Unfollow, ValidatedPut, ViewRecord,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn meta() -> ChangeMeta {
    ChangeMeta { actor: Some("ann".into()), comment: Some("why".into()), reverts: Some(7) }
}

fn view_fields() -> ViewFields {
    NewView::new("", "n")
        .description("d")
        .tags(["t"])
        .maintainer(Maintainer::Team("m".into()))
        .fields
}

fn registration() -> Registration {
    let fields = ResourceFields {
        id: Some("5f".parse().unwrap()),
        name: "n".into(),
        tags: vec!["t".into()],
        maintainer: Some(Maintainer::Member("m".into())),
        archived: true,
        temporary: false,
        unbounded: true,
        created_at: Timestamp::from_millis(7),
        attributes: [
            (Attribute::Status, "on".into()),
            (Attribute::FollowerId, AttributeValue::texts(["a"])),
            (Attribute::External, (-2).into()),
        ]
        .into(),
    };
    Registration { fields, revision: 300 }
}

fn removed_links() -> RemovedLinks {
    let record = |revision, request_index| LinkRecord {
        linked_at: Timestamp::from_millis(6),
        revision,
        request_index,
    };
    RemovedLinks {
        names: ["e\0a", "e\0ab", "e\0b"].into_iter().collect(),
        times: [record(4, 1), record(5, 0), record(4, 0)].into_iter().collect(),
        by_filter: ["e\0ab"].into_iter().collect(),
    }
}

fn last_change() -> ChangeId {
    ChangeId::new(5, ChainHash([0xab; 16]))
}

fn filter() -> ResourceFilter {
    ResourceFilter::all().and(ResourceCondition::Tags(SetPredicate::AllOf(vec!["t".into()])))
}

fn view_detail() -> ViewDetail {
    let view = ViewRecord {
        key: view_key(1),
        id: 300,
        fields: view_fields(),
        version: 2,
        change: last_change(),
        created_at: Timestamp::from_millis(3),
        updated_at: Timestamp::from_millis(4),
        filters: vec![StandingFilter { resource_type: ResourceType::Segment, filter: filter() }],
    };
    ViewDetail { view, links: vec![(ResourceType::Segment, removed_links())] }
}

fn unlinked() -> TypeCounts {
    let mut unlinked = TypeCounts::default();
    *unlinked.get_mut(ResourceType::Metric) = 251;
    unlinked
}

pub(super) fn effects() -> Vec<Effect> {
    let (view, fields, removed) =
        (view_key(1), view_fields(), RemovedCounts { registered: 1, linked: 2, links: 3 });
    let environment = EnvironmentId::parse("e").unwrap();
    let detail = RemovalDetail {
        registered: vec![("e\0a".into(), registration())],
        links: vec![UnlinkedFrom {
            view: view.clone(),
            last_change: Some(last_change()),
            links: removed_links(),
        }],
    };
    let linked = ["e\0c", "e\0d"].into_iter().collect();
    let links = LinksChange {
        view: view.clone(),
        last_change: Some(last_change()),
        resource_type: ResourceType::Segment,
        linked,
        order: vec![1, 0],
        restored: None,
        unlinked: removed_links(),
        holds: Holds {
            by_filter: true,
            held: ["e\0e"].into_iter().collect(),
            released: ["e\0f"].into_iter().collect(),
        },
    };
    let put = PutResource {
        resource_type: ResourceType::Segment,
        name: "e\0a".into(),
        before: Some(registration()),
        fields: registration().fields,
    };
    let settings = ProjectSettings::new().name("n").require_view_for_new_segments(true);
    let unregistered = Unregistered {
        resource_type: ResourceType::Segment,
        name: "e\0a".into(),
        before: registration(),
    };
    let restored = RestoredView {
        version: 2,
        created_at: Timestamp::from_millis(3),
        updated_at: Timestamp::from_millis(4),
    };
    let coming_back = LinksChange {
        view: view.clone(),
        last_change: None,
        resource_type: ResourceType::Segment,
        linked: removed_links().names,
        order: Vec::new(),
        restored: Some(removed_links().times),
        unlinked: RemovedLinks::default(),
        holds: Holds::default(),
    };
    let before = ViewBefore {
        fields: ViewFields::default(),
        last_change: None,
        updated_at: Timestamp::from_millis(4),
    };
    let project = ProjectDetail {
        id: 1,
        settings: settings.clone(),
        views: vec![view_detail()],
        registered: vec![(ResourceType::Segment, "e\0a".into(), registration())],
    };
    vec![
        Effect::CreateView { view: view.clone(), fields: fields.clone(), restored: None },
        Effect::UpdateView { view: view.clone(), before, fields },
        Effect::DeleteView {
            view: view.clone(),
            unlinked: unlinked(),
            detail: Some(view_detail()),
        },
        Effect::DeleteView { view, unlinked: unlinked(), detail: None },
        Effect::ChangeLinks(vec![links]),
        Effect::PutResources(vec![put]),
        Effect::RemoveResource {
            resource_type: ResourceType::Segment,
            name: "e\0a".into(),
            removed,
            detail: Some(detail.clone()),
        },
        Effect::RemoveEnvironment { environment, removed, detail: Some(detail) },
        Effect::DeleteProject { views: 1, unlinked: unlinked(), detail: Some(project) },
        Effect::PutProject { before: Some(ProjectSettings::new()), settings },
        Effect::Unregister(vec![unregistered]),
        Effect::CreateView { view: view_key(1), fields: view_fields(), restored: Some(restored) },
        Effect::ChangeLinks(vec![coming_back]),
        Effect::RenameView {
            view: view_key(1),
            to: view_key(2),
            last_change: None,
            updated_at: Timestamp::from_millis(4),
        },
        Effect::ChangeFilter(FilterChange {
            view: view_key(1),
            last_change: None,
            resource_type: ResourceType::Segment,
            before: None,
            filter: Some(filter()),
            links: 2,
            by_filter: Some(["e\0c"].into_iter().collect()),
        }),
    ]
}

fn operations() -> Vec<Operation> {
    let (view, fields) = (view_key(1), view_fields());
    let batch = batch(ResourceType::Flag, &[2, 0]).and_matching(filter()).keep_last_view();
    let segment = NewResource::segment_with_id("e", "a", "5f")
        .tags(["t"])
        .archived(true)
        .attribute(Attribute::Type, "rule");
    let limit = 9;
    let change = ChangeRecord {
        stamp: Stamp { revision: 9, time: Timestamp::from_millis(6) },
        meta: ChangeMeta::default(),
        project: project_key(1),
        begins_project: true,
        effects: vec![Effect::CreateView {
            view: view_key(1),
            fields: view_fields(),
            restored: None,
        }],
    };
    vec![
        Operation::CreateView { view: view.clone(), fields, ensure: true },
        Operation::UpdateView {
            view: view.clone(),
            patch: ViewPatch::new().name("n").no_maintainer(),
            limits: Limits::default(),
        },
        Operation::DeleteView { view },
        Operation::ChangeLinks { commands: vec![links(1, LinkOp::Unlink, batch)], limit },
        Operation::ChangeLinks {
            commands: vec![links(1, LinkOp::Replace, Batch::segment_ids(["5f"]))],
            limit,
        },
        Operation::PutResources(ValidatedPut::new(vec![segment], Limits::default())),
        Operation::RemoveResource(Resource::segment("e", "a").unwrap()),
        Operation::RemoveEnvironment(EnvironmentId::parse("e").unwrap()),
        Operation::DeleteProject,
        Operation::Register {
            put: ValidatedPut::new(Vec::new(), Limits::default()),
            views: vec![view_key(1)],
            limit,
        },
        Operation::PutProject {
            patch: ProjectPatch::new().name("n").require_view_for_new_flags(true),
            begins: true,
            limits: Limits::default(),
        },
        Operation::Revert {
            change: Box::new(change),
            same_views: [(view_key(1), 300)].into(),
            policy: LinkPolicy::Closed,
        },
        Operation::RevertView { view: Box::new(view_detail()), policy: LinkPolicy::Open },
        Operation::RenameView { view: view_key(1), to: view_key(2) },
        Operation::CopyView {
            view: view_key(1),
            to: view_key(2),
            patch: ViewPatch::new().name("n"),
            limits: Limits::default(),
            limit,
        },
        Operation::MoveLinks {
            commands: vec![links(1, LinkOp::Move, Batch::segment_ids(["5f"]))],
            to: view_key(2),
            limit,
        },
        Operation::Follow {
            view: view_key(1),
            resource_type: ResourceType::Flag,
            filter: filter(),
        },
        Operation::Unfollow {
            view: view_key(1),
            resource_type: ResourceType::Flag,
            unfollow: Unfollow::RemoveLinks,
        },
    ]
}

/// Format, stamp, meta, project: the same at the beginning of every effect.
const CHANGE_HEAD: &str = "0009fd0068e5cf8b0100000103616e6e010377687901070970726f6a6563742d310001";

const EFFECTS: [&str; 15] = [
    "0006766965772d31016e01640101740101016d00",
    "0106766965772d31000000000004016e01640101740101016d",
    "0206766965772d31000000fbfb0001fb2c0106766965772d31016e01640101740101016d0205abababab\
     abababab0304010101030101017401010c03000365006103016202016202040605060300010100000007\
     01000465006162",
    "0206766965772d31000000fbfb0000",
    "030106766965772d310105abababababababab0109020003650063020164020100000c03000365006103\
     01620201620204060506030001010000000701000465006162010601000365006506010003650066",
    "040101036500610101023566016e0101740100016d01000107030000026f6e0402010161060103fb2c01\
     01023566016e0101740100016d01000107030000026f6e0402010161060103",
    "05010365006101020301010365006101023566016e0101740100016d01000107030000026f6e04020101\
     61060103fb2c010106766965772d310105abababababababab0c03000365006103016202016202040605\
     06030001010000000701000465006162",
    "06016501020301010365006101023566016e0101740100016d01000107030000026f6e04020101610601\
     03fb2c010106766965772d310105abababababababab0c03000365006103016202016202040605060300\
     01010000000701000465006162",
    "0701000000fbfb000101016e000101fb2c0106766965772d31016e01640101740101016d0205abababab\
     abababab0304010101030101017401010c03000365006103016202016202040605060300010100000007\
     0100046500616201010365006101023566016e0101740100016d01000107030000026f6e040201016106\
     0103fb2c01",
    "0801000000016e0001",
    "0901010365006101023566016e0101740100016d01000107030000026f6e0402010161060103fb2c01",
    "0006766965772d31016e01640101740101016d01020304",
    "030106766965772d3100010c030003650061030162020162000102040605060300010100000001000000\
     01000001000100",
    "0a06766965772d3106766965772d320004",
    "0b06766965772d3100010001010301010174020106010003650063",
];

/// Project, preconditions, meta, limits of details and of links: the same at the beginning of every operation.
const COMMAND_HEAD: &str =
    "0970726f6a6563742d31010800000103616e6e01037768790107fca0860100fca0860100";

const OPERATIONS: [&str; 18] = [
    "0006766965772d31016e01640101740101016d01",
    "0106766965772d3101016e00000100fb0001fb001040fb0001fb0001fb0040fb0001fb0001",
    "0206766965772d31",
    "030106766965772d31010000021b666c61672d303030322d776974682d612d6c6f6e6765722d656e6409\
     6e6f742061206b6579fb0001010103010101740000000100fca086010009",
    "030106766965772d3102010100023566fb0001000000000000fca086010009",
    "04010101650161010235660001017400010000000105000472756c65fb0001fb001040fb0001fb0001fb\
     0040fb0001fb0001",
    "060101650161",
    "070165",
    "08",
    "0500fb0001fb001040fb0001fb0001fb0040fb0001fb00010106766965772d3109",
    "0901016e01010001fb0001fb001040fb0001fb0001fb0040fb0001fb0001",
    "0a09060000000970726f6a6563742d3101010006766965772d31016e01640101740101016d000106766965772d31fb2c0101",
    "0bfb2c0106766965772d31016e01640101740101016d0205abababababababab03040101010301010174\
     01010c030003650061030162020162020406050603000101000000070100046500616200",
    "0c06766965772d3106766965772d32",
    "0d06766965772d3106766965772d3201016e000000fb0001fb001040fb0001fb0001fb0040fb0001fb00\
     0109",
    "0e0106766965772d3103010100023566fb0001000000000000fca086010006766965772d3209",
    "0f06766965772d3100010301010174",
    "1006766965772d310001",
];

#[test]
fn the_bytes_of_every_effect_are_pinned() {
    for (effect, expected) in effects().into_iter().zip(EFFECTS) {
        let stamp = Stamp { revision: 9, time: Timestamp::from_millis(1_700_000_000_000) };
        let record = ChangeRecord {
            stamp,
            meta: meta(),
            project: project_key(1),
            begins_project: false,
            effects: vec![effect],
        };
        let bytes = record.encode().unwrap();
        assert_eq!(hex(&bytes), format!("{CHANGE_HEAD}{expected}"), "{:?}", record.effects);
        assert_eq!(ChangeRecord::decode(&bytes).unwrap(), record);
    }
}

#[test]
fn the_bytes_of_every_operation_are_pinned() {
    for (operation, expected) in operations().into_iter().zip(OPERATIONS) {
        let precondition = Precondition { store_at: Some(8), ..Precondition::default() };
        let command = Command {
            project: project_key(1),
            precondition,
            meta: meta(),
            removal_detail: 100_000,
            link_limit: 100_000,
            operation,
        };
        let bytes = codec::encode(&command).unwrap();
        assert_eq!(hex(&bytes), format!("{COMMAND_HEAD}{expected}"), "{:?}", command.operation);
        assert_eq!(codec::decode::<Command>(&bytes).unwrap(), command);
    }
}
