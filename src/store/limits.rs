//! The limits of what a registrar stores.

/// The limits of what a registrar stores. At a limit, a request that would store more is refused with 409
/// `insufficient_storage`, before anything is allocated, and nothing is changed. Reading, deleting, starting, finishing, retiring
/// and reinstating go on. **\[ours\]**
///
/// An absent limit is that of the store: [`Limits::MEMORY`] for records in memory, none for a database.
///
/// ```
/// use agent_registrar::{Config, Limits, Registrar, Timestamp};
///
/// let mut config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// config.limits = Limits { account_records: Some(10_000), ..Limits::default() };
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let registrar = Registrar::new(config, now)?;
/// assert_eq!(registrar.limits().account_records, Some(10_000));
/// assert_eq!(registrar.limits().bytes, Limits::MEMORY.bytes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "written with `..Limits::default()`"
)]
pub struct Limits {
    /// The bytes of all records, of all records of idempotency keys, and of the answers stored for them
    /// ([`Usage`](super::Usage)). Where they reach it, stored answers are dropped first, the oldest before the others.
    pub bytes: Option<u64>,
    /// The number of all records: accounts, environments, API tokens, agents, versions, instances and spans.
    pub records: Option<u64>,
    /// The bytes of the records of one account.
    pub account_bytes: Option<u64>,
    /// The number of records of one account.
    pub account_records: Option<u64>,
    /// The number of records of idempotency keys, each of which is kept for 24 hours. Beyond it, half as many as
    /// [`records`](Limits::records) are kept for start, finish, retire, reinstate, suspend, activate and revoke, and as many again for
    /// DELETE.
    pub keys: Option<u64>,
}

impl Limits {
    /// No limits.
    pub const NONE: Limits = Limits {
        bytes: None,
        records: None,
        account_bytes: None,
        account_records: None,
        keys: None,
    };

    /// The defaults in memory: far below the 4 GiB that a WebAssembly memory holds.
    pub const MEMORY: Limits = Limits {
        bytes: Some(1024 * 1024 * 1024),
        records: Some(2_000_000),
        account_bytes: None,
        account_records: None,
        keys: Some(1_000_000),
    };

    /// These limits; absent ones are those of `other`.
    #[must_use]
    pub fn or(self, other: Limits) -> Limits {
        Limits {
            bytes: self.bytes.or(other.bytes),
            records: self.records.or(other.records),
            account_bytes: self.account_bytes.or(other.account_bytes),
            account_records: self.account_records.or(other.account_records),
            keys: self.keys.or(other.keys),
        }
    }
}
