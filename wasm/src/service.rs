//! The seam of the service: bytes in, bytes out.
//!
//! JavaScript writes a request's texts and body into a buffer here, calls [`Core::handle`] with
//! their lengths, and reads the answer where [`Core::output`] says. Nothing is converted on the way.

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};
use wasm_bindgen::prelude::*;

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::registrar::{Config, SnapshotError};

/// A third of the default one's size, and creating an agent takes less time with it.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// A length that says: this header is not there.
const ABSENT: u32 = u32::MAX;

/// A length that says: this header has the value that nearly all requests have in it, which need not be handed over.
const USUAL: u32 = u32::MAX - 1;

/// How much room for requests is kept between calls.
const KEPT_INPUT: usize = 256 * 1024;

/// A registrar behind HTTP, as JavaScript holds it.
#[wasm_bindgen]
pub struct Core {
    service: Service,
    input: Vec<u8>,
    answer: Answer,
    /// Where JavaScript reads of the answer: its address, how many bytes its head and its body have, and whether the
    /// head is plain ([`Answer::is_plain`]).
    outcome: [u32; 4],
    /// How much memory there was when it was last looked at, in pages.
    pages: usize,
}

/// Takes a request's parts off the input buffer, one after another. Lengths that lie give empty
/// parts: they come from our own JavaScript, but must not bring the instance down.
struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    fn bytes(&mut self, length: u32) -> &'a [u8] {
        let (part, rest) = self
            .rest
            .split_at_checked(length as usize)
            .unwrap_or_default();
        self.rest = rest;
        part
    }

    /// A header; `None` where it is absent or not UTF-8.
    fn header(&mut self, length: u32, usual: &'static str) -> Option<&'a str> {
        match length {
            ABSENT => None,
            USUAL => Some(usual),
            length => str::from_utf8(self.bytes(length)).ok(),
        }
    }
}

#[wasm_bindgen]
impl Core {
    /// Sets up a registrar at this moment (Unix milliseconds); see `Config::from_json` for what it is given. Throws where
    /// that is not acceptable.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &[u8], now_ms: f64) -> Result<Core, JsError> {
        let config = Config::from_json(config)?;
        Ok(Core {
            service: Service::new(config, moment(now_ms))?,
            input: Vec::new(),
            answer: Answer::new(),
            outcome: [0; 4],
            pages: 0,
        })
    }

    /// Where to write the next request: a buffer of at least this many bytes. 0 where there is no memory for so many:
    /// then nothing must be written, and the request cannot be handled.
    pub fn input(&mut self, capacity: u32) -> u32 {
        let capacity = capacity as usize;
        let fitting = if self.input.len() < capacity {
            capacity.checked_next_power_of_two().unwrap_or(capacity)
        } else if self.input.len() > KEPT_INPUT && capacity <= KEPT_INPUT {
            KEPT_INPUT
        } else {
            return self.input.as_ptr() as usize as u32;
        };
        // The old buffer goes first: both at once are not needed.
        self.input = Vec::new();
        if self.input.try_reserve_exact(fitting).is_err() {
            return 0;
        }
        self.input.resize(fitting, 0);
        self.input.as_ptr() as usize as u32
    }

    /// Answers the request in the input buffer: the texts of these lengths in bytes, one after another, then the body.
    /// (`u32::MAX`: the header is absent; `u32::MAX - 1`: it has its usual value, which is not in the buffer.)
    /// Gives the HTTP status; the rest is where [`Core::outcome`] says, until the next call.
    #[allow(clippy::too_many_arguments)]
    pub fn handle(
        &mut self,
        method: u32,
        target: u32,
        authorization: u32,
        content_type: u32,
        accept: u32,
        origin: u32,
        acr_method: u32,
        acr_headers: u32,
        body: u32,
        now_ms: f64,
    ) -> u32 {
        let mut parts = Parts { rest: &self.input };
        let request = Request {
            method: match method {
                0 => Method::Get,
                1 => Method::Head,
                2 => Method::Post,
                3 => Method::Put,
                4 => Method::Delete,
                5 => Method::Options,
                6 => Method::Patch,
                _ => Method::Other,
            },
            target: parts.header(target, "").unwrap_or_default(),
            authorization: parts.header(authorization, ""),
            content_type: parts.header(content_type, "application/json"),
            accept: parts.header(accept, "*/*"),
            origin: parts.header(origin, ""),
            requested_method: parts.header(acr_method, ""),
            requested_headers: parts.header(acr_headers, ""),
            body: parts.bytes(body),
            now: moment(now_ms),
        };
        self.service.handle(&request, &mut self.answer);
        self.grow_ahead();
        self.outcome = [
            self.answer.bytes().as_ptr() as usize as u32,
            self.answer.head().len() as u32,
            self.answer.body().len() as u32,
            self.answer.is_plain().into(),
        ];
        self.answer.status().into()
    }

    /// After memory has grown, grows it by an eighth at once: engines collect garbage at each growth, which the
    /// allocator would ask for 64 KiB at a time.
    fn grow_ahead(&mut self) {
        const PAGE: usize = 64 * 1024;
        let pages = core::arch::wasm32::memory_size(0);
        if pages == self.pages {
            return;
        }
        let mut ahead: Vec<u8> = Vec::new();
        // Where there is no more to be had, nothing is lost.
        if ahead.try_reserve_exact((pages / 8).max(16) * PAGE).is_ok() {
            core::hint::black_box(&ahead);
        }
        drop(ahead);
        self.pages = core::arch::wasm32::memory_size(0);
    }

    /// Where four numbers about the last answer stand: its address (first its head, then its body), how many bytes its
    /// head and its body have, and whether the head is plain. The place stays the same.
    pub fn outcome(&self) -> u32 {
        self.outcome.as_ptr() as usize as u32
    }

    /// `[account_id, environment_id]` of the first account and its first environment.
    pub fn defaults(&self) -> Result<JsValue, JsError> {
        // A list: a field's name would cost more than all that it names.
        #[derive(serde::Serialize)]
        struct Defaults(String, Option<String>);
        let (account, environment) = self
            .service
            .registrar()
            .defaults()?
            .ok_or_else(|| JsError::new("there is no account"))?;
        let environment = environment.map(|id| id.to_string());
        Ok(serde_wasm_bindgen::to_value(&Defaults(
            account.to_string(),
            environment,
        ))?)
    }

    /// Back to the configuration: every record is forgotten.
    pub fn reset(&mut self, now_ms: f64) -> Result<(), JsError> {
        Ok(self.service.registrar_mut().reset(moment(now_ms))?)
    }

    /// The whole state, but for the tokens.
    pub fn snapshot(&self) -> Result<Vec<u8>, JsError> {
        Ok(self.service.registrar().snapshot()?)
    }

    /// Takes a snapshot's state over; `false`, and nothing changed, where it is not one. Its digest is looked at before
    /// anything is built, so that lengths in it which lie ask for no memory.
    pub fn restore(&mut self, snapshot: &[u8]) -> Result<bool, JsError> {
        match self.service.registrar_mut().restore(snapshot) {
            Ok(()) => Ok(true),
            Err(SnapshotError::Refused) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The latest moment that both a PFID and RFC 3339 can say, in Unix milliseconds: the end of the year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

/// A moment of JavaScript's clock, which says any number: one that PFIDs and RFC 3339 cannot say becomes the nearest
/// that they can.
fn moment(now_ms: f64) -> Timestamp {
    let now_ms = (now_ms as i64).clamp(0, LAST_MS);
    Timestamp::from_millis(now_ms).unwrap_or(Timestamp::EPOCH)
}
