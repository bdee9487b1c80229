//! The store from async code: the same calls on tokio's pool of blocking threads, and the feed as a
//! stream.
//!
//! A call that is made is on a thread of the pool, or waits for one. Dropping its future takes it back
//! while it waits; one that has begun runs to its end and nobody hears of it. So a change is whole or
//! absent here for the same reason as everywhere: nothing ever stops in the middle of it.

mod call;
mod feed_stream;
mod follow;
mod project;
mod store;

pub use feed_stream::FeedStream;
pub use project::AsyncProject;
pub use store::AsyncStore;
