//! What the directory keeps in memory: its units, and what rights and totals depend on.
//!
//! The copy follows the feed. It looks again after every commit of this process, so that
//! what was just written is seen at once, and every second for the commits of others.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use kit::{Db, Error, Result, Tx, access::territory::ActFact};
use tokio::sync::{Mutex, MutexGuard, watch};
use types::ids::ReorganizationId;

use crate::{
    feed::{self, Place, Told},
    unit::{forest::Tree, history::Histories},
};

mod state;

pub(crate) use state::State;
use state::{Changes, at_one_moment};

/// Commits of other processes are seen after this time at the latest.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// More changes than this are not followed one by one; everything is read again.
const MOST_FOLLOWED: i64 = 2_000;

/// More than this is put into a copy beside the one that is read, not into that one.
const MOST_IN_PLACE: usize = 50;

/// The copy; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Mirror(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: Db,
    /// Held for as long as it takes to put a whole state in the place of another.
    state: RwLock<Arc<State>>,
    opened: Instant,
    /// Commits of this process, and how many of them are seen.
    committed: watch::Receiver<u64>,
    commits: AtomicU64,
    /// Milliseconds after `opened` of the last look.
    looked: AtomicU64,
    looking: Mutex<()>,
    /// Held while a change is committed that is taken over, and where the feed stood before it.
    committing: Mutex<()>,
    before: std::sync::Mutex<Option<Place>>,
}

/// The copy as it is once a change is committed.
#[derive(Debug)]
pub(crate) struct Written {
    /// Where the feed stood before the change.
    after: Place,
    state: Box<State>,
}

/// Trees that are made before others get their turn.
const TREES_AT_ONCE: usize = 200;

impl Mirror {
    /// Reads everything.
    pub(crate) async fn open(db: Db) -> Result<Self> {
        let committed = db.commits();
        let commits = *committed.borrow();
        let now = at_one_moment(&db).await?;
        let head = feed::head(&now).await?;
        let state = State::read(&now, head).await?;
        drop(now);
        Ok(Self(Arc::new(Shared {
            db,
            state: RwLock::new(Arc::new(state)),
            opened: Instant::now(),
            committed,
            commits: AtomicU64::new(commits),
            looked: AtomicU64::new(0),
            looking: Mutex::default(),
            committing: Mutex::default(),
            before: std::sync::Mutex::default(),
        })))
    }

    /// Looks at the copy, after bringing it up to date.
    pub(crate) async fn look<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T> {
        self.catch_up().await?;
        Ok(self.0.look(look))
    }

    /// Returns all units as they are for a change that holds the tree. Until it writes to the
    /// feed itself, nothing about them changes; what is committed by now is in the copy, or
    /// comes into it here.
    pub(crate) async fn held(&self, tx: &Tx) -> Result<Histories> {
        let head = feed::head(&tx.db).await?;
        let seen = |it: &State| {
            let is_there = it.place.epoch == head.epoch && it.place.sequence >= head.sequence;
            is_there.then(|| it.forest.histories())
        };
        if let Some(units) = self.look(seen).await? {
            return Ok(units);
        }
        // Another process has committed within the last second.
        let _one_at_a_time = self.0.looking.lock().await;
        self.0.follow().await?;
        let units = self.0.look(seen);
        units.ok_or_else(|| Error::internal("the feed is behind what a change sees"))
    }

    /// Makes units ready for the copy while something else is waited for.
    pub(crate) async fn trees(&self, changed: &Histories) -> Vec<Tree> {
        let base = self.0.whole();
        let changed: Vec<_> = changed.values().cloned().collect();
        let mut trees = Vec::with_capacity(changed.len());
        for some in changed.chunks(TREES_AT_ONCE) {
            trees.extend(some.iter().cloned().map(|it| base.forest.tree(it)));
            tokio::task::yield_now().await;
        }
        trees
    }

    /// Makes the copy as it is once a change of these units is committed, while others read the
    /// one there is. The change holds the feed, so nothing comes before it any more. None when
    /// the copy is better read.
    pub(crate) async fn prepare(&self, told: Told, trees: Vec<Tree>) -> Result<Option<Written>> {
        let base = {
            let _one_at_a_time = self.0.looking.lock().await;
            self.0.follow().await?;
            self.0.whole()
        };
        if base.place != told.after {
            return Ok(None);
        }
        let Told { after, up_to } = told;
        let making = tokio::task::spawn_blocking(move || {
            let mut state = Box::new(State::clone(&base));
            for tree in trees {
                state.put_unit(tree);
            }
            state.place = up_to;
            state
        });
        let state = making.await.map_err(Error::internal)?;
        Ok(Some(Written { after, state }))
    }

    /// Commits a change, and takes over what it wrote in the place of reading it: to read so
    /// much again would take longer. Until the change is committed nobody waits for it.
    pub(crate) async fn commit<T, E>(
        &self,
        written: Option<Written>,
        commit: impl Future<Output = std::result::Result<T, E>>,
    ) -> std::result::Result<T, E> {
        let Some(written) = written else {
            return commit.await;
        };
        let _coming = Coming::announce(&self.0, &written.after).await;
        let committed = commit.await?;
        self.0.take_over(written);
        Ok(committed)
    }

    async fn catch_up(&self) -> Result<()> {
        if self.0.is_current() {
            return Ok(());
        }
        let _one_at_a_time = self.0.looking.lock().await;
        if self.0.is_current() {
            return Ok(());
        }
        // Counted before looking: what is committed meanwhile is looked for again.
        let commits = self.0.commits_now();
        let now = self.0.elapsed();
        self.0.follow().await?;
        self.0.commits.store(commits, Ordering::Release);
        self.0.looked.store(now, Ordering::Release);
        Ok(())
    }
}

impl Written {
    /// Adds the act by which the units changed, which the feed tells right after them.
    pub(crate) fn with_act(
        mut self,
        id: ReorganizationId,
        act: ActFact,
        told: Told,
    ) -> Option<Self> {
        if told.after != self.state.place {
            return None;
        }
        self.state.book.put_act(id, act);
        self.state.place = told.up_to;
        Some(self)
    }
}

/// A change that is being committed and will be taken over.
struct Coming<'a> {
    shared: &'a Shared,
    _one_at_a_time: MutexGuard<'a, ()>,
}

impl<'a> Coming<'a> {
    async fn announce(shared: &'a Shared, after: &Place) -> Self {
        let one_at_a_time = shared.committing.lock().await;
        let before = shared.before.lock();
        *before.unwrap_or_else(PoisonError::into_inner) = Some(after.clone());
        Self {
            shared,
            _one_at_a_time: one_at_a_time,
        }
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        let before = self.shared.before.lock();
        *before.unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Shared {
    fn commits_now(&self) -> u64 {
        *self.committed.borrow()
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_current(&self) -> bool {
        let since = self
            .elapsed()
            .saturating_sub(self.looked.load(Ordering::Acquire));
        self.commits.load(Ordering::Acquire) == self.commits_now()
            && u128::from(since) < LOOK_EVERY.as_millis()
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the state there is, to read at leisure.
    fn whole(&self) -> Arc<State> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.clone()
    }

    /// Puts a state in the place of the one that was known. False when that is another by now.
    fn replace(&self, known: &Place, fresh: State) -> bool {
        let fresh = Arc::new(fresh);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.place != *known {
            return false;
        }
        let old = std::mem::replace(&mut *state, fresh);
        drop(state);
        // A large state takes a while to go; nobody has to wait for that.
        drop(old);
        true
    }

    /// Takes over what was committed. If that cannot be, it is read by whoever looks next.
    fn take_over(&self, written: Written) {
        self.replace(&written.after, *written.state);
    }

    /// Goes on to the end of the feed.
    async fn follow(&self) -> Result<()> {
        loop {
            let head = feed::head(self.db.reader()).await?;
            if self.is_coming(&head) {
                // It is committed: what remains is to take it over.
                drop(self.committing.lock().await);
            } else if head == self.look(|it| it.place.clone()) || self.read_on().await? {
                return Ok(());
            }
        }
    }

    /// Says whether a place in the feed lies behind a change that is just being taken over.
    fn is_coming(&self, head: &Place) -> bool {
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let is_behind = |it: &Place| it.epoch == head.epoch && it.sequence < head.sequence;
        before.as_ref().is_some_and(is_behind)
    }

    /// Reads what is new. False when it has to be tried again: the state has become another
    /// meanwhile, or a change that is taken over came into sight.
    async fn read_on(&self) -> Result<bool> {
        let db = at_one_moment(&self.db).await?;
        let head = feed::head(&db).await?;
        if self.is_coming(&head) {
            return Ok(false);
        }
        let known = self.look(|it| it.place.clone());
        let ahead = head.sequence - known.sequence;
        let few = head.epoch == known.epoch && (0..=MOST_FOLLOWED).contains(&ahead);
        let changes = if few {
            let limit = ahead.unsigned_abs();
            feed::since(&db, known.sequence, head.sequence, limit).await?
        } else {
            None
        };
        let Some(changes) = changes else {
            let fresh = State::read(&db, head).await?;
            return Ok(self.replace(&known, fresh));
        };
        let changes = Changes::read(&db, changes).await?;
        if changes.len() > MOST_IN_PLACE {
            let mut fresh = State::clone(&self.whole());
            changes.put_into(&mut fresh);
            fresh.place = head;
            return Ok(self.replace(&known, fresh));
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.place != known {
            return Ok(false);
        }
        let state = Arc::make_mut(&mut state);
        changes.put_into(state);
        state.place = head;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
