//! The Views REST API over a [`viewlink`] store.
//!
//! An HTTP server for the nine operations of the API, and some more. Each operation calls the crate on the thread pool
//! for blocking work. The JSON of requests and answers is in the crate's module `wire`. `docs/host.md` describes how to
//! run the host.
//!
//! | module | purpose |
//! | --- | --- |
//! | `arguments`, `settings`, `welcome`, `run` | the command line, and the printed text |
//! | `server`, `connection`, `descriptors`, `shutdown` | the network, signals |
//! | `router`, `operation` | the paths of the operations, and the layers that all requests pass |
//! | `views`, `links` | the nine operations |
//! | `projects`, `registry`, `follow`, `comparisons`, `reverts`, `history`, `changes` | further operations, and the feed of changes |
//! | `authorize`, `keys`, `cors`, `api_version`, `method_override`, `encoded_path`, `request_id` | checks before a request is handled |
//! | `path_parts`, `query`, `json_body`, `terms`, `entity_tag`, `at_least`, `unread` | the parts of a request |
//! | `answer`, `failure`, `position_header`, `health`, `metrics`, `member_metrics`, `log`, `rarely`, `outlet` | answers, metrics and the log |
//! | `host`, `call`, `standing` | the store, the calls of it, and the condition of the host |
//! | `log_options`, `secret`, `shared_log`, `opening`, `snapshot_clock` | the log that hosts share, and copies that follow it |
//! | `resources`, `members`, `lines` | the files of resources and of members, which are read at the start |

#![forbid(unsafe_code)]

mod answer;
mod api_version;
mod arguments;
mod at_least;
mod authorize;
mod call;
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
mod log_options;
mod member_metrics;
mod members;
mod method_override;
mod metrics;
mod opening;
mod operation;
mod outlet;
mod path_parts;
mod position_header;
mod projects;
mod query;
mod rarely;
mod registry;
mod request_id;
mod resources;
mod reverts;
mod router;
mod run;
mod secret;
mod server;
mod settings;
mod shared_log;
mod shutdown;
mod snapshot_clock;
mod standing;
mod terms;
mod unread;
mod views;
mod welcome;

pub use arguments::Arguments;
pub use cors::{Origin, OriginError};
pub use host::Host;
pub use keys::{ApiKeys, Caller, KeysError, Role};
pub use log_options::LogOptions;
pub use members::{Members, MembersError};
pub use router::router;
pub use run::run;
pub use secret::{Secret, SecretError};
pub use server::serve;
pub use settings::Settings;
