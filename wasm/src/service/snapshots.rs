//! Snapshots of the whole state: taken in pieces, and restored.

use std::mem;

use wasm_bindgen::prelude::wasm_bindgen;

use agent_registrar::registrar::SnapshotError;

use super::call;

/// Writes the next piece of a snapshot of the whole state, without the configured tokens, as the output: about 1 MiB, or a single
/// record. `first` begins one. Returns 1; 2 if it was the last; or 0 with a message as the output, if the registrar was changed
/// since the first piece.
#[wasm_bindgen]
#[must_use]
pub fn snapshot(first: bool) -> u32 {
    call(|it| {
        let registrar = it.service.as_ref()?.registrar();
        let mut piece = mem::take(&mut it.output);
        piece.clear();
        let run = match (first, it.snapshot.take()) {
            (true, _) => registrar.begin_snapshot(),
            (false, Some(run)) => Ok(run),
            // The registrar was restored meanwhile.
            (false, None) => Err(SnapshotError::Changed),
        };
        let written = run.and_then(|mut run| {
            let is_last = registrar.snapshot_piece(&mut run, &mut piece)?;
            Ok((!is_last).then_some(run))
        });
        match written {
            Ok(run) => {
                let is_last = run.is_none();
                it.snapshot = run;
                it.show_output(piece);
                Some(1 + u32::from(is_last))
            }
            Err(error) => Some(it.show_result::<SnapshotError>(Err(error))),
        }
    })
}

/// Restores the state of the snapshot in the buffer. Returns 1; or 0, and nothing is changed, if it is not a snapshot or could not be
/// restored. The output is then a message, which is empty if the bytes are not a snapshot.
#[wasm_bindgen]
#[must_use]
pub fn restore() -> u32 {
    call(|it| {
        let snapshot = it.take_first_part();
        let restored = it.service.as_mut()?.registrar_mut().restore(&snapshot);
        if let Err(SnapshotError::Refused) = restored {
            it.show_output(Vec::new());
            return Some(0);
        }
        Some(it.show_result(restored))
    })
}
