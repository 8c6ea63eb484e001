//! The part of a snapshot before the records: its form, the accounts and the configured ids.

use std::borrow::Cow;

use crate::model::pfid::Pfid;
use crate::registrar::Registrar;
use crate::store::memory::{Reader, SnapshotForm, Writer};
use crate::store::{AccountRow, GeneratedEnvironment, IdState, StoreError, Usage};

/// The beginnings of the snapshots that can be read, with the versions of their formats. New ones have the last.
const FORMS: [(&str, SnapshotForm); 4] = [
    ("agent-registrar snapshot 3", SnapshotForm::TwoNullable),
    ("agent-registrar snapshot 4", SnapshotForm::NamedNullable),
    ("agent-registrar snapshot 5", SnapshotForm::WithTokens),
    ("agent-registrar snapshot 6", SnapshotForm::WithObjects),
];

/// The part of a snapshot before the records.
pub(super) struct Header<'a> {
    pub(super) form: SnapshotForm,
    pub(super) accounts: Vec<AccountRow<'a>>,
    pub(super) generated: Vec<GeneratedEnvironment>,
    /// The ids of the configured accounts. The others were made by the operator.
    pub(super) configured: Vec<Pfid>,
}

impl Registrar {
    /// Writes the part before the records.
    pub(super) fn write_header(&self, out: &mut Writer) -> Result<(), StoreError> {
        out.text(FORMS[FORMS.len() - 1].0);
        let position = self.ids.position();
        out.number((position >> 64) as u64);
        out.number(position as u64);
        // The state of the request numbers in earlier forms. They go on where they are.
        out.number(0);
        let accounts = self.store.accounts()?;
        out.number(accounts.len() as u64);
        for account in &accounts {
            out.pfid(account.id);
            out.text(&account.name);
            out.timestamp(account.inserted_at);
            out.timestamp(account.updated_at);
            out.option(account.ids.last_id, Writer::pfid);
            out.option(account.ids.highest_chosen_id, Writer::pfid);
        }
        let generated = self.generated_environments()?;
        out.number(generated.len() as u64);
        for it in &generated {
            out.pfid(it.account_id);
            out.number(it.place);
            out.pfid(it.id);
        }
        let configured = self.configured_accounts();
        out.number(configured.len() as u64);
        configured.iter().for_each(|id| out.pfid(*id));
        Ok(())
    }
}

pub(super) fn read_header<'a>(from: &mut Reader<'a>) -> Option<Header<'a>> {
    let title = from.text();
    let (_, form) = FORMS.into_iter().find(|(known, _)| *known == title)?;
    let beyond = from.number();
    let random_position = from.number();
    // No registrar has such a position.
    if beyond != 0 {
        return None;
    }
    // The state of the request numbers, in earlier forms.
    from.number();
    let mut accounts = Vec::new();
    for _ in 0..from.number() {
        let account = AccountRow {
            id: from.pfid(),
            name: Cow::Borrowed(from.text()),
            inserted_at: from.timestamp(),
            updated_at: from.timestamp(),
            ids: IdState {
                last_id: from.option(Reader::pfid),
                highest_chosen_id: from.option(Reader::pfid),
                random_position,
            },
            usage: Usage::default(),
        };
        accounts.push(from.sound(account)?);
    }
    let mut generated = Vec::new();
    for _ in 0..from.number() {
        let it = GeneratedEnvironment {
            account_id: from.pfid(),
            place: from.number(),
            id: from.pfid(),
        };
        generated.push(from.sound(it)?);
    }
    let configured: Vec<Pfid> = match form {
        SnapshotForm::WithTokens | SnapshotForm::WithObjects => {
            let count = from.number();
            (0..count)
                .map_while(|_| {
                    let id = from.pfid();
                    from.sound(id)
                })
                .collect()
        }
        SnapshotForm::TwoNullable | SnapshotForm::NamedNullable => {
            accounts.iter().map(|it| it.id).collect()
        }
    };
    from.sound(Header {
        form,
        accounts,
        generated,
        configured,
    })
}
