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

/// How many changes are read at once; the number of bytes of a page is limited, too.
const PAGE: usize = 1_000;

/// A page of changes, the feed after it, and the number of notifications before it was read.
type Read = (Vec<Change>, Feed, u64);

/// The changes of a store after a revision, existing and future ones, for async code. With the feature `tokio`.
///
/// It is made by [`AsyncStore::feed`](crate::AsyncStore::feed) or [`Feed::into_stream`]. It returns the same changes
/// as a [`Feed`]: every change once, in the order of revisions, without a gap, and only when it is durable. It reads
/// pages (at most 1,000 changes, and [`Feed::page_bytes`]) on the pool for blocking work. While there are no new
/// changes it uses no thread and does not poll; the next change wakes it.
///
/// Dropping a future that waits for the next change loses no change: changes that were read stay in the stream. To
/// continue after a restart, store the [position](Change::position) of the last change.
///
/// **An error is the last item**; the stream ends after it. If the store is closed, it is
/// [`Error::Closed`](crate::Error::Closed); after a failed recovery it is
/// [`Error::WritesStopped`](crate::Error::WritesStopped); see [`Feed::next_page`] for the others. Changes that were
/// read before are returned first. When the cause is removed, a new stream after the last change continues there. If
/// only writes have stopped, the stream waits.
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
#[must_use = "a stream does nothing unless it is polled"]
pub struct FeedStream {
    /// Continues after the page.
    feed: Feed,
    /// Changes that were read and not returned yet.
    page: vec::IntoIter<Change>,
    /// The revision of the last change that was returned.
    given: u64,
    step: Step,
    listener: Listener,
}

/// The next step when the page is empty.
enum Step {
    Read,
    Reading(Call<Read>),
    /// There were no new changes; wait until the number of notifications differs from this one.
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

    /// The revision of the last change that was returned, or the one that the stream was made with.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.given
    }

    /// The next change, as soon as it exists; `None` after an error.
    ///
    /// The future can be dropped at any moment, as `select!` and timeouts do: no change is lost. Example: at
    /// [`FeedStream`].
    ///
    /// Cost: for a page of changes that of [`Feed::next_page`], on the pool; O(1) for each change in it.
    ///
    /// # Errors
    ///
    /// Those of [`Feed::next_page`] and [`Error::NoRuntime`](crate::Error::NoRuntime); then `None`.
    pub async fn next(&mut self) -> Option<Result<Change>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Reads the next page; it is empty if there are no new changes.
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
                // After an error the stream reads no more.
                Step::End => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// Reads a page on the pool.
fn read(mut feed: Feed) -> Result<Call<Read>> {
    Call::new(move || {
        // This must be read before the page: the page may miss a change that is notified later.
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
