//! The store from async code: the same calls on tokio's pool of blocking threads, and the feed as a stream.
//!
//! A call runs on a thread of the pool, or waits for one. If its future is dropped while it waits, the call is
//! cancelled. If it has begun, it runs to its end and its result is discarded. So a change is whole or absent here for
//! the same reason as in the blocking calls: no call is ever stopped in the middle.

mod call;
mod feed_stream;
mod follow;
mod project;
mod store;

pub use feed_stream::FeedStream;
pub use project::AsyncProject;
pub use store::AsyncStore;
