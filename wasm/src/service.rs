//! The binding of the service: bytes in, bytes out.
//!
//! JavaScript (`js/service/host.ts`) creates one instance of this module per registrar, so an instance has one service
//! and a trap ends one registrar. Arguments and results are numbers; texts and bytes travel through the instance's
//! memory. After a trap the instance must not be called again.
//!
//! # Memory layout
//!
//! [`numbers`] returns the address of 30 numbers of 32 bits, aligned to four bytes. They never move.
//!
//! | index | written by | meaning |
//! | --- | --- | --- |
//! | 0, 1 | Rust | the request buffer: its address, its size in bytes |
//! | 2 to 11 | JavaScript | the lengths in bytes of the parts in the request buffer; `u32::MAX`: the part is absent |
//! | 12 to 14 | Rust | the output: its address, the bytes of its head, the bytes of its body |
//! | 15, 16 | Rust | the id of the request, within the head: its address, its bytes |
//! | 17, 18 | Rust | the cause of an answer with status 500 or above, for the log: its address, its bytes; no bytes: none |
//! | 19 | Rust | 1: the head is plain ([`Answer::is_plain`]) |
//! | 20, 21 | Rust | the name of the operation, a constant: its address, its bytes; no bytes: none |
//! | 22, 23 | Rust | the id of the token's account: its address, its bytes; no bytes: none |
//! | 24 to 29 | Rust | how far the registrar has come ([`Registrar::progress`](agent_registrar::Registrar::progress)): requests, position, latest, each the lower half first |
//!
//! The parts lie at the beginning of the request buffer, one after another, and an absent one takes no bytes. Texts are
//! UTF-8.
//!
//! | part | [`handle`], [`refuse_by_head`] | [`refuse`] | [`open`] | [`restore`](snapshots::restore) |
//! | --- | --- | --- | --- | --- |
//! | 0 | method | message | configuration, JSON | snapshot |
//! | 1 | path and query | `Accept` | | |
//! | 2 | `Authorization` | `Origin` | | |
//! | 3 | `Content-Type` | | | |
//! | 4 | `Accept` | | | |
//! | 5 | `Origin` | | | |
//! | 6 | `Access-Control-Request-Method` | | | |
//! | 7 | `Access-Control-Request-Headers` | | | |
//! | 8 | `Content-Encoding` | | | |
//! | 9 | body | | | |
//!
//! # The file with a database
//!
//! The feature `service-sql` compiles the same binding into `service-sql.wasm`, whose records live in the SQL database of its
//! two imports (`service/imports.rs`). It has no `handle`, because JavaScript brackets the transactions: it calls `start`,
//! `step`, `finish`, `settle` and, around several requests, `begin_group` and `end_group` (`service/steps.rs`). It puts a
//! transaction around [`open`] and [`reset`], too. `start` has the parts of [`handle`].
//!
//! # The output
//!
//! The output is one run of bytes, the head and then the body. The head of an answer is one line `name: value\n` for each
//! header, in ASCII. Outputs that are not answers have an empty head. An output is valid until the next call.
//!
//! Lengths are checked here: the part of a length that exceeds the buffer is empty.

#[cfg(feature = "service-sql")]
mod imports;
mod layout;
pub mod snapshots;
#[cfg(feature = "service-sql")]
pub mod steps;

use std::cell::RefCell;
use std::mem;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::prelude::wasm_bindgen;

use agent_registrar::api::{Answer, Destination, HostRefusal, Method, Request, Service, Trace};
use agent_registrar::model::pfid::Pfid;
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::registrar::tokens::default_token_secret;
use agent_registrar::registrar::{Config, OpenError, SnapshotRun};
#[cfg(feature = "service-sql")]
use agent_registrar::store::sql::SqlStore;

use layout::{BUFFER, CAUSE, OUTPUT, PLAIN, PROGRESS, Parts, REQUEST_ID, TRACE, place, set};

/// Talc has a third of the size of the default allocator, and creating an agent takes less time with it.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// The minimum size of the request buffer in bytes. Nearly every request fits.
const LEAST_BUFFER: usize = 16 * 1024;

/// The state of an instance between calls.
#[derive(Default)]
struct Instance {
    service: Option<Service>,
    /// The request buffer.
    buffer: Vec<u8>,
    answer: Answer,
    /// An output that is not an answer.
    output: Vec<u8>,
    /// The snapshot that is being taken.
    snapshot: Option<SnapshotRun>,
    cause: String,
    /// The text of the account's id.
    account: [u8; Pfid::TEXT_LEN],
    #[cfg(feature = "service-sql")]
    pending: Option<steps::Pending>,
}

thread_local! {
    // WebAssembly has one thread, so each is one static.
    static INSTANCE: RefCell<Instance> = RefCell::default();
}

/// Runs a call. Returns 0 for `None`, and for a reentrant call.
fn call(work: impl FnOnce(&mut Instance) -> Option<u32>) -> u32 {
    INSTANCE.with(|it| {
        it.try_borrow_mut()
            .ok()
            .and_then(|mut it| work(&mut it))
            .unwrap_or(0)
    })
}

impl Instance {
    /// Takes the first part of the request buffer together with its memory, which may be large and is freed afterwards.
    fn take_first_part(&mut self) -> Vec<u8> {
        let mut bytes = mem::take(&mut self.buffer);
        set(BUFFER, [0, 0]);
        let length = Parts::of(&bytes).bytes().map_or(0, <[u8]>::len);
        bytes.truncate(length);
        bytes
    }

    fn show_answer(&mut self, trace: Trace) -> u32 {
        let operation = trace
            .operation
            .map_or([0, 0], |name| place(name.as_bytes()));
        let account = trace.account_id.map_or([0, 0], |id| {
            self.account = id.encode();
            place(&self.account)
        });
        set(TRACE, operation);
        set(TRACE + 2, account);
        let [address, _] = place(self.answer.bytes());
        let [head, body] = [self.answer.head(), self.answer.body()].map(|it| it.len() as u32);
        set(OUTPUT, [address, head, body]);
        set(REQUEST_ID, place(self.answer.request_id()));
        set(CAUSE, place(self.cause.as_bytes()));
        set(PLAIN, [self.answer.is_plain().into()]);
        self.show_progress();
        self.answer.status().into()
    }

    /// Tells JavaScript how far the registrar has come, for one that has to take its place after a trap.
    fn show_progress(&self) {
        if let Some(service) = &self.service {
            let progress = service.registrar().progress();
            let halves = |it: u64| [it as u32, (it >> 32) as u32];
            let [a, b] = halves(progress.requests);
            let [c, d] = halves(progress.position);
            let [e, f] = halves(progress.latest);
            set(PROGRESS, [a, b, c, d, e, f]);
        }
    }

    fn show_output(&mut self, output: Vec<u8>) {
        self.output = output;
        let [address, length] = place(&self.output);
        set(OUTPUT, [address, 0, length]);
    }

    /// Returns 1, or 0 with the message of the error as the output.
    fn show_result<E: std::error::Error>(&mut self, result: Result<(), E>) -> u32 {
        match result {
            Ok(()) => {
                self.show_progress();
                1
            }
            Err(error) => {
                self.show_output(error.to_string().into_bytes());
                0
            }
        }
    }
}

/// The address of the numbers.
#[wasm_bindgen]
#[must_use]
pub fn numbers() -> u32 {
    layout::address()
}

/// Grows the request buffer to at least `size` bytes and returns its address. Returns 0, and there is no buffer, if
/// there is no memory for it. The content is lost if the buffer has to grow.
#[wasm_bindgen]
#[must_use]
pub fn reserve(size: u32) -> u32 {
    call(|it| {
        let size = (size as usize).max(LEAST_BUFFER);
        if it.buffer.len() < size {
            // The old buffer is freed first, because its content is not needed.
            it.buffer = Vec::new();
            set(BUFFER, [0, 0]);
            it.buffer.try_reserve_exact(size).ok()?;
            it.buffer.resize(size, 0);
            set(BUFFER, place(&it.buffer));
        }
        let [address, _] = place(&it.buffer);
        Some(address)
    })
}

/// Opens a registrar from its configuration ([`Config::from_json`]) at a time in Unix milliseconds. It replaces
/// the one before. Returns 1; or, with a message as the output, 0 if the configuration is invalid and, in
/// `service-sql.wasm`, 2 if the store failed: then the one before stays.
#[wasm_bindgen]
#[must_use]
pub fn open(now_ms: f64) -> u32 {
    call(|it| {
        let config = Config::from_json(&it.take_first_part());
        let opened = config
            .map_err(OpenError::from)
            .and_then(|config| new_service(config, moment(now_ms)));
        #[cfg(feature = "service-sql")]
        if let Err(OpenError::Store(error)) = &opened {
            it.show_output(causes(error).into_bytes());
            return Some(2);
        }
        let result = opened.map(|service| it.service = Some(service));
        Some(it.show_result(result))
    })
}

/// An error with the errors behind it, in one line.
#[cfg(feature = "service-sql")]
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(not(feature = "service-sql"))]
fn new_service(config: Config, now: Timestamp) -> Result<Service, OpenError> {
    Service::new(config, now)
}

#[cfg(feature = "service-sql")]
fn new_service(config: Config, now: Timestamp) -> Result<Service, OpenError> {
    let store = SqlStore::with_host(imports::ImportedHost)?;
    Service::open(config, Box::new(store), now)
}

/// The request in the buffer.
fn request(buffer: &[u8], now: Timestamp) -> Request<'_> {
    let mut parts = Parts::of(buffer);
    // In the order of the table: a struct expression evaluates its fields as they are written.
    Request {
        method: Method::parse(parts.text().unwrap_or_default()),
        target: parts.text().unwrap_or_default(),
        authorization: parts.text(),
        content_type: parts.text(),
        accept: parts.text(),
        origin: parts.text(),
        requested_method: parts.text(),
        requested_headers: parts.text(),
        content_encoding: parts.text(),
        body: parts.bytes().unwrap_or_default(),
        now,
    }
}

/// Answers the request in the buffer at a time in Unix milliseconds. Returns the HTTP status, or 0 if there is no
/// registrar.
#[wasm_bindgen]
#[must_use]
pub fn handle(now_ms: f64) -> u32 {
    call(|it| {
        let service = it.service.as_mut()?;
        service.handle(&request(&it.buffer, moment(now_ms)), &mut it.answer);
        it.cause = service.take_cause().unwrap_or_default();
        let trace = service.trace();
        Some(it.show_answer(trace))
    })
}

/// Answers the request in the buffer if its head refuses it ([`Service::refuse_by_head`]); its body may be absent, and has at least
/// `length` bytes. Returns the HTTP status, or 0 if the body decides.
#[wasm_bindgen]
#[must_use]
pub fn refuse_by_head(now_ms: f64, length: u32) -> u32 {
    call(|it| {
        let service = it.service.as_mut()?;
        let request = request(&it.buffer, moment(now_ms));
        if !service.refuse_by_head(&request, length as usize, &mut it.answer) {
            return None;
        }
        it.cause = service.take_cause().unwrap_or_default();
        Some(it.show_answer(Trace::default()))
    })
}

/// What [`destination`] returns for the list of all accounts; below it are statuses.
const ACCOUNTS: u32 = 1 << 16;
/// What [`destination`] adds to a partition, which has 30 bits.
const ACCOUNT: u32 = 1 << 30;

/// Where the request in the buffer belongs ([`Service::destination`]). Returns 0 if this registrar answers it, the HTTP status if it is
/// answered already, 2¹⁶ if it is about all accounts, or else 2³⁰ and the partition of its account.
#[wasm_bindgen]
#[must_use]
pub fn destination(now_ms: f64) -> u32 {
    call(|it| {
        let service = it.service.as_mut()?;
        match service.destination(&request(&it.buffer, moment(now_ms)), &mut it.answer) {
            Destination::Here => None,
            Destination::Answered => {
                it.cause.clear();
                let trace = service.trace();
                Some(it.show_answer(trace))
            }
            Destination::Accounts => Some(ACCOUNTS),
            Destination::Account(partition) => Some(ACCOUNT | partition.get()),
        }
    })
}

/// Writes the error answer of a status ([`Service::refuse`]), for requests that JavaScript refuses. Returns the status, or 0
/// if there is no registrar.
#[wasm_bindgen]
#[must_use]
pub fn refuse(status: u32) -> u32 {
    call(|it| {
        let service = it.service.as_mut()?;
        let mut parts = Parts::of(&it.buffer);
        let refusal = HostRefusal {
            status: u16::try_from(status).unwrap_or(500),
            message: parts.text(),
            accept: parts.text(),
            origin: parts.text(),
        };
        service.refuse(&refusal, &mut it.answer);
        it.cause.clear();
        Some(it.show_answer(Trace::default()))
    })
}

/// Writes the defaults as the output, one per line: the id of the first account, the id of its first environment (empty if it
/// has none), and 64 hexadecimal digits from which the default tokens are derived. Returns 1, or 0 if there is no registrar.
#[wasm_bindgen]
#[must_use]
pub fn defaults() -> u32 {
    call(|it| {
        let registrar = it.service.as_ref()?.registrar();
        let (account, environment) = registrar.defaults().ok()??;
        let environment = environment.map_or(String::new(), |id| id.to_string());
        let secret = default_token_secret(&registrar.config().seed);
        let [high, low] = secret.as_chunks::<16>().0 else {
            return None;
        };
        let [high, low] = [high, low].map(|it| u128::from_be_bytes(*it));
        it.show_output(format!("{account}\n{environment}\n{high:032x}{low:032x}").into_bytes());
        Some(1)
    })
}

/// Removes every record and applies the configuration again; `anew`: ids and request ids start again, too. Returns 1, or 0 with a
/// message as the output.
#[wasm_bindgen]
#[must_use]
pub fn reset(now_ms: f64, anew: bool) -> u32 {
    call(|it| {
        let registrar = it.service.as_mut()?.registrar_mut();
        let result = match anew {
            false => registrar.reset(moment(now_ms)),
            true => registrar.restart(moment(now_ms)),
        };
        Some(it.show_result(result))
    })
}

/// Frees the output, which may be large.
#[wasm_bindgen]
pub fn discard() {
    call(|it| {
        it.show_output(Vec::new());
        None
    });
}

/// The latest time that both a PFID and RFC 3339 can represent, in Unix milliseconds: the end of the year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

/// The time of JavaScript's clock, which can be any number. It is clamped to the range that PFIDs and RFC 3339 can
/// represent.
fn moment(now_ms: f64) -> Timestamp {
    let now_ms = (now_ms as i64).clamp(0, LAST_MS);
    Timestamp::from_millis(now_ms).unwrap_or(Timestamp::EPOCH)
}
