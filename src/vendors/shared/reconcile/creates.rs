//! The creates of one list: which are under way, what they received, and what became of one whose response was lost.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, OwnedMutexGuard};
use tokio::time::{Instant, timeout};

use crate::framework::{Diagnostic, Diagnostics};
use crate::http::Error;

use super::shared_read::{SharedRead, Snapshot};
use super::{CreateFailure, Created, IfPresent, Lookup, messages};

/// How old a read may be that a create without an id compares with. An older one misses what others created since.
const MAX_AGE: Duration = Duration::from_secs(2);

/// How long a read after a create waits for the other creates, so that it serves them too.
const GATHER: Duration = Duration::from_millis(250);

/// How long the outcome of a lost response is awaited from the other creates that may have received the row.
const OTHERS: Duration = Duration::from_secs(60);

/// By how much a creation time may be earlier than the request: `Date` headers and creation times have whole seconds.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

/// How old an object may be that an apply that was killed may have left, and that the next one would create again.
const RECENT: SignedDuration = SignedDuration::from_mins(15);

/// The waits before the reads after a lost response.
const WAITS_AFTER_ERROR: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_millis(1500)];

/// The creates of lists that have the same rows, such as the entries of each list of a vendor.
pub(in crate::vendors) struct CreatesByList<R>(Mutex<HashMap<String, Arc<Creates<R>>>>);

impl<R> Default for CreatesByList<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<R> CreatesByList<R> {
    /// The creates of the list with this id.
    pub(in crate::vendors) fn of(&self, list: &str) -> Arc<Creates<R>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(list.to_owned()).or_default())
    }
}

/// The creates of one list of a vendor.
pub(in crate::vendors) struct Creates<R> {
    /// Before the first create of this process.
    began: Instant,
    read: SharedRead<R>,
    state: Mutex<State>,
    ended: Notify,
    keys: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Default)]
struct State {
    /// The ids that creates of this process received, from a response or by a read.
    received: HashSet<String>,
    /// The creates whose response has not come yet.
    under_way: BTreeSet<u64>,
    next: u64,
    gathering: Gathering,
}

/// The creates that wait for one read, which shows all of them. Terraform runs several at a time and starts as many when these
/// have ended, so a read that waits for the last of them serves each; otherwise two halves would read in turn.
#[derive(Clone, Copy, Default)]
struct Gathering {
    /// How many creates wait.
    waiting: usize,
    /// How many creates without an id were in progress at once.
    expected: usize,
    /// How many times those who waited were let go.
    round: u64,
}

impl Gathering {
    /// Lets those who wait begin their read.
    fn let_go(&mut self) {
        self.waiting = 0;
        self.round += 1;
    }
}

impl<R> Default for Creates<R> {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            read: SharedRead::default(),
            state: Mutex::default(),
            ended: Notify::new(),
            keys: Mutex::default(),
        }
    }
}

impl<R> Creates<R> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A create whose request is under way, until it is dropped.
struct Ticket<'c, R> {
    creates: &'c Creates<R>,
    number: u64,
}

impl<R> Drop for Ticket<'_, R> {
    fn drop(&mut self) {
        self.creates.state().under_way.remove(&self.number);
        self.creates.ended.notify_waiters();
    }
}

/// When a request was sent and ended, and what was known before.
struct Sent<R> {
    at: Instant,
    /// The response came, or was lost. A read that began later shows the object.
    ended: Instant,
    before: Option<Snapshot<R>>,
    /// Whether `before` was read right before the request, so that nobody else created anything in between.
    is_fresh: bool,
    /// The warning about objects that were there before the request.
    present: Option<Diagnostic>,
}

impl<R: Clone + Send + Sync> Creates<R> {
    /// Sends a create whose response carries the id. The list is read once for all creates of the process if `if_present`
    /// needs it, and again if the response is lost.
    pub(in crate::vendors) async fn create<L: Lookup<Row = R>>(
        &self,
        lookup: &L,
        if_present: IfPresent,
        request: impl Future<Output = Result<R, Error>>,
    ) -> Result<Created<R>, CreateFailure> {
        let entered = Instant::now();
        let present = self.look(lookup, if_present).await?;
        let (at, before) = (Instant::now(), self.read.last());
        let is_fresh = before.as_ref().is_some_and(|before| before.began + MAX_AGE >= entered);
        let (result, ended) = self.send(pin!(request), |row| Some(lookup.id(row))).await;
        let sent = Sent { at, ended, before, is_fresh, present };
        match result {
            Ok(row) => Ok(Created { row, warning: None, present: sent.present }),
            Err(error) if !error.may_have_applied() => Err(CreateFailure::Rejected(error)),
            Err(error) => self.after_error(lookup, sent, error, &WAITS_AFTER_ERROR).await,
        }
    }

    /// Sends a create whose response has no id: compares a list before with a list after, which creates under way share.
    ///
    /// Creates with the same `key` run one after the other, because their objects cannot be told apart.
    pub(in crate::vendors) async fn create_without_id<L: Lookup<Row = R>>(
        &self,
        lookup: &L,
        key: &str,
        if_present: IfPresent,
        request: impl Future<Output = Result<(), Error>>,
    ) -> Result<Created<R>, CreateFailure> {
        let _alone = self.alone(key).await;
        let oldest = Instant::now().checked_sub(MAX_AGE).unwrap_or_else(Instant::now);
        let before = self.read.since(oldest, lookup).await.map_err(CreateFailure::Unresolved)?;
        let mut present = None;
        match if_present {
            IfPresent::Refuse => {
                if let Some(row) = before.rows.iter().find(|row| lookup.matches(row)) {
                    let ours = self.state().received.contains(&lookup.id(row));
                    let error = if ours {
                        messages::declared_twice(&lookup.noun())
                    } else {
                        messages::already_exists(&lookup.noun(), &lookup.import_id(row))
                    };
                    return Err(error.into());
                }
            }
            IfPresent::WarnRecent => {
                let recent = self.recent(lookup, &before.rows).await.map_err(CreateFailure::Unresolved)?;
                present = left_behind(lookup, &recent);
            }
            IfPresent::Create => {}
        }
        self.expect_gathering();
        let at = Instant::now();
        let (result, ended) = self.send(pin!(request), |()| None).await;
        let sent = Sent { at, ended, before: Some(before), is_fresh: true, present };
        match result {
            Ok(()) => match self.find(lookup, &sent, lookup.waits()).await {
                Ok(Found::One(row)) => Ok(Created { row, warning: None, present: sent.present }),
                Ok(Found::None) => {
                    Err(messages::accepted_but_not_listed(&lookup.noun(), &lookup.import_id_without_row()).into())
                }
                Ok(Found::Uncertain(rows)) => Err(ambiguous(lookup, &rows, None)),
                Err(read) => {
                    let import_id = lookup.import_id_without_row();
                    Err(CreateFailure::Unresolved(messages::accepted_but_not_read(&lookup.noun(), &import_id, read)))
                }
            },
            Err(error) if !error.may_have_applied() => Err(CreateFailure::Rejected(error)),
            Err(error) => self.after_error(lookup, sent, error, lookup.waits()).await,
        }
    }

    /// Reads the list once for all creates of the process, and searches what an apply that was killed may have left.
    ///
    /// A list that may not be read hinders no create: it is read only to avoid a second object.
    async fn look<L: Lookup<Row = R>>(
        &self,
        lookup: &L,
        if_present: IfPresent,
    ) -> Result<Option<Diagnostic>, CreateFailure> {
        if if_present != IfPresent::WarnRecent || !lookup.has_list() {
            return Ok(None);
        }
        let now = Instant::now();
        let snapshot = match self.read.since(self.began, lookup).await {
            Ok(snapshot) => snapshot,
            Err(error) if error.iter().all(|diagnostic| diagnostic.is_denied) => return Ok(None),
            Err(error) => return Err(CreateFailure::Unresolved(error)),
        };
        let mut recent = self.recent(lookup, &snapshot.rows).await.map_err(CreateFailure::Unresolved)?;
        if !recent.is_empty() && snapshot.began < now {
            // This apply may have deleted the object since, to replace it.
            let snapshot = self.read.since(now, lookup).await.map_err(CreateFailure::Unresolved)?;
            recent = self.recent(lookup, &snapshot.rows).await.map_err(CreateFailure::Unresolved)?;
        }
        Ok(left_behind(lookup, &recent))
    }

    /// The rows that no create of this process received, that have every field that is sent, and that may be recent.
    async fn recent<L: Lookup<Row = R>>(&self, lookup: &L, rows: &[R]) -> Result<Vec<R>, Diagnostics> {
        let foreign = |row: &&R| lookup.matches(row) && !self.state().received.contains(&lookup.id(row));
        let mut recent = Vec::new();
        for row in rows.iter().filter(foreign) {
            let row = lookup.complete(row.clone()).await?;
            if lookup.matches(&row) && age(lookup, &row).is_none_or(|age| age <= RECENT) {
                recent.push(row);
            }
        }
        Ok(recent)
    }

    /// Sends a request, which is under way for the other creates until it has ended, and returns when that was.
    async fn send<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
        id: impl Fn(&T) -> Option<String>,
    ) -> (Result<T, Error>, Instant) {
        let _ticket = self.begin();
        let result = request.await;
        if let Some(id) = result.as_ref().ok().and_then(id) {
            self.state().received.insert(id);
        }
        // Before the others learn of the end: a read that one of them begins then serves this create too.
        (result, Instant::now())
    }

    /// Waits until no other create with the same key is under way, and keeps others out while the guard lives.
    async fn alone(&self, key: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(keys.entry(key.to_owned()).or_default())
        };
        lock.lock_owned().await
    }

    async fn after_error<L: Lookup<Row = R>>(
        &self,
        lookup: &L,
        sent: Sent<R>,
        error: Error,
        waits: &[Duration],
    ) -> Result<Created<R>, CreateFailure> {
        match self.find(lookup, &sent, waits).await {
            Ok(Found::One(row)) => {
                let warning = messages::created_despite_error(&lookup.noun(), &lookup.id(&row), &error);
                Ok(Created { row, warning: Some(warning), present: sent.present })
            }
            Ok(Found::None) => Err(CreateFailure::Unresolved(match lookup.check_list_is_conclusive().await {
                Ok(()) => messages::not_created(&lookup.noun(), error).into(),
                Err(reason) => unknown(lookup, error, reason),
            })),
            Ok(Found::Uncertain(rows)) => Err(ambiguous(lookup, &rows, Some(&error))),
            Err(read) => Err(CreateFailure::Unresolved(unknown(lookup, error, read))),
        }
    }

    /// Searches the row of a create that was sent, one read for each wait until there is a candidate.
    async fn find<L: Lookup<Row = R>>(
        &self,
        lookup: &L,
        sent: &Sent<R>,
        waits: &[Duration],
    ) -> Result<Found<R>, Diagnostics> {
        let mut not_before = sent.ended;
        for wait in waits {
            tokio::time::sleep(*wait).await;
            let snapshot = self.read_after(lookup, not_before).await?;
            not_before = Instant::now();
            // Every row of the read was created by a request that had begun before the read ended.
            self.others_ended().await;
            match self.judge(lookup, sent, &snapshot).await? {
                Found::None => {}
                found => return Ok(found),
            }
        }
        Ok(Found::None)
    }

    /// A read of the list that began no earlier than `not_before`.
    async fn read_after<L: Lookup<Row = R>>(
        &self,
        lookup: &L,
        not_before: Instant,
    ) -> Result<Snapshot<R>, Diagnostics> {
        // A read that begins now would not show what is under way; a little later it serves all of them.
        let gathered = async {
            self.others_ended().await;
            self.gather().await;
        };
        if timeout(GATHER, gathered).await.is_err() {
            let mut state = self.state();
            state.gathering.expected = state.gathering.waiting;
            state.gathering.let_go();
            drop(state);
            self.ended.notify_waiters();
        }
        super::retry_once(|| self.read.since(not_before, lookup)).await
    }

    /// Which row the create made.
    async fn judge<L: Lookup<Row = R>>(
        &self,
        lookup: &L,
        sent: &Sent<R>,
        snapshot: &Snapshot<R>,
    ) -> Result<Found<R>, Diagnostics> {
        let before = sent.before.as_ref();
        let is_known = |row: &R| before.is_some_and(|before| before.ids(lookup).contains(&lookup.id(row)));
        let mut candidates = Vec::new();
        for row in snapshot.rows.iter().filter(|row| lookup.matches(row) && !is_known(row)) {
            candidates.push(lookup.complete(row.clone()).await?);
        }
        let sent_at = lookup.vendor_time().and_then(|now| {
            let elapsed = SignedDuration::try_from(sent.at.elapsed()).ok()?;
            now.checked_sub(elapsed).ok()
        });
        let mut state = self.state();
        candidates.retain(|row| {
            lookup.matches(row)
                && !state.received.contains(&lookup.id(row))
                && !is_older(lookup.created_at(row), sent_at)
        });
        let certain = |row: &R| sent.is_fresh || (lookup.created_at(row).is_some() && sent_at.is_some());
        Ok(match candidates.pop() {
            None => Found::None,
            Some(row) if candidates.is_empty() && certain(&row) => {
                state.received.insert(lookup.id(&row));
                Found::One(row)
            }
            Some(row) => {
                candidates.push(row);
                Found::Uncertain(candidates)
            }
        })
    }

    /// Counts a create that will need a read.
    fn expect_gathering(&self) {
        let mut state = self.state();
        let active = state.under_way.len() + state.gathering.waiting + 1;
        state.gathering.expected = state.gathering.expected.max(active);
    }

    /// Waits until as many creates wait for a read as were in progress at once.
    async fn gather(&self) {
        let round = {
            let mut state = self.state();
            state.gathering.waiting += 1;
            state.gathering.round
        };
        loop {
            let notified = self.ended.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            let gathered = {
                let mut state = self.state();
                let Gathering { waiting, expected, round: current } = state.gathering;
                if current == round && waiting >= expected {
                    state.gathering.let_go();
                }
                state.gathering.round != round
            };
            if gathered {
                self.ended.notify_waiters();
                return;
            }
            notified.await;
        }
    }

    fn begin(&self) -> Ticket<'_, R> {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.under_way.insert(number);
        Ticket { creates: self, number }
    }

    /// Waits until the creates that are under way now have their responses, within a bound.
    async fn others_ended(&self) {
        let newest = self.state().next;
        let ended = async {
            loop {
                let notified = self.ended.notified();
                tokio::pin!(notified);
                notified.as_mut().enable();
                if self.state().under_way.range(..newest).next().is_none() {
                    return;
                }
                notified.await;
            }
        };
        let _ = timeout(OTHERS, ended).await;
    }
}

/// What a list shows of a create.
enum Found<R> {
    None,
    One(R),
    Uncertain(Vec<R>),
}

/// How long ago a row was created; `None` if the vendor does not say.
fn age<L: Lookup>(lookup: &L, row: &L::Row) -> Option<SignedDuration> {
    let now = lookup.vendor_time().unwrap_or_else(Timestamp::now);
    lookup.created_at(row).map(|created| now.duration_since(created))
}

/// The warning about objects that an apply that was killed may have left.
fn left_behind<L: Lookup>(lookup: &L, rows: &[L::Row]) -> Option<Diagnostic> {
    (!rows.is_empty()).then(|| messages::created_beside(&lookup.noun(), &ids(lookup, rows)))
}

/// The ids and import ids of rows, for messages.
fn ids<L: Lookup>(lookup: &L, rows: &[L::Row]) -> Vec<(String, String)> {
    rows.iter().map(|row| (lookup.id(row), lookup.import_id(row))).collect()
}

/// Whether a row was created before the request was sent.
fn is_older(created_at: Option<Timestamp>, sent_at: Option<Timestamp>) -> bool {
    created_at
        .zip(sent_at)
        .is_some_and(|(created, sent)| created.saturating_add(TOLERANCE).is_ok_and(|late| late < sent))
}

fn unknown<L: Lookup>(lookup: &L, error: Error, read: Diagnostics) -> Diagnostics {
    messages::create_unknown(&lookup.noun(), &lookup.import_id_without_row(), error, read)
}

fn ambiguous<L: Lookup>(lookup: &L, rows: &[L::Row], error: Option<&Error>) -> CreateFailure {
    CreateFailure::Unresolved(messages::ambiguous(&lookup.noun(), &ids(lookup, rows), error).into())
}

impl From<Diagnostic> for CreateFailure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Unresolved(diagnostic.into())
    }
}
