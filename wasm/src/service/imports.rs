//! The database behind the store of `service-sql.wasm`: two functions that JavaScript provides (`js/sql/imports.ts`).
//!
//! JavaScript brackets the transactions, so [`begin`](SqlHost::begin), [`commit`](SqlHost::commit) and
//! [`rollback`](SqlHost::rollback) do nothing here.

use agent_registrar::store::sql::{SqlError, SqlErrorKind, SqlHost, Statement};

/// The room for rows that a call of [`execute`] has at least: most results fit, and then there is no second call.
const LEAST_ROOM: usize = 4096;

/// The longest message of an error that is read, in bytes. The rest is cut off.
const LONGEST_MESSAGE: usize = 512;

#[link(wasm_import_module = "sql")]
#[allow(
    unsafe_code,
    reason = "imports are foreign functions; without wasm-bindgen, which would copy every value twice"
)]
unsafe extern "C" {
    /// Runs the statement of an index, whose text JavaScript reads when it meets the index for the first time. Writes the
    /// rows to `rows` and returns their length in bytes. Where that exceeds `capacity`, nothing was written, and [`take`]
    /// gives them. Where the database refused the statement, it returns minus SQLite's result code, and [`take`] gives
    /// the message.
    fn execute(
        index: u32,
        text: *const u8,
        text_length: usize,
        parameters: *const u8,
        parameters_length: usize,
        rows: *mut u8,
        capacity: usize,
    ) -> i32;

    /// Writes the beginning of the bytes that the last call left for this, at most `capacity`, and returns how many it wrote.
    fn take(target: *mut u8, capacity: usize) -> usize;
}

/// The database that JavaScript has.
#[derive(Debug)]
pub(super) struct ImportedHost;

impl SqlHost for ImportedHost {
    fn execute(
        &mut self,
        statement: Statement,
        parameters: &[u8],
        rows: &mut Vec<u8>,
    ) -> Result<(), SqlError> {
        rows.reserve(LEAST_ROOM);
        let room = rows.spare_capacity_mut();
        let text = statement.text();
        // SAFETY: JavaScript reads the text and the parameters within their lengths, writes at most the room's bytes, and
        // calls nothing of this instance meanwhile.
        #[allow(unsafe_code)]
        let length = unsafe {
            execute(
                statement.index().into(),
                text.as_ptr(),
                text.len(),
                parameters.as_ptr(),
                parameters.len(),
                room.as_mut_ptr().cast(),
                room.len(),
            )
        };
        let Ok(length) = usize::try_from(length) else {
            return Err(error(length.unsigned_abs()));
        };
        let written = match length <= room.len() {
            true => length,
            false => take_into(rows, length),
        };
        // SAFETY: JavaScript wrote as many bytes behind the end.
        #[allow(unsafe_code)]
        unsafe {
            rows.set_len(rows.len() + written);
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        Ok(())
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), SqlError> {
        Ok(())
    }
}

/// Writes the bytes that JavaScript keeps behind the end of `target`, whose length stays. Returns how many it wrote.
fn take_into(target: &mut Vec<u8>, length: usize) -> usize {
    target.reserve(length);
    let room = target.spare_capacity_mut();
    let capacity = room.len();
    // SAFETY: JavaScript writes at most `capacity` bytes, and the result is bounded all the same.
    #[allow(unsafe_code)]
    let written = unsafe { take(room.as_mut_ptr().cast(), capacity) };
    written.min(capacity)
}

/// The error of SQLite's result code, with the message that JavaScript keeps.
#[cold]
pub(super) fn error(code: u32) -> SqlError {
    let mut message = Vec::new();
    let written = take_into(&mut message, LONGEST_MESSAGE);
    // SAFETY: as many bytes were written.
    #[allow(unsafe_code)]
    unsafe {
        message.set_len(written);
    }
    let kind = SqlErrorKind::from_code(i32::try_from(code).unwrap_or(1));
    SqlError::new(kind, String::from_utf8_lossy(&message))
}
