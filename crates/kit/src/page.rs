//! Paging by key, with sealed tokens that are bound to their list (AIP-158).

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use types::violations::Invalid;

use crate::{Clock, Db, Error, Result, actor::hex, error::PAGE_TOKEN_INVALID};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "secrets")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) name: String,
        pub(super) secret: Vec<u8>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const SIZE_WHEN_UNSET: u64 = 50;
const LARGEST_SIZE: u64 = 500;
const TOKEN_DAYS: i64 = 3;

/// Opens and closes pages; one per service.
#[derive(Clone)]
pub struct Pages {
    key: Arc<LessSafeKey>,
    clock: Clock,
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Pages")
    }
}

#[derive(Serialize, Deserialize)]
struct Token {
    list: String,
    after: String,
    issued: i64,
}

impl Pages {
    /// Reads the service's sealing key, and makes it the first time.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(db: &Db) -> Result<Self> {
        let mut fresh = vec![0; AES_256_GCM.key_len()];
        rand::fill(&mut fresh).map_err(|_| Error::internal("the system gives no randomness"))?;
        let secret = row::ActiveModel {
            name: Set("pages".into()),
            secret: Set(fresh),
        };
        let keep_first = OnConflict::column(row::Column::Name)
            .do_nothing()
            .to_owned();
        row::Entity::insert(secret)
            .on_conflict(keep_first)
            .exec_without_returning(db.writer())
            .await?;
        let kept = row::Entity::find_by_id("pages".to_owned())
            .one(db.reader())
            .await?;
        let kept = kept.ok_or_else(|| Error::internal("the sealing key of pages is gone"))?;
        let key = UnboundKey::new(&AES_256_GCM, &kept.secret)
            .map_err(|_| Error::internal("the sealing key of pages cannot be read"))?;
        Ok(Self {
            key: Arc::new(LessSafeKey::new(key)),
            clock: db.clock().clone(),
        })
    }

    /// Opens the page a caller asks for. `list` says which list it is, with every
    /// parameter that decides what is in it.
    ///
    /// # Errors
    /// Invalid for a negative size, `PAGE_TOKEN_INVALID` for a token of another list.
    pub fn page(&self, size: i32, token: &str, list: String) -> Result<Page> {
        // A list may be long to describe; a token stays short.
        let list = hex(&Sha256::digest(list));
        let size = match u64::try_from(size) {
            Ok(0) => SIZE_WHEN_UNSET,
            Ok(size) => size.min(LARGEST_SIZE),
            Err(_) => {
                let bad = Invalid::field("page_size", "OUT_OF_RANGE", "is below 0", "nhỏ hơn 0");
                return Err(bad.into());
            }
        };
        let after = match token {
            "" => None,
            token => Some(
                self.unseal(token)
                    .filter(|it| it.list == list && self.is_fresh(it.issued))
                    .ok_or(Error::bad_request(&PAGE_TOKEN_INVALID, "page_token"))?
                    .after,
            ),
        };
        Ok(Page {
            pages: self.clone(),
            list,
            size,
            after,
        })
    }

    fn is_fresh(&self, issued: i64) -> bool {
        self.clock.now().timestamp() - issued <= Duration::days(TOKEN_DAYS).num_seconds()
    }

    fn seal(&self, token: &Token) -> Result<String> {
        let sealing = || Error::internal("a page token cannot be sealed");
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| sealing())?;
        let mut text = serde_json::to_vec(token).map_err(Error::internal)?;
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text)
            .map_err(|_| sealing())?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &text].concat()))
    }

    fn unseal(&self, token: &str) -> Option<Token> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let text = self
            .key
            .open_in_place(nonce, Aad::empty(), &mut sealed)
            .ok()?;
        serde_json::from_slice(text).ok()
    }
}

/// One page of one list.
#[derive(Debug)]
pub struct Page {
    pages: Pages,
    list: String,
    size: u64,
    after: Option<String>,
}

impl Page {
    /// Returns the key after which the page begins.
    #[must_use]
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Returns the number after which the page begins, for lists in the order of a number;
    /// 0 for the first page.
    ///
    /// # Errors
    /// Internal when the list is not paged by number.
    pub fn after_number(&self) -> Result<i64> {
        self.after()
            .map_or(Ok(0), |it| it.parse().map_err(Error::internal))
    }

    /// Returns how many rows to read: one more than the page holds, to see whether
    /// another page follows.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.size + 1
    }

    /// Cuts the rows to the page, and returns the token of the next one, empty at the end.
    ///
    /// # Errors
    /// When the token cannot be sealed.
    pub fn close<T>(
        self,
        mut rows: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, String)> {
        let size = usize::try_from(self.size).map_err(Error::internal)?;
        if rows.len() <= size {
            return Ok((rows, String::new()));
        }
        rows.truncate(size);
        let after = rows.last().map(key).unwrap_or_default();
        let issued = self.pages.clock.now().timestamp();
        let next = self.pages.seal(&Token {
            list: self.list,
            after,
            issued,
        })?;
        Ok((rows, next))
    }
}
