//! Accounts, environments and API tokens.

use super::*;

/// An account is read as it was inserted and updated. One generated id is stored for each place of an environment.
pub fn accounts_are_kept(store: &mut dyn Store) {
    assert_eq!(store.account(id(ACCOUNT)).unwrap(), None);
    furnish(store);
    let row = account(ACCOUNT);
    assert_eq!(store.account(row.id).unwrap(), Some(row.clone()));
    let mut ids: Vec<Pfid> = store.accounts().unwrap().iter().map(|it| it.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [id(ACCOUNT), id(OTHER_ACCOUNT)]);

    let renamed = AccountRow {
        name: Cow::Borrowed("Renamed"),
        updated_at: moment(9),
        ..row
    };
    let changed = store.update_account(renamed.id, Some("Renamed"), moment(9));
    assert_eq!(changed.unwrap(), renamed);
    let ids = IdState {
        last_id: Some(id(100)),
        highest_chosen_id: Some(id(200)),
        random_position: u64::from(u32::MAX) + 1,
    };
    let usage = Usage {
        records: 3,
        bytes: 4,
    };
    store.set_account_state(renamed.id, &ids, &usage).unwrap();
    let kept = store.account(renamed.id).unwrap().unwrap();
    let state = AccountRow {
        ids,
        usage,
        ..renamed
    };
    assert_eq!(kept, state);

    let generated = |place, number| GeneratedEnvironment {
        account_id: id(ACCOUNT),
        place,
        id: id(number),
    };
    for row in [generated(0, 50), generated(1, 51), generated(0, 52)] {
        store.keep_generated_environment(&row).unwrap();
    }
    let kept = store.generated_environments().unwrap();
    assert_eq!(kept, [generated(0, 52), generated(1, 51)]);
}

/// An environment is read as it was inserted and updated, and does not exist after its deletion.
pub fn environments_are_kept(store: &mut dyn Store) {
    furnish(store);
    let row = environment(ENVIRONMENTS[0], ACCOUNT);
    assert_eq!(store.environment(row.id).unwrap(), Some(row.clone()));
    assert_eq!(store.environment(id(ACCOUNT)).unwrap(), None);
    assert_eq!(store.environments(id(ACCOUNT)).unwrap().len(), 2);
    let touched = store.update_environment(row.id, None, moment(8)).unwrap();
    assert_eq!(touched.name, row.name);
    let renamed = EnvironmentRow {
        name: Cow::Borrowed("Renamed"),
        updated_at: moment(9),
        ..row
    };
    let changed = store.update_environment(renamed.id, Some("Renamed"), moment(9));
    assert_eq!(changed.unwrap(), renamed);
    assert_eq!(
        store.environment(renamed.id).unwrap(),
        Some(renamed.clone())
    );
    store.delete_environment(renamed.id).unwrap();
    assert_eq!(store.environment(renamed.id).unwrap(), None);
    assert_eq!(store.environments(id(ACCOUNT)).unwrap().len(), 1);
    // Its id is free again.
    store.insert_environment(&renamed).unwrap();
}

/// An API token is read as it was inserted and updated, by id and by digest, and does not exist after its deletion. Its
/// environment need not exist.
pub fn api_tokens_are_kept(store: &mut dyn Store) {
    furnish(store);
    assert!(!store.has_api_tokens().unwrap());
    let mut row = ApiTokenRow {
        environment_id: Some(id(99)),
        name: Some(Cow::Borrowed("é")),
        expires_at: Some(moment(i64::from(u32::MAX) << 20)),
        last_used_at: Some(moment(-1)),
        ..api_token(60, ACCOUNT)
    };
    let plain = api_token(61, OTHER_ACCOUNT);
    for row in [&row, &plain] {
        store.insert_api_token(row).unwrap();
        assert_eq!(store.api_token(row.id).unwrap().as_ref(), Some(row));
        let found = store.api_token_of_digest(&row.digest).unwrap();
        assert_eq!(found.as_ref(), Some(row));
    }
    assert!(store.has_api_tokens().unwrap());
    assert_eq!(store.api_token(id(ACCOUNT)).unwrap(), None);
    assert_eq!(store.api_token_of_digest(&[7; 32]).unwrap(), None);
    assert_eq!(store.api_tokens(id(ACCOUNT)).unwrap(), [row.clone()]);
    assert_eq!(store.api_tokens(id(99)).unwrap(), []);

    for state in [
        TokenState::Revoked,
        TokenState::Suspended,
        TokenState::Active,
    ] {
        row.state = state;
        row.updated_at = moment(row.updated_at.micros() + 1);
        let changed = store.update_api_token(row.id, state, row.updated_at);
        assert_eq!(changed.unwrap(), row);
    }
    row.last_used_at = Some(moment(9));
    store.note_api_token_use(row.id, moment(9)).unwrap();
    assert_eq!(store.api_token(row.id).unwrap(), Some(row.clone()));

    store.delete_api_token(row.id).unwrap();
    assert_eq!(store.api_token(row.id).unwrap(), None);
    assert_eq!(store.api_token_of_digest(&row.digest).unwrap(), None);
    assert_eq!(store.api_tokens(id(ACCOUNT)).unwrap(), []);
    // Its id and its digest are free again.
    store.insert_api_token(&row).unwrap();
}

/// The digests of void tokens and the secret of texts are kept.
pub fn facts_of_tokens_are_kept(store: &mut dyn Store) {
    assert!(!store.is_void_token(&[1; 32]).unwrap());
    for _ in 0..2 {
        store.void_token(&[1; 32]).unwrap();
        assert!(store.is_void_token(&[1; 32]).unwrap());
        assert!(!store.is_void_token(&[2; 32]).unwrap());
    }
    assert_eq!(store.token_secret().unwrap(), None);
    for secret in [[1; 32], [2; 32]] {
        store.keep_token_secret(&secret).unwrap();
        assert_eq!(store.token_secret().unwrap(), Some(secret));
    }
}
