//! A program of somebody else: its own allocator, another wasm-bindgen beside the library, and all of the library's
//! features that programs use.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use agent_registrar::{
    Config, Input, ResponseOptions, Service, Timestamp, build_agent_response, validate_create_agent,
};

/// Counts what is allocated.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it hands everything to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const BODY: &[u8] = br#"{"details": {"name": " Ada ", "environment_id": "013xrzp12g3nqk8nzxvq7jm2arsfg5h1"}}"#;

/// Validates a body and answers it, without the service; gives the length of the answer.
#[unsafe(no_mangle)]
pub extern "C" fn answer_alone(now_millis: i64) -> u32 {
    answer(now_millis).map_or(0, |answer| answer.len() as u32)
}

fn answer(now_millis: i64) -> Option<String> {
    let valid = validate_create_agent(Input::from_json(BODY).ok()?, None).ok()?;
    let options = ResponseOptions {
        randomness: Some([7; 10]),
        ..ResponseOptions::at(Timestamp::from_millis(now_millis)?)
    };
    let response = build_agent_response(&valid.value, &options).ok()?;
    serde_json::to_string(&response).ok()
}

/// Sends a body to a service; gives the status.
#[unsafe(no_mangle)]
pub extern "C" fn status_of_create(now_millis: i64) -> u32 {
    create(now_millis).map_or(0, |response| response.status().as_u16().into())
}

fn create(now_millis: i64) -> Option<http::Response<Vec<u8>>> {
    let now = Timestamp::from_millis(now_millis)?;
    let config = Config::from_json(br#"{"seed_text": "seed", "tokens": [{"token": "t"}]}"#).ok()?;
    let request = http::Request::post("/api/v1/agent")
        .header("authorization", "Bearer t")
        .header("content-type", "application/json")
        .body(BODY)
        .ok()?;
    Service::new(config, now).ok()?.respond(&request, now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_778_148_000_000;

    #[test]
    fn the_library_works_beside_another_allocator_and_another_wasm_bindgen() {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let alone = answer(NOW).unwrap();
        assert!(alone.starts_with(r#"{"status":"success","details":{"type":"agent","id":""#));
        assert!(alone.contains(r#""name":"Ada""#));
        assert_eq!(status_of_create(NOW), 200);
        assert_eq!(other::double(2), 4);
        assert!(ALLOCATIONS.load(Ordering::Relaxed) > before);
    }

    #[test]
    fn a_service_keeps_its_records_in_sqlite() {
        let store = agent_registrar::store::sql::SqliteStore::open_in_memory().unwrap();
        let config = Config::from_json(br#"{"seed_text": "seed", "tokens": []}"#).unwrap();
        let now = Timestamp::from_millis(NOW).unwrap();
        assert!(Service::open(config, Box::new(store), now).is_ok());
    }
}
