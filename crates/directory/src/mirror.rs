//! What the directory keeps in memory: its units, and what rights and totals depend on.
//!
//! The copy follows the feed. It looks again after every commit of this process, so that
//! what was just written is seen at once, and every second for the commits of others.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use kit::{
    Db, Error, Result, Tx,
    access::book::{Book, GrantFact, UnitFact},
};
use tokio::sync::{Mutex, watch};

use crate::{
    feed::{self, Changed, Place, Told},
    grant, reorganization,
    role::ROLES,
    unit::{
        self,
        forest::{Forest, Tree},
        history::{Histories, History},
    },
};

/// Commits of other processes are seen after this time at the latest.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// More changes than this are not followed one by one; everything is read again.
const MOST_FOLLOWED: i64 = 2_000;

/// The copy; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Mirror(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    db: Db,
    state: RwLock<State>,
    opened: Instant,
    /// Commits of this process, and how many of them are seen.
    committed: watch::Receiver<u64>,
    commits: AtomicU64,
    /// Milliseconds after `opened` of the last look.
    looked: AtomicU64,
    looking: Mutex<()>,
}

/// The copy as of one place in the feed.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) place: Place,
    pub(crate) forest: Forest,
    pub(crate) book: Book,
}

/// What a change made of units, and where the feed tells of it.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) told: Told,
    pub(crate) trees: Vec<Tree>,
}

/// Trees that are made before others get their turn.
const TREES_AT_ONCE: usize = 200;

impl Mirror {
    /// Reads everything.
    pub(crate) async fn open(db: Db) -> Result<Self> {
        let committed = db.commits();
        let commits = *committed.borrow();
        let state = State::read(&db).await?;
        Ok(Self(Arc::new(Shared {
            db,
            state: RwLock::new(state),
            opened: Instant::now(),
            committed,
            commits: AtomicU64::new(commits),
            looked: AtomicU64::new(0),
            looking: Mutex::default(),
        })))
    }

    /// Looks at the copy, after bringing it up to date.
    pub(crate) async fn look<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T> {
        self.catch_up().await?;
        let state = self.0.state.read();
        Ok(look(&state.unwrap_or_else(PoisonError::into_inner)))
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
        let units = seen(&self.0.state.read().unwrap_or_else(PoisonError::into_inner));
        units.ok_or_else(|| Error::internal("the feed is behind what a change sees"))
    }

    /// Makes units ready for the copy while something else is waited for.
    pub(crate) async fn trees(&self, changed: &Histories) -> Vec<Tree> {
        let changed: Vec<_> = changed.values().cloned().collect();
        let mut trees = Vec::with_capacity(changed.len());
        for some in changed.chunks(TREES_AT_ONCE) {
            {
                let state = self.0.state.read();
                let state = state.unwrap_or_else(PoisonError::into_inner);
                trees.extend(some.iter().cloned().map(|it| state.forest.tree(it)));
            }
            tokio::task::yield_now().await;
        }
        trees
    }

    /// Commits a change, and takes over what it wrote in the place of reading it. Nobody looks
    /// meanwhile: who is told of the commit would else read all of it.
    pub(crate) async fn commit<T, E>(
        &self,
        written: Option<Written>,
        commit: impl Future<Output = std::result::Result<T, E>>,
    ) -> std::result::Result<T, E> {
        let _one_at_a_time = self.0.looking.lock().await;
        let committed = commit.await?;
        if let Some(written) = written {
            self.0.take_over(written).await;
        }
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

    fn place(&self) -> Place {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.place.clone()
    }

    /// Takes over what was committed. If that cannot be, it is read by whoever looks next.
    async fn take_over(&self, written: Written) {
        let Written { told, trees } = written;
        if self.place().sequence > told.after.sequence {
            return;
        }
        if let Err(error) = self.follow_to(&told.after).await {
            tracing::warn!(?error, "what was written has to be read again");
            return;
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.place == told.after {
            for tree in trees {
                state.put_unit(tree);
            }
            state.place = told.up_to;
        }
    }

    async fn follow(&self) -> Result<()> {
        let head = feed::head(self.db.reader()).await?;
        self.follow_to(&head).await
    }

    /// Goes on to a place that is committed.
    async fn follow_to(&self, head: &Place) -> Result<()> {
        let db = self.db.reader();
        let known = self.place();
        if *head == known {
            return Ok(());
        }
        let ahead = head.sequence - known.sequence;
        let few = head.epoch == known.epoch && (1..=MOST_FOLLOWED).contains(&ahead);
        let changes = if few {
            let limit = ahead.unsigned_abs();
            feed::since(db, known.sequence, head.sequence, limit).await?
        } else {
            None
        };
        let Some(changes) = changes else {
            let fresh = State::read(&self.db).await?;
            *self.state.write().unwrap_or_else(PoisonError::into_inner) = fresh;
            return Ok(());
        };
        let (mut units, mut grants) = (BTreeSet::new(), BTreeSet::new());
        let mut acts = BTreeSet::new();
        for (_, changed) in changes {
            match changed {
                Changed::Unit(unit) => units.insert(unit),
                Changed::Grant(grant) => grants.insert(grant),
                Changed::Act(act) => acts.insert(act),
            };
        }
        let mut counting = reorganization::in_force(db, Some(&acts)).await?;
        let mut histories = unit::store::some(db, &units).await?;
        let mut standing = grant::store::unrevoked(db, Some(&grants)).await?;
        let state = self.state.write();
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        for unit in units {
            match histories.remove(&unit) {
                Some(history) => {
                    let tree = state.forest.tree(history);
                    state.put_unit(tree);
                }
                None => {
                    state.forest.remove(&unit);
                    state.book.remove_unit(&unit);
                }
            }
        }
        for grant in grants {
            match standing.remove(&grant) {
                Some(fact) => state.book.put_grant(grant, fact),
                None => state.book.remove_grant(&grant),
            }
        }
        for act in acts {
            match counting.remove(&act) {
                Some(fact) => state.book.put_act(act, fact),
                None => state.book.remove_act(&act),
            }
        }
        state.place = head.clone();
        Ok(())
    }
}

impl State {
    /// Reads everything. The place is read first: what comes later is followed again.
    async fn read(db: &Db) -> Result<Self> {
        let db = db.reader();
        let mut state = Self {
            place: feed::head(db).await?,
            forest: Forest::default(),
            book: Book::default(),
        };
        for role in ROLES {
            let permissions = role.all_permissions().into_iter().map(str::to_owned);
            state.book.put_role(role.id.to_owned(), permissions);
        }
        for history in unit::store::all(db).await?.into_values() {
            let tree = state.forest.tree(history);
            state.put_unit(tree);
        }
        for (id, fact) in grant::store::unrevoked(db, None).await? {
            state.book.put_grant(id, fact);
        }
        for (id, fact) in reorganization::in_force(db, None).await? {
            state.book.put_act(id, fact);
        }
        Ok(state)
    }

    fn put_unit(&mut self, tree: Tree) {
        let history = &tree.history;
        self.book.put_unit(history.id.clone(), fact(history));
        self.forest.put(tree);
    }
}

/// Returns what rights and totals depend on of a unit.
pub(crate) fn fact(history: &History) -> UnitFact {
    let parents = history.parents.iter();
    let kinds = history.appearances.iter();
    UnitFact {
        validity: history.validity,
        parents: parents.map(|it| (it.validity, it.value.clone())).collect(),
        kinds: kinds
            .map(|it| (it.validity, it.value.kind.to_wire()))
            .collect(),
    }
}

/// Returns what decides of a grant.
impl From<grant::Grant> for GrantFact {
    fn from(grant: grant::Grant) -> Self {
        Self {
            principal: grant.principal,
            role: grant.role,
            scope: grant.scope,
            include_subtree: grant.include_subtree,
            validity: grant.validity,
        }
    }
}

#[cfg(test)]
mod tests;
