//! Snapshots: the whole state of a registrar in memory as bytes.
//!
//! ```text
//! text    "agent-registrar snapshot 6"
//! number  high and low half of the position of the random stream; 0 (before, the state of the request numbers)
//! list    accounts: id, name, inserted_at, updated_at, last id?, highest chosen id?
//! list    generated ids of configured environments: account id, place, id
//! list    ids of the configured accounts (since form 5)
//! …       the records: see `store::memory::snapshot`
//! …       the API tokens (since form 5): see the same
//! bytes   SHA-256 of all bytes before
//! ```

mod header;

use thiserror::Error;

use super::id_state::{AccountState, Ids};
use super::{Outcome, Registrar};
use crate::digest::{Digest, sha256};
use crate::model::pfid::Pfid;
use crate::store::memory::{Reader, SnapshotCursor, SnapshotForm, Writer};
use crate::store::{AccountRow, GeneratedEnvironment, Store, StoreError, Usage};
use header::{Header, read_header};

/// Why a snapshot cannot be taken or restored.
///
/// ```
/// use agent_registrar::{Config, Registrar, SnapshotError, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let mut registrar = Registrar::new(config, now)?;
/// let snapshot = registrar.snapshot()?;
/// registrar.restore(&snapshot)?;
/// assert!(matches!(registrar.restore(b"something else"), Err(SnapshotError::Refused)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The store has no snapshots, because it is persistent.
    #[error("the store has no snapshots")]
    Unsupported,
    /// The bytes are not a snapshot of this version, or one of other accounts. Nothing was changed.
    #[error("the bytes are no snapshot of a registrar with the same accounts")]
    Refused,
    /// The snapshot has more than a limit allows, which the text names. Nothing was changed.
    #[error("snapshot: it holds more than the limit {0} allows; nothing has changed")]
    Limit(&'static str),
    /// The registrar was changed between two pieces of a snapshot, which is void.
    #[error("the registrar was changed while its snapshot was taken; take it again")]
    Changed,
    /// The store failed. Nothing was changed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for SnapshotError {
    fn from(error: StoreError) -> SnapshotError {
        match error {
            // The bytes contradict themselves: the store was cleared before.
            StoreError::Corrupt(_) | StoreError::Conflict(_) => SnapshotError::Refused,
            error => SnapshotError::Store(error),
        }
    }
}

/// A snapshot that is being taken in pieces, so that it takes little memory and no long pause.
///
/// ```
/// use agent_registrar::{Config, Registrar, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let registrar = Registrar::new(config, now)?;
/// let mut run: agent_registrar::SnapshotRun = registrar.begin_snapshot()?;
/// let mut snapshot = Vec::new();
/// while !registrar.snapshot_piece(&mut run, &mut snapshot)? {}
/// assert_eq!(snapshot, registrar.snapshot()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SnapshotRun {
    is_begun: bool,
    cursor: SnapshotCursor,
    digest: Digest,
    /// How often the registrar had been changed when it began.
    changes: u64,
}

impl std::fmt::Debug for SnapshotRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SnapshotRun").finish_non_exhaustive()
    }
}

impl Registrar {
    /// The whole state with the digests of API tokens, but without the configured tokens, which are configuration. The last
    /// 32 bytes are the SHA-256 of the others.
    pub fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
        let mut run = self.begin_snapshot()?;
        let mut bytes = Vec::new();
        while !self.snapshot_piece(&mut run, &mut bytes)? {}
        Ok(bytes)
    }

    /// Begins a snapshot that is taken in pieces.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Unsupported`] if the store has none.
    pub fn begin_snapshot(&self) -> Result<SnapshotRun, SnapshotError> {
        match self.store.snapshots() {
            None => Err(SnapshotError::Unsupported),
            Some(_) => Ok(SnapshotRun {
                is_begun: false,
                cursor: SnapshotCursor::default(),
                digest: Digest::new(),
                changes: self.changes,
            }),
        }
    }

    /// Appends the next piece of a snapshot: about 1 MiB, or a single record. Returns whether it was the last.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Changed`] if the registrar was changed since the first piece.
    pub fn snapshot_piece(
        &self,
        run: &mut SnapshotRun,
        bytes: &mut Vec<u8>,
    ) -> Result<bool, SnapshotError> {
        if run.changes != self.changes {
            return Err(SnapshotError::Changed);
        }
        let snapshots = self.store.snapshots().ok_or(SnapshotError::Unsupported)?;
        let mut out = Writer::new();
        if !std::mem::replace(&mut run.is_begun, true) {
            self.write_header(&mut out).map_err(SnapshotError::Store)?;
        }
        let is_last = snapshots.save_piece(&mut run.cursor, &mut out);
        let is_last = is_last.map_err(SnapshotError::Store)?;
        let piece = out.into_bytes();
        run.digest.add(&piece);
        bytes.extend_from_slice(&piece);
        if is_last {
            let digest = std::mem::take(&mut run.digest);
            bytes.extend_from_slice(&digest.finish());
        }
        Ok(is_last)
    }

    /// The ids of environments without a configured one.
    fn generated_environments(&self) -> Result<Vec<GeneratedEnvironment>, StoreError> {
        let mut rows = self.store.generated_environments()?;
        rows.retain(GeneratedEnvironment::is_generated);
        Ok(rows)
    }

    /// The ids of the configured accounts.
    fn configured_accounts(&self) -> Vec<Pfid> {
        self.config.accounts.iter().map(|it| it.id).collect()
    }

    /// Restores the state of a snapshot of a registrar with the same configured accounts. A forged snapshot with a valid
    /// digest is trusted in the parts that no operation depends on: payloads and schemas are not parsed again. **\[ours\]**
    ///
    /// # Errors
    ///
    /// Nothing has changed then.
    pub fn restore(&mut self, snapshot: &[u8]) -> Result<(), SnapshotError> {
        if self.store.snapshots().is_none() {
            return Err(SnapshotError::Unsupported);
        }
        let (content, digest) = snapshot
            .split_last_chunk::<32>()
            .ok_or(SnapshotError::Refused)?;
        if sha256(content) != *digest {
            return Err(SnapshotError::Refused);
        }
        let mut from = Reader::new(content);
        let header = read_header(&mut from).ok_or(SnapshotError::Refused)?;
        let here = self.configured_accounts();
        let is_same = here.len() == header.configured.len()
            && here.iter().all(|id| header.configured.contains(id));
        if !is_same {
            return Err(SnapshotError::Refused);
        }
        let here = self.generated_environments()?;
        let merged = self.merge(&here, &header.generated)?;

        self.store.begin().map_err(SnapshotError::Store)?;
        let loaded = load(&mut *self.store, &header, &merged, &mut from);
        self.changes += 1;
        let loaded = loaded.and_then(|()| {
            self.require_limits()?;
            self.ensure_secret()?;
            Ok(self.token_facts()?)
        });
        let outcome = match &loaded {
            Ok(_) => Outcome::Commit,
            Err(_) => Outcome::Rollback,
        };
        // A failed rollback is the error to report, because the store may have changed.
        self.end_transaction(outcome)
            .map_err(SnapshotError::Store)?;
        self.tokens.take_over(loaded?);
        // Environments without a configured id have different ids in each registrar. Those of the snapshot replace
        // the present ones, and so do the tokens of these: a token is for the environment at a place
        // of the configuration.
        for (old, new) in here.iter().zip(&merged) {
            self.tokens.move_environment(old.id, new.id);
        }
        self.ids = Ids::after(&self.config.seed, &self.config.resume);
        for account in header.accounts {
            let AccountRow { id, ids, .. } = account;
            let usage = self.store.account(id).ok().flatten().map(|it| it.usage);
            let usage = usage.unwrap_or_default();
            self.ids.set_account(id, AccountState { ids, usage });
        }
        Ok(())
    }

    /// Refuses what was loaded if it exceeds the limits.
    fn require_limits(&self) -> Result<(), SnapshotError> {
        let mut total = Usage::default();
        let limits = &self.limits;
        let exceeds = |limit: Option<u64>, value: u64| limit.is_some_and(|limit| value > limit);
        for account in self.store.accounts()? {
            if exceeds(limits.account_records, account.usage.records) {
                return Err(SnapshotError::Limit("accountRecords"));
            }
            if exceeds(limits.account_bytes, account.usage.bytes) {
                return Err(SnapshotError::Limit("accountBytes"));
            }
            total = total.plus(account.usage);
        }
        if exceeds(limits.records, total.records) {
            return Err(SnapshotError::Limit("records"));
        }
        if exceeds(limits.bytes, total.bytes) {
            return Err(SnapshotError::Limit("bytes"));
        }
        Ok(())
    }

    /// The ids of the configured environments, from the snapshot. One that has none in the snapshot keeps
    /// its own, for a reset.
    fn merge(
        &self,
        here: &[GeneratedEnvironment],
        there: &[GeneratedEnvironment],
    ) -> Result<Vec<GeneratedEnvironment>, SnapshotError> {
        let key = |it: &GeneratedEnvironment| (it.account_id, it.place);
        let mut merged = here.to_vec();
        for it in &mut merged {
            let other = there.iter().find(|there| key(there) == key(it));
            it.id = other.map_or(it.id, |other| other.id);
        }
        // With these ids, a reset must succeed.
        let fits = |it: &GeneratedEnvironment| {
            self.config.can_have(it.account_id, it.id)
                && merged.iter().filter(|other| other.id == it.id).count() == 1
        };
        if merged.iter().all(fits) {
            Ok(merged)
        } else {
            Err(SnapshotError::Refused)
        }
    }
}

/// Replaces all records of the store, inside the open unit.
fn load(
    store: &mut dyn Store,
    header: &Header<'_>,
    generated: &[GeneratedEnvironment],
    from: &mut Reader<'_>,
) -> Result<(), SnapshotError> {
    store.clear()?;
    for account in &header.accounts {
        store.insert_account(account)?;
    }
    for it in generated {
        store.keep_generated_environment(it)?;
    }
    let snapshots = store.snapshots_mut().ok_or(SnapshotError::Unsupported)?;
    snapshots.load(from, header.form)?;
    match header.form {
        SnapshotForm::WithTokens | SnapshotForm::WithObjects => snapshots.load_tokens(from)?,
        SnapshotForm::TwoNullable | SnapshotForm::NamedNullable => {}
    }
    snapshots.count()?;
    if from.is_finished() {
        Ok(())
    } else {
        Err(SnapshotError::Refused)
    }
}
