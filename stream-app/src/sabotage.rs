//! Faults on purpose, so that the test of the loop under fire can be tested: with one of them it has to see something
//! wrong. They are there only in a program that was built with the feature `sabotage` and has called [`arm`], which
//! `stream-app` itself never does.

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// Names faults, separated by commas: `no-abort`, `no-rewind`, `no-fencing`, and two that are none but make others show:
/// `give-up-every=N`, every Nth transaction is given up, and `slow-offsets=MILLISECONDS`, the first commit waits so long before
/// it sends its offsets, and says on stderr when it begins to and when it ends.
const VARIABLE: &str = "ACCEPTANCE_SABOTAGE";

/// Of a transaction that is to outlive the session of its process.
const UNFENCED_TIMEOUT: Duration = Duration::from_mins(5);

/// What the loop can go without, and goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Work that is given up is committed, without its offsets.
    Abort,
    /// The records of work that is given up are not read again.
    Rewind,
    /// A transaction outlives the session of its process, and its offsets are committed whoever owns the partitions.
    Fencing,
}

#[derive(Debug)]
struct Armed {
    lacking: Vec<Part>,
    give_up_every: Option<usize>,
    commits: AtomicUsize,
    /// How many milliseconds the next commit's wait, if they do.
    slow_offsets: AtomicUsize,
}

static ARMED: OnceLock<Armed> = OnceLock::new();

thread_local! {
    /// Of this thread's consumer, before it was a member of its group. A broker does not check a commit by it.
    static NO_MEMBER: RefCell<Option<Arc<ConsumerGroupMetadata>>> = const { RefCell::new(None) };
}

/// Takes the faults from the environment.
///
/// # Panics
///
/// If the variable names something else.
#[cfg(feature = "sabotage")]
pub fn arm() {
    let text = std::env::var(VARIABLE).unwrap_or_default();
    let mut armed = Armed {
        lacking: Vec::new(),
        give_up_every: None,
        commits: AtomicUsize::new(0),
        slow_offsets: AtomicUsize::new(0),
    };
    for word in text.split(',').filter(|word| !word.is_empty()) {
        let (name, number) =
            word.split_once('=').map_or((word, None), |(name, number)| (name, number.parse().ok()));
        match (name, number) {
            ("no-abort", None) => armed.lacking.push(Part::Abort),
            ("no-rewind", None) => armed.lacking.push(Part::Rewind),
            ("no-fencing", None) => armed.lacking.push(Part::Fencing),
            ("give-up-every", Some(every @ 1..)) => armed.give_up_every = Some(every),
            ("slow-offsets", Some(time)) => armed.slow_offsets = AtomicUsize::new(time),
            _ => panic!("{VARIABLE} names `{word}`"),
        }
    }
    // A second call changes nothing.
    let _ = ARMED.set(armed);
}

/// Whether this is to be left out.
pub(crate) fn lacks(part: Part) -> bool {
    cfg!(feature = "sabotage") && ARMED.get().is_some_and(|armed| armed.lacking.contains(&part))
}

/// Whether the transaction that is about to be committed is to be given up instead.
pub(crate) fn gives_up() -> bool {
    cfg!(feature = "sabotage")
        && ARMED.get().is_some_and(|armed| {
            let every = armed.give_up_every;
            every.is_some_and(|every| armed.commits.fetch_add(1, Ordering::Relaxed) % every == every - 1)
        })
}

/// How long brokers wait for a transaction's end, where they are to wait so long.
pub(crate) fn transaction_timeout(timeout: Duration) -> Duration {
    if lacks(Part::Fencing) { UNFENCED_TIMEOUT } else { timeout }
}

/// Sends a transaction's offsets, late if they are to be late.
pub(crate) fn send_offsets<T>(send: impl FnOnce() -> T) -> T {
    let late = ARMED.get().map_or(0, |armed| armed.slow_offsets.swap(0, Ordering::Relaxed));
    if !cfg!(feature = "sabotage") || late == 0 {
        return send();
    }
    // Nobody may be reading.
    let _ = writeln!(io::stderr(), "sabotage: the offsets wait");
    thread::sleep(Duration::from_millis(late as u64));
    let answer = send();
    let _ = writeln!(io::stderr(), "sabotage: the offsets have waited");
    answer
}

/// Must come before a consumer joins its group.
pub(crate) fn before_joining<C: ConsumerContext>(consumer: &BaseConsumer<C>) {
    if lacks(Part::Fencing) {
        NO_MEMBER.set(consumer.group_metadata().map(Arc::new));
    }
}

/// What to commit by in place of the membership that the group knows.
pub(crate) fn no_member() -> Option<Arc<ConsumerGroupMetadata>> {
    if lacks(Part::Fencing) { NO_MEMBER.with_borrow(Clone::clone) } else { None }
}
