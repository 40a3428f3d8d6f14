//! The copy as of one place in the feed: read whole, or changed by what the feed tells.

use std::{collections::BTreeSet, sync::Arc};

use kit::{
    Db, Result,
    access::{
        book::{Book, GrantFact, UnitFact},
        territory::ActFact,
    },
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, IsolationLevel, TransactionTrait};
use types::ids::{ReorganizationId, RoleGrantId, UnitId};

use crate::{
    feed::{Changed, Place},
    grant, reorganization,
    role::ROLES,
    unit::{
        self,
        forest::{Forest, Tree},
        history::History,
    },
};

/// The copy as of one place in the feed.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) place: Place,
    pub(crate) forest: Forest,
    pub(crate) book: Book,
}

/// Begins to read what is committed now, and nothing that comes later: units and the acts that
/// changed them are read one after the other, but belong together.
pub(super) async fn at_one_moment(db: &Db) -> Result<DatabaseTransaction> {
    // SQLite reads so anyway.
    let level = (!db.is_embedded()).then_some(IsolationLevel::RepeatableRead);
    Ok(db.reader().begin_with_config(level, None).await?)
}

/// What has changed, as it is now; nothing of what is gone.
pub(super) struct Changes {
    units: Vec<(UnitId, Option<Arc<History>>)>,
    grants: Vec<(RoleGrantId, Option<GrantFact>)>,
    acts: Vec<(ReorganizationId, Option<ActFact>)>,
}

impl Changes {
    pub(super) async fn read(
        db: &impl ConnectionTrait,
        changes: Vec<(i64, Changed)>,
    ) -> Result<Self> {
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
        let now = |it: UnitId| (it.clone(), histories.remove(&it));
        let units = units.into_iter().map(now).collect();
        let now = |it: RoleGrantId| (it.clone(), standing.remove(&it));
        let grants = grants.into_iter().map(now).collect();
        let now = |it: ReorganizationId| (it.clone(), counting.remove(&it));
        let acts = acts.into_iter().map(now).collect();
        Ok(Self {
            units,
            grants,
            acts,
        })
    }

    /// Returns how much there is of it.
    pub(super) fn len(&self) -> usize {
        let links = self.acts.iter().flat_map(|(_, it)| it);
        let links: usize = links.map(|it| it.links.len()).sum();
        self.units.len() + self.grants.len() + self.acts.len() + links
    }

    pub(super) fn put_into(self, state: &mut State) {
        for (unit, history) in self.units {
            match history {
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
        for (grant, fact) in self.grants {
            match fact {
                Some(fact) => state.book.put_grant(grant, fact),
                None => state.book.remove_grant(&grant),
            }
        }
        for (act, fact) in self.acts {
            match fact {
                Some(fact) => state.book.put_act(act, fact),
                None => state.book.remove_act(&act),
            }
        }
    }
}

impl State {
    /// Reads everything there is at a place.
    pub(super) async fn read(db: &impl ConnectionTrait, place: Place) -> Result<Self> {
        let mut state = Self {
            place,
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

    pub(super) fn put_unit(&mut self, tree: Tree) {
        let history = &tree.history;
        self.book.put_unit(history.id.clone(), fact(history));
        self.forest.put(tree);
    }
}

/// Returns what rights and totals depend on of a unit.
fn fact(history: &History) -> UnitFact {
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
