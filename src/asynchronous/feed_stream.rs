//! The feed of changes as a stream.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;

use super::call::Call;
use crate::engine::Listener;
use crate::feed::Feed;
use crate::model::Change;
use crate::model::error::Result;

/// How many changes are read at once; the bytes of a page are bounded, too.
const PAGE: usize = 1_000;

/// A page of changes, the feed behind it, and the number of the ring before it was read.
type Read = (Vec<Change>, Feed, u64);

/// The changes of a store behind a revision, those that are there and those to come, for async code. With
/// the feature `tokio`.
///
/// Made by [`AsyncStore::feed`](crate::AsyncStore::feed) or [`Feed::into_stream`]. Gives what a [`Feed`]
/// gives: every change once, in the order of revisions, without a gap, and only when nothing can take it
/// back. It reads in pages (at most 1,000 changes, and [`Feed::page_bytes`]) on the pool for blocking work.
/// While there is nothing new it holds no thread, and nobody looks until a change wakes it.
///
/// Dropping a future that waits for the next change loses none: what was read stays in the stream.
/// To go on after a restart keep the [position](Change::position) of the last change.
///
/// **An error is the last item**; the stream ends after it. A store that was closed is
/// [`Error::Closed`](crate::Error::Closed), a recovery that failed is
/// [`Error::WritesStopped`](crate::Error::WritesStopped); see [`Feed::next_page`] for the others. What was
/// read before is given first. A stream after the last change goes on where this one
/// ended, if the reason is gone. A store that only stopped to take changes is waited for.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> viewlink::Result<()> {
/// # use viewlink::{Batch, NewView, Options};
/// # let store = Options::new().open_in_memory()?.into_async();
/// # let project = store.project("default")?;
/// let mut feed = store.feed(0).await?;
/// project.create_view(NewView::new("v", "V")).await?;
/// project.link("v", Batch::flags(["f"])).await?.all_ok()?;
///
/// while let Some(change) = feed.next().await {
///     println!("{:?}", change?.kind);
/// #   let last = feed.revision() == 2;
/// #   if last { break }
/// }
/// assert_eq!(feed.revision(), 2);
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream gives nothing unless it is polled"]
pub struct FeedStream {
    /// After the page.
    feed: Feed,
    /// What was read and not given yet.
    page: vec::IntoIter<Change>,
    /// The revision of the last change that was given.
    given: u64,
    step: Step,
    listener: Listener,
}

/// What comes when the page is empty.
enum Step {
    Read,
    Reading(Call<Read>),
    /// There was nothing new; to wait for another notification than the one with this number.
    Wait(u64),
    End,
}

impl Feed {
    /// The same changes as a stream. With the feature `tokio`; example: at [`FeedStream`].
    ///
    /// Cost: O(1).
    pub fn into_stream(self) -> FeedStream {
        FeedStream::new(self)
    }
}

impl FeedStream {
    pub(super) fn new(feed: Feed) -> Self {
        let (given, listener) = (feed.revision(), feed.listener());
        Self { feed, page: Vec::new().into_iter(), given, step: Step::Read, listener }
    }

    /// The revision of the last change that was given, or the one the stream was made with.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.given
    }

    /// The next change, as soon as there is one; `None` after an error.
    ///
    /// The future can be dropped at any moment, as `select!` and timeouts do: no change is lost. Example:
    /// at [`FeedStream`].
    ///
    /// Cost: for a page of changes that of [`Feed::next_page`], on the pool; O(1) for each in it.
    ///
    /// # Errors
    ///
    /// Those of [`Feed::next_page`] and [`Error::NoRuntime`](crate::Error::NoRuntime); then `None`.
    pub async fn next(&mut self) -> Option<Result<Change>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Reads the next page; empty where there is nothing new.
    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match &mut self.step {
                Step::Read => self.step = Step::Reading(read(self.feed.clone())?),
                Step::Reading(call) => {
                    let (page, feed, seen) = ready!(Pin::new(call).poll(context))?;
                    self.step = if page.is_empty() { Step::Wait(seen) } else { Step::Read };
                    (self.page, self.feed) = (page.into_iter(), feed);
                    return Poll::Ready(Ok(()));
                }
                Step::Wait(seen) => {
                    ready!(self.listener.poll_notified(*seen, context.waker()));
                    self.step = Step::Read;
                }
                // After an error nothing is asked for.
                Step::End => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// Reads a page on the pool.
fn read(mut feed: Feed) -> Result<Call<Read>> {
    Call::new(move || {
        // Before the look, which may miss what a later notification tells.
        let seen = feed.notifications();
        let page = feed.next_page(PAGE)?;
        Ok((page, feed, seen))
    })
}

impl Stream for FeedStream {
    type Item = Result<Change>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(change) = this.page.next() {
                this.given = change.revision;
                return Poll::Ready(Some(Ok(change)));
            }
            if matches!(this.step, Step::End) {
                return Poll::Ready(None);
            }
            if let Err(error) = ready!(this.poll_page(context)) {
                this.step = Step::End;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

impl fmt::Debug for FeedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedStream").field("revision", &self.given).finish_non_exhaustive()
    }
}
