//! Conversations with a registrar in memory and one on SQLite: their answers are equal, byte for byte.

use agent_registrar::Service;
use agent_registrar::store::sql::SqlStore;

use crate::conversation::{Conversation, config};
use crate::database::Databases;
use crate::openapi;

/// Databases with the tables of today.
pub(crate) static EMPTY: Databases = Databases::new(|host| drop(SqlStore::with_host(host)));

pub(crate) fn run(data: &[u8]) {
    let mut conversation = Conversation::new(data);
    let mut memory = Service::new(config(), Conversation::start()).unwrap();
    let database = EMPTY.lend();
    let mut sqlite = database.open();
    while let Some((sent, now)) = conversation.next() {
        let (one, other) = (sent.to(&mut memory, now), sent.to(&mut sqlite, now));
        let is_same = one.status() == other.status() && one.bytes() == other.bytes();
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            is_same,
            "{sent:?}\n{}\n{}",
            shown(one.bytes()),
            shown(other.bytes())
        );
        conversation.learn(&openapi::check(sent.method, &sent.target, &one));
    }
}
