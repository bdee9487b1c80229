//! The Views REST API over a [`viewlink`] store.
//!
//! The nine operations of the API on an HTTP server, each a call of the crate on the pool for
//! blocking work; the JSON of requests and answers is the crate's module `wire`. How to run it
//! stands in `docs/host.md`.
//!
//! | module | knows |
//! | --- | --- |
//! | `arguments`, `settings`, `welcome`, `run` | the command line, and what is printed |
//! | `server`, `connection`, `descriptors`, `shutdown` | the network, signals |
//! | `router`, `operation` | which path is which operation, and what all answers share |
//! | `views`, `links`, `changes` | the nine operations, and the feed |
//! | `authorize`, `keys`, `cors`, `api_version`, `method_override`, `encoded_path`, `request_id` | what a request must be before it is one |
//! | `path_parts`, `query`, `json_body`, `terms`, `entity_tag`, `unread` | the parts of a request |
//! | `answer`, `failure`, `health`, `metrics`, `log`, `rarely`, `outlet` | what goes out |
//! | `host` | the store, and how it is called |
//! | `resources`, `members`, `lines` | the files of resources that are registered at the start, and of members |

#![forbid(unsafe_code)]

mod answer;
mod api_version;
mod arguments;
mod authorize;
mod changes;
mod comparisons;
mod connection;
mod cors;
mod descriptors;
mod encoded_path;
mod entity_tag;
mod failure;
mod follow;
mod health;
mod history;
mod host;
mod json_body;
mod keys;
mod lines;
mod links;
mod log;
mod members;
mod method_override;
mod metrics;
mod operation;
mod outlet;
mod path_parts;
mod projects;
mod query;
mod rarely;
mod registry;
mod request_id;
mod resources;
mod reverts;
mod router;
mod run;
mod server;
mod settings;
mod shutdown;
mod terms;
mod unread;
mod views;
mod welcome;

pub use arguments::Arguments;
pub use cors::{Origin, OriginError};
pub use host::Host;
pub use keys::{ApiKeys, Caller, KeysError, Role};
pub use members::{Members, MembersError};
pub use router::router;
pub use run::run;
pub use server::serve;
pub use settings::Settings;
