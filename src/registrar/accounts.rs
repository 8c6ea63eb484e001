//! The account of the token. Other accounts do not exist for a caller.

use super::{Caller, Failure, Kind, Registrar};
use crate::model::pfid::Pfid;
use crate::store::AccountRow;

/// The caller's account. Only a token of the account's scope sees it. **\[ours\]**
pub fn own<'r>(registrar: &'r Registrar, caller: &Caller) -> Result<AccountRow<'r>, Failure> {
    caller.require_account_scope()?;
    let row = registrar.store.account(caller.account_id)?;
    row.ok_or_else(Failure::unexpected)
}

/// The account of an id, which must be the caller's.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<AccountRow<'r>, Failure> {
    if id != caller.account_id {
        return Err(registrar.missing(caller, id, Kind::Account));
    }
    own(registrar, caller)
}

/// Renames the account, if there is a new name.
pub fn update<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    name: Option<&str>,
) -> Result<AccountRow<'r>, Failure> {
    if id != caller.account_id {
        return Err(registrar.missing(caller, id, Kind::Account));
    }
    caller.require_account_scope()?;
    let store = registrar.write_object(id);
    Ok(store.update_account(id, name, caller.now)?)
}
