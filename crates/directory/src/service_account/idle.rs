//! Machines that nobody uses: they are switched off, because a key that is not missed is not
//! looked after either (`security.md` §1.2).
//!
//! From the first moment on they count as disabled, whether that was written down yet or not.
//! It is written down when somebody asks for a token or enables them, and by all that look
//! every hour.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use kit::{Db, Error, Result, Tx, run::Background};
use types::ids::ServiceAccountId;

use super::{ServiceAccount, State, key::Key, moved, store};
use crate::reason::MACHINE_IDLE;

/// Who gets no token for so long is switched off.
const LONGEST_IDLE: Duration = Duration::days(45);
/// A use is written down when the last one is so long ago: a busy machine asks for a token
/// every few minutes, and to the hour is enough for what is counted in days.
const NOTED_EVERY: Duration = Duration::hours(1);
/// How often somebody looks for idle machines.
const LOOK_EVERY: StdDuration = StdDuration::from_secs(3600);

impl ServiceAccount {
    /// Says whether it got no token for too long, since it was added or enabled.
    pub(super) fn is_idle(&self, now: DateTime<Utc>) -> bool {
        // Neither a token nor anything but adding, enabling and disabling moves this time.
        let changed = self.update_time;
        let since = self.last_use_time.map_or(changed, |it| it.max(changed));
        now - since >= LONGEST_IDLE
    }
}

/// Says whether a token for a key is to be written down as the last use.
pub(crate) fn is_to_be_noted(account: &ServiceAccount, key: &Key, now: DateTime<Utc>) -> bool {
    let is_old = |it: Option<DateTime<Utc>>| it.is_none_or(|it| now - it >= NOTED_EVERY);
    is_old(account.last_use_time) || is_old(key.last_use_time)
}

/// Returns why idle machines are switched off, for both who read Vietnamese and who do not.
pub(super) fn reason() -> String {
    let days = LONGEST_IDLE.num_days().to_string();
    let fill = |text: &str| text.replace("{days}", &days);
    format!("{} / {}", fill(MACHINE_IDLE.vi), fill(MACHINE_IDLE.en))
}

/// Writes down that a machine that is idle is switched off; others are returned as they are.
/// The caller holds its lock.
pub(super) async fn switched_off(tx: &Tx, account: ServiceAccount) -> Result<ServiceAccount> {
    if account.disabled.is_some() || account.state(tx.now()) != State::Disabled {
        return Ok(account);
    }
    let after = ServiceAccount {
        disabled: Some(reason()),
        ..account.clone()
    };
    moved(tx, account, after).await
}

/// Switches one machine off if it is idle.
pub(crate) async fn switch_off(db: &Db, id: &ServiceAccountId) -> Result<()> {
    let tx = db.begin_as("system", "service-accounts", "idle").await?;
    store::lock(&tx.db, id).await?;
    let found = store::find(&tx.db, id).await?;
    let before = found.ok_or_else(|| Error::not_found("SERVICE_ACCOUNT", id))?;
    let version = before.version;
    let after = switched_off(&tx, before).await?;
    if after.version != version {
        tracing::warn!(
            machine = id.name(),
            "was idle for too long and is switched off"
        );
    }
    tx.commit().await
}

/// Switches all machines off that are idle, but those that cannot be written down, which the log
/// tells.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn switch_all_off(db: &Db) -> Result<()> {
    let now = db.clock().now();
    for id in store::unused_since(db.reader(), now - LONGEST_IDLE, now).await? {
        // One that cannot be written down keeps no other from being switched off; it counts as
        // disabled all the same.
        if let Err(error) = switch_off(db, &id).await {
            tracing::warn!(
                machine = id.name(),
                ?error,
                "could not switch an idle machine off; the next hour will"
            );
        }
    }
    Ok(())
}

/// Looks for idle machines as long as the directory is open. Several processes may look at
/// once: who finds one switched off already leaves it.
pub(crate) fn watch(db: Db) -> Background {
    Background::start(async move {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = switch_all_off(&db).await {
                tracing::warn!(
                    ?error,
                    "could not look for idle machines; the next hour will"
                );
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use types::ids::UnitId;

    use super::*;

    fn account(days: [i64; 2], last_use: Option<i64>) -> ServiceAccount {
        let at = |days| DateTime::UNIX_EPOCH + Duration::days(days);
        ServiceAccount {
            id: ServiceAccountId::new("mot-cua").unwrap(),
            display_name: "Một cửa".into(),
            owner_unit: UnitId::new("so-tttt").unwrap(),
            contact: String::new(),
            scopes: Vec::new(),
            allowed_networks: Vec::new(),
            expire_time: at(366),
            disabled: None,
            last_use_time: last_use.map(at),
            create_time: at(days[0]),
            update_time: at(days[1]),
            version: 1,
        }
    }

    #[test]
    fn forty_five_days_count_from_the_last_token_or_from_being_added_or_enabled() {
        let at = |days| DateTime::UNIX_EPOCH + Duration::days(days);
        let moment = Duration::microseconds(1);
        for (account, off) in [
            (account([0, 0], None), 45),
            (account([0, 0], Some(10)), 55),
            (account([0, 60], Some(10)), 105),
            (account([0, 60], Some(61)), 106),
        ] {
            assert_eq!(account.state(at(off) - moment), State::Active, "{off}");
            assert_eq!(account.state(at(off)), State::Disabled, "{off}");
            assert_eq!(account.disabled_because(at(off) - moment), None);
            let why = account.disabled_because(at(off)).unwrap();
            assert!(why.contains("45 ngày") && why.contains("45 days"), "{why}");
        }
        let over = account([0, 0], Some(360));
        assert_eq!(over.state(at(370)), State::Expired);
        assert_eq!(over.state(at(500)), State::Expired);
    }
}
