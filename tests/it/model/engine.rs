//! What the model asks of whatever it is held against: a store, or a memory image.

use viewlink::testing::{ImageProject, ImageReader, ImageSnapshot, MemoryImage};
use viewlink::{
    Batch, DeletedProject, DeletedView, EnvironmentId, KeySort, LinkChange, LinkSort,
    LinkedResource, NewResource, NewView, Page, Paging, Project, ProjectInfo, ProjectSnapshot,
    RegisteredResource, Removed, Report, Resource, ResourceFilter, ResourceSort, ResourceType,
    Result, Snapshot, Store, View, ViewKey, ViewPatch, ViewSort,
};

/// What holds projects.
pub(crate) trait Engine {
    type Handle: Handle;
    type Shown: Shown;

    fn project(&self, key: &str) -> Self::Handle;
    fn snapshot(&self) -> Self::Shown;
    /// Does what changes nothing that is to be seen.
    fn checkpoint(&self);
    fn assert_clean(&self);
}

impl Engine for Store {
    type Handle = Project;
    type Shown = Snapshot;

    fn project(&self, key: &str) -> Project {
        Self::project(self, key).unwrap()
    }

    fn snapshot(&self) -> Snapshot {
        Self::snapshot(self).unwrap()
    }

    fn checkpoint(&self) {
        Self::checkpoint(self).unwrap();
    }

    fn assert_clean(&self) {
        let verification = self.verify().unwrap();
        assert!(verification.is_clean(), "{verification}");
    }
}

impl Engine for MemoryImage {
    type Handle = ImageProject;
    type Shown = ImageSnapshot;

    fn project(&self, key: &str) -> ImageProject {
        Self::project(self, key).unwrap()
    }

    fn snapshot(&self) -> ImageSnapshot {
        Self::snapshot(self)
    }

    /// What was made of all changes again takes the place of the state.
    fn checkpoint(&self) {
        let digest = self.digest().unwrap();
        self.replay().unwrap();
        assert_eq!(self.digest().unwrap(), digest);
    }

    fn assert_clean(&self) {
        self.check().unwrap();
    }
}

/// A snapshot, whose readers borrow from it.
pub(crate) trait Shown {
    type Reader<'s>: Reader
    where
        Self: 's;

    fn revision(&self) -> u64;
    fn project(&self, key: &str) -> Self::Reader<'_>;
    fn projects(&self, paging: Paging<KeySort>) -> Result<Page<ProjectInfo>>;
}

/// The same calls of both: a trait of them, and its two implementations.
macro_rules! calls_of {
    (
        $name:ident for $store:ty, $image:ty;
        $(fn $call:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)+
    ) => {
        pub(crate) trait $name: Sized {
            $(fn $call(&self $(, $argument: $kind)*) -> $answer;)+
        }

        impl $name for $store {
            $(fn $call(&self $(, $argument: $kind)*) -> $answer {
                <$store>::$call(self $(, $argument)*)
            })+
        }

        impl $name for $image {
            $(fn $call(&self $(, $argument: $kind)*) -> $answer {
                <$image>::$call(self $(, $argument)*)
            })+
        }
    };
}

macro_rules! shown {
    ($snapshot:ty, $reader:ident) => {
        impl Shown for $snapshot {
            type Reader<'s> = $reader<'s>;

            fn revision(&self) -> u64 {
                <$snapshot>::revision(self)
            }

            fn project(&self, key: &str) -> $reader<'_> {
                <$snapshot>::project(self, key).unwrap()
            }

            fn projects(&self, paging: Paging<KeySort>) -> Result<Page<ProjectInfo>> {
                <$snapshot>::projects(self, paging)
            }
        }
    };
}

shown!(Snapshot, ProjectSnapshot);
shown!(ImageSnapshot, ImageReader);

calls_of! {
    Handle for Project, ImageProject;
    fn dry_run() -> Self;
    fn if_store_at(revision: u64) -> Self;
    fn if_view_at(revision: u64) -> Self;
    fn create_view(view: NewView) -> Result<View>;
    fn ensure_view(view: NewView) -> Result<View>;
    fn update_view(view: &str, patch: ViewPatch) -> Result<View>;
    fn delete_view(view: &str) -> Result<DeletedView>;
    fn link(view: &str, batch: Batch) -> Result<Report>;
    fn unlink(view: &str, batch: Batch) -> Result<Report>;
    fn replace(view: &str, batch: Batch) -> Result<Report>;
    fn change_links(changes: Vec<LinkChange>) -> Result<Vec<Report>>;
    fn put_resources(resources: Vec<NewResource>) -> Result<Report>;
    fn remove_resource(resource: &Resource) -> Result<Removed>;
    fn remove_environment(environment: &EnvironmentId) -> Result<Removed>;
    fn delete() -> Result<DeletedProject>;
}

calls_of! {
    Reader for ProjectSnapshot<'_>, ImageReader<'_>;
    fn info() -> ProjectInfo;
    fn view(key: &str) -> Result<View>;
    fn views(paging: Paging<ViewSort>) -> Result<Page<View>>;
    fn linked_resources_matching(
        view: &str,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<LinkSort>
    ) -> Result<Page<LinkedResource>>;
    fn linked_views(resource: &Resource, paging: Paging<KeySort>) -> Result<Page<View>>;
    fn linked_view_keys(resource: &Resource, paging: Paging<KeySort>) -> Result<Page<ViewKey>>;
    fn resource(resource: &Resource) -> Result<Option<RegisteredResource>>;
    fn segment_by_id(id: &str) -> Result<Option<Resource>>;
    fn resources(
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<ResourceSort>
    ) -> Result<Page<RegisteredResource>>;
}
