//! The account of the token. Other accounts do not exist for a caller.

use super::{Account, Caller, Failure, Kind, Registrar};
use crate::model::pfid::Pfid;

/// The caller's account. Only a token of the account's scope sees it. **\[ours\]**
pub fn own<'r>(registrar: &'r Registrar, caller: &Caller) -> Result<&'r Account, Failure> {
    caller.require_account_scope()?;
    registrar.account(caller).ok_or_else(Failure::unexpected)
}

/// The account of an id, which must be the caller's.
pub fn fetch<'r>(
    registrar: &'r Registrar,
    caller: &Caller,
    id: Pfid,
) -> Result<&'r Account, Failure> {
    if id != caller.account_id {
        return Err(registrar.missing(caller, id, Kind::Account));
    }
    own(registrar, caller)
}

/// Renames the account, where there is a new name.
pub fn update<'r>(
    registrar: &'r mut Registrar,
    caller: &Caller,
    id: Pfid,
    name: Option<&str>,
) -> Result<&'r Account, Failure> {
    fetch(registrar, caller, id)?;
    let Some(account) = registrar.account_mut(caller) else {
        return Err(Failure::unexpected());
    };
    if let Some(name) = name {
        account.name = name.to_owned();
    }
    account.updated_at = caller.now;
    Ok(account)
}
