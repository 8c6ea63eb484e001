//! The limits of what a registrar stores. **\[ours\]**
//!
//! Each operation [charges](Registrar::charge) what it is about to store, before it writes anything, and
//! [refunds](Registrar::refund) what it removes. What an account counts is saved with its id state, in the unit of work of the
//! records that it counts.

use super::{Caller, Failure, Registrar};
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::store::{KEY_BYTES, KeyUsage, Limits, StoreError, Usage, answer_bytes};

/// Which room an operation's idempotency key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRoom {
    /// That of all operations.
    Ordinary,
    /// The room that is reserved for changes of state that store nothing else.
    Change,
    /// The room that is reserved for deletes.
    Delete,
}

impl KeyRoom {
    /// How many keys there may be with this one.
    fn most(self, limits: &Limits) -> Option<u64> {
        let keys = limits.keys?;
        match self {
            KeyRoom::Ordinary => Some(keys),
            KeyRoom::Change => Some(keys.saturating_add(limits.records?.div_ceil(2))),
            KeyRoom::Delete => Some(keys.saturating_add(limits.records?)),
        }
    }
}

impl Registrar {
    /// The limits that apply.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts what a record of an account adds, or refuses it where a limit is reached. Drops stored answers where that makes the
    /// room.
    pub(crate) fn charge(&mut self, account_id: Pfid, added: Usage) -> Result<(), Failure> {
        let limits = self.limits;
        let total = self.ids.total_usage().plus(added);
        let account = self.ids.usage(account_id).plus(added);
        if added.records > 0 {
            exceeds(limits.records, total.records, &TOTAL_RECORDS)?;
            exceeds(limits.account_records, account.records, &ACCOUNT_RECORDS)?;
        }
        if added.bytes > 0 {
            exceeds(limits.account_bytes, account.bytes, &ACCOUNT_BYTES)?;
            if let Some(limit) = limits.bytes {
                let KeyUsage { keys, body_bytes } = self.store.key_usage()?;
                let taken = total.bytes.saturating_add(keys.saturating_mul(KEY_BYTES));
                exceeds(Some(limit), taken, &TOTAL_BYTES)?;
                if taken.saturating_add(body_bytes) > limit {
                    self.write().drop_bodies(limit - taken)?;
                }
            }
        }
        self.ids.set_usage(account_id, account);
        Ok(())
    }

    /// Counts what a record of an account adds, whatever the limits: the configuration is stored in any case.
    pub(super) fn count(&mut self, account_id: Pfid, added: Usage) {
        let usage = self.ids.usage(account_id).plus(added);
        self.ids.set_usage(account_id, usage);
    }

    /// Counts what an account no longer stores.
    pub(crate) fn refund(&mut self, account_id: Pfid, removed: Usage) {
        let usage = self.ids.usage(account_id).minus(removed);
        self.ids.set_usage(account_id, usage);
    }

    /// Counts the change of a record whose bytes change.
    pub(super) fn recharge(
        &mut self,
        account_id: Pfid,
        before: Usage,
        after: Usage,
    ) -> Result<(), Failure> {
        if after.bytes > before.bytes {
            return self.charge(account_id, after.minus(before));
        }
        if after.bytes < before.bytes {
            self.refund(account_id, before.minus(after));
        }
        Ok(())
    }

    /// Refuses a request whose key would not fit.
    pub(crate) fn require_key_room(
        &mut self,
        caller: &Caller,
        room: KeyRoom,
    ) -> Result<(), Failure> {
        let limits = self.limits;
        if limits.keys.is_none() && limits.bytes.is_none() {
            return Ok(());
        }
        let KeyUsage { keys, .. } = self.store.key_usage()?;
        if let Some(most) = room.most(&limits)
            && keys >= most
        {
            let over = self.store.first_key_over()?;
            match over {
                // Some of them are over, and make way.
                Some(over) if over <= caller.now => self.write().press_keys(caller.now)?,
                _ => {
                    let when = over.map_or(String::new(), |over| format!(" Room comes at {over}."));
                    return Err(Failure::refused(
                        ErrorCode::InsufficientStorage,
                        format!(
                            "The limit keys ({most} idempotency keys, each kept for 24 hours) is reached.{when} Until then, send the \
                             request without a key."
                        ),
                    ));
                }
            }
        }
        if room == KeyRoom::Ordinary && limits.bytes.is_some() {
            let bytes = keys.saturating_add(1).saturating_mul(KEY_BYTES);
            let total = self.ids.total_usage().bytes.saturating_add(bytes);
            exceeds(limits.bytes, total, &TOTAL_BYTES)?;
        }
        Ok(())
    }

    /// Whether there is room to store an answer, after older ones are dropped.
    pub(super) fn make_room_for_answer(&mut self, body: &[u8]) -> Result<bool, StoreError> {
        let Some(limit) = self.limits.bytes else {
            return Ok(true);
        };
        let KeyUsage { keys, body_bytes } = self.store.key_usage()?;
        let taken = keys.saturating_add(1).saturating_mul(KEY_BYTES);
        let taken = taken.saturating_add(self.ids.total_usage().bytes);
        let free = limit.saturating_sub(taken);
        let needed = answer_bytes(body);
        if needed > free {
            return Ok(false);
        }
        if body_bytes > free - needed {
            self.write().drop_bodies(free - needed)?;
        }
        Ok(true)
    }
}

/// A limit in messages.
struct Named {
    option: &'static str,
    unit: &'static str,
}

const TOTAL_RECORDS: Named = Named {
    option: "records",
    unit: "records",
};
const TOTAL_BYTES: Named = Named {
    option: "bytes",
    unit: "bytes",
};
const ACCOUNT_RECORDS: Named = Named {
    option: "accountRecords",
    unit: "records in the account",
};
const ACCOUNT_BYTES: Named = Named {
    option: "accountBytes",
    unit: "bytes in the account",
};

fn exceeds(limit: Option<u64>, value: u64, named: &Named) -> Result<(), Failure> {
    match limit {
        Some(limit) if value > limit => Err(insufficient(limit, named)),
        _ => Ok(()),
    }
}

#[cold]
#[inline(never)]
fn insufficient(limit: u64, named: &Named) -> Failure {
    let Named { option, unit } = named;
    Failure::refused(
        ErrorCode::InsufficientStorage,
        format!("The limit {option} ({limit} {unit}) is reached. Delete what is no longer needed."),
    )
}
