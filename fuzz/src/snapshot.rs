//! Changed snapshots are refused, and change nothing; or they are taken, and the registrar behaves.

use std::sync::LazyLock;

use agent_registrar::api::Service;
use sha2::{Digest, Sha256};

use crate::conversation::{Conversation, config, hold};
use crate::draw::Draw;
use crate::look::look;
use crate::mutate::Inputs;

/// Snapshots to change: of a build with an earlier form, and of conversations.
static SNAPSHOTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let earlier = include_bytes!("../../tests/snapshots/form-3.bin").to_vec();
    let held = Inputs::new(1, Vec::new())
        .filter(|data| data.len() > 100)
        .take(12)
        .map(|data| {
            let mut service = open();
            hold(&mut service, &data);
            service.registrar().snapshot().unwrap()
        });
    [earlier].into_iter().chain(held).collect()
});

/// The snapshot of a new registrar.
static BEFORE: LazyLock<Vec<u8>> = LazyLock::new(|| open().registrar().snapshot().unwrap());

fn open() -> Service {
    Service::new(config(), Conversation::start()).unwrap()
}

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let mut snapshot = SNAPSHOTS[draw.below(SNAPSHOTS.len())].clone();
    for _ in 0..draw.below(4) {
        change(&mut draw, &mut snapshot);
    }
    // With its digest right, the parts behind the digest are reached.
    if !draw.rarely(8) && snapshot.len() >= 32 {
        let end = snapshot.len() - 32;
        let digest = Sha256::digest(&snapshot[..end]);
        snapshot[end..].copy_from_slice(&digest);
    }
    let mut service = open();
    if service.registrar_mut().restore(&snapshot).is_err() {
        assert_eq!(service.registrar().snapshot().unwrap(), *BEFORE);
        return;
    }
    look(&mut service);
    let taken = service.registrar().snapshot().unwrap();
    hold(&mut service, draw.rest());
    look(&mut service);
    let mut other = open();
    other.registrar_mut().restore(&taken).unwrap();
    assert_eq!(other.registrar().snapshot().unwrap(), taken);
}

/// One change: a byte, a number of eight bytes, or a piece left out or repeated.
fn change(draw: &mut Draw<'_>, snapshot: &mut Vec<u8>) {
    let length = snapshot.len();
    let at = draw.below(length.max(1));
    let end = (at + 1 + draw.below(40)).min(length);
    match draw.below(6) {
        0 => snapshot[at] = draw.byte(),
        1 => snapshot[at] ^= 1 << draw.below(8),
        2 => {
            snapshot.drain(at..end);
        }
        3 => {
            let piece = snapshot[at..end].to_vec();
            snapshot.splice(at..at, piece);
        }
        4 => snapshot.truncate(at.max(1)),
        _ => snapshot[at] = snapshot[at].wrapping_add(draw.one_of(&[1, 255])),
    }
}
