//! Runs futures where there is no runtime: what waits leaves a pollable here, and one call of the host waits for all of
//! them together. So requests of one `send-many` are under way side by side in a component without threads.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use wasip2::clocks::monotonic_clock;
use wasip2::io::poll::{self, Pollable};

/// What waits, with whom to wake for it.
type Waiting = Vec<(Arc<Pollable>, Waker)>;

static WAITING: Mutex<Waiting> = Mutex::new(Vec::new());

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// Runs `future` to its end, waiting in the host while nothing can go on.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        while !flag.0.swap(false, Ordering::AcqRel) {
            wait_for_one();
        }
    }
}

/// Ends when the host says that `pollable` is ready.
pub(crate) async fn ready(pollable: Pollable) {
    let awaited = Awaited(Arc::new(pollable));
    std::future::poll_fn(|context| {
        if awaited.0.ready() {
            return Poll::Ready(());
        }
        waiting().push((Arc::clone(&awaited.0), context.waker().clone()));
        Poll::Pending
    })
    .await;
}

/// Takes its pollable out of the list with it: whoever gave up, by a timeout say, drops next what the pollable belongs to,
/// and the host ends an instance that drops a resource before its children.
struct Awaited(Arc<Pollable>);

impl Drop for Awaited {
    fn drop(&mut self) {
        waiting().retain(|(pollable, _)| !Arc::ptr_eq(pollable, &self.0));
    }
}

pub(crate) async fn sleep(time: Duration) {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    ready(monotonic_clock::subscribe_duration(nanoseconds)).await;
}

/// `None` when the time was up first.
pub(crate) async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    let (work, sleep) = (pin!(work), pin!(sleep(time)));
    match futures_util::future::select(work, sleep).await {
        futures_util::future::Either::Left((done, _)) => Some(done),
        futures_util::future::Either::Right(_) => None,
    }
}

/// Wakes all whose pollable is ready, and leaves the others to be asked again: a future that is polled for another's sake
/// leaves its pollable a second time, so all are woken together.
fn wait_for_one() {
    let waiting = std::mem::take(&mut *waiting());
    assert!(
        !waiting.is_empty(),
        "a future waits for something that nothing will wake"
    );
    let pollables: Vec<&Pollable> = waiting.iter().map(|(pollable, _)| &**pollable).collect();
    poll::poll(&pollables);
    for (_, waker) in &waiting {
        waker.wake_by_ref();
    }
}

fn waiting() -> MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
