//! Snapshots of earlier builds are taken over. `snapshots/form-3.bin` has two agents: the first with a description, an
//! instance and current versions, the second without any of it.
#![cfg(feature = "service")]
#![allow(clippy::unwrap_used)]

use agent_registrar::registrar::agents;
use agent_registrar::registrar::config::DEFAULT_ACCOUNT;
use agent_registrar::store::{AgentRow, MemoryStore, Nullable};
use agent_registrar::{Caller, Config, Pfid, Registrar, Timestamp};

const FORM_3: &[u8] = include_bytes!("snapshots/form-3.bin");
const WITH_VERSIONS: &str = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
const WITHOUT_VERSIONS: &str = "01kr0y2g803nqk8n7r0eybw9bx0dczty";

fn registrar() -> Registrar {
    let config = Config::from_json(br#"{"seed_text": "seed"}"#).unwrap();
    Registrar::open(config, Box::new(MemoryStore::new(1)), Timestamp::EPOCH).unwrap()
}

fn agent<'r>(registrar: &'r Registrar, id: &str) -> AgentRow<'r> {
    let caller = Caller::of_account(Pfid::parse(DEFAULT_ACCOUNT).unwrap(), Timestamp::EPOCH);
    agents::fetch(registrar, &caller, Pfid::parse(id).unwrap()).unwrap()
}

#[test]
fn a_snapshot_of_form_3_is_taken_over_and_saved_in_the_form_of_today() {
    let mut registrar = registrar();
    registrar.restore(FORM_3).unwrap();
    let saved = registrar.snapshot().unwrap();
    assert!(!saved.starts_with(&FORM_3[..27]));
    let mut other = self::registrar();
    other.restore(&saved).unwrap();
    for registrar in [&registrar, &other] {
        let row = agent(registrar, WITH_VERSIONS);
        assert_eq!(
            (&*row.name, row.description.as_deref()),
            ("First", Some("With a description"))
        );
        assert_eq!(
            (row.counts.pending, row.last_activity),
            (1, Some(row.updated_at))
        );
        let ids: Vec<&str> = AgentRow::NULLABLE
            .iter()
            .zip(row.nullable())
            .filter(|(_, it)| !it.is_null())
            .map(|it| *it.0)
            .collect();
        assert_eq!(ids, ["current_version_id", "current_schema_version_id"]);
        let row = agent(registrar, WITHOUT_VERSIONS);
        assert_eq!((&*row.name, row.description.as_deref()), ("Second", None));
        assert!(row.nullable().all(Nullable::is_null));
    }
}
