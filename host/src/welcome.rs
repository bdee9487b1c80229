//! The text that the host prints when it is ready.

use std::net::SocketAddr;
use std::path::Path;

use viewlink::{Batch, KeySort, NewResource, NewView, Paging, Store};

use crate::keys::{ApiKeys, Role};

const PROJECT: &str = "default";
const VIEW: &str = "my-view";
const FLAG: &str = "checkout-v2";

/// Creates a project, a view and a flag in a store without any project, so that there is something to try.
///
/// Returns whether it did.
pub(crate) fn furnish(store: &Store) -> viewlink::Result<bool> {
    if store.snapshot()?.projects(Paging::<KeySort>::first(0))?.total > 0 {
        return Ok(false);
    }
    let project = store.project(PROJECT)?.comment("something to try");
    project.create_view(NewView::new(VIEW, "My view"))?;
    // The flag is registered, so that it may be linked whatever the policy is.
    project.put_resources([NewResource::flag(FLAG)])?.all_ok()?;
    project.link(VIEW, Batch::flags([FLAG]))?.all_ok()?;
    Ok(true)
}

/// The address, and the file of the keys.
pub(crate) fn of_keys(address: SocketAddr, keys: &ApiKeys, file: &Path) -> String {
    let (readers, writers) = (keys.count(Role::Reader), keys.count(Role::Writer));
    format!(
        "listening on http://{address}\n\
         API keys of {}: {readers} to read, {writers} to write\n",
        file.display()
    )
}

/// The address, and a request to paste with a generated key.
pub(crate) fn of_request(address: SocketAddr, key: &str, furnished: bool) -> String {
    let made = if furnished {
        format!("created project {PROJECT} with view {VIEW}, and linked flag {FLAG} to it\n")
    } else {
        String::new()
    };
    format!(
        "listening on http://{address}\n\
         {made}\
         this writer key was generated and is valid until the host stops; try:\n\
         curl -X DELETE http://{address}/api/v2/projects/{PROJECT}/views/{VIEW}/link/flags \\\n  \
         -H \"LD-API-Version: beta\" -H \"Authorization: {key}\" \
         -H \"Content-Type: application/json\" \\\n  \
         -d '{{\"keys\": [\"{FLAG}\", \"no-such-flag\"], \"comment\": \"\"}}'\n"
    )
}
