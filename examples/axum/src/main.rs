//! The whole agent API as the fallback of an axum router.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agent_registrar::{Config, MAX_BODY, Service, Timestamp};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

type Shared = Arc<Mutex<Service>>;

fn now() -> Timestamp {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_1970.as_micros())
        .ok()
        .and_then(Timestamp::from_micros)
        .unwrap_or(Timestamp::EPOCH)
}

/// Reads a body. It stops after [`MAX_BODY`], because the service refuses a longer one with the API's own error.
async fn read(mut body: Body) -> Result<Vec<u8>, axum::Error> {
    let mut bytes = Vec::new();
    while bytes.len() <= MAX_BODY
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// One line of a log for the last request, without anything that its caller wrote.
fn log(service: &mut Service, response: &Response, took: Duration) {
    let trace = service.trace();
    let account = trace.account_id.map(|id| id.to_string());
    eprintln!(
        "{} {} {} {:?} {took:?}",
        response.status().as_u16(),
        trace.operation.unwrap_or("-"),
        account.as_deref().unwrap_or("-"),
        response.headers().get("x-request-id"),
    );
    // Of a status of 500 or above.
    if let Some(cause) = service.take_cause() {
        eprintln!("  {cause}");
    }
}

async fn answer(State(service): State<Shared>, request: Request) -> Response {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let Ok(body) = read(body).await else {
        // The client went away, or sent a body that is no valid HTTP.
        return StatusCode::BAD_REQUEST.into_response();
    };
    let request = Request::from_parts(head, body);
    // No input makes the service panic, so no lock is poisoned.
    let mut service = service.lock().unwrap_or_else(PoisonError::into_inner);
    let response = match service.respond(&request, now()) {
        Ok(response) => response.map(Body::from),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    log(&mut service, &response, started.elapsed());
    response
}

/// A router with the API behind a bearer token. Routes of your own go beside it.
fn router(seed: &[u8; 32], token: &str) -> Result<Router, Box<dyn Error>> {
    let seed: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let config = format!(r#"{{"seed": "{seed}", "tokens": [{{"token": "{token}"}}]}}"#);
    let service = Service::new(Config::from_json(config.as_bytes())?, now())?;
    Ok(Router::new()
        .fallback(answer)
        .with_state(Arc::new(Mutex::new(service))))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut seed, mut secret) = ([0; 32], [0; 16]);
    getrandom::fill(&mut seed)?;
    getrandom::fill(&mut secret)?;
    let token: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("Authorization: Bearer {token}");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8787").await?;
    axum::serve(listener, router(&seed, &token)?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use tower::ServiceExt;

    use super::*;

    async fn send(router: &Router, method: &str, uri: &str, body: &str) -> (StatusCode, String) {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("authorization", "Bearer secret")
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn agents_are_created_and_listed() {
        let router = router(&[7; 32], "secret").unwrap();
        let body =
            r#"{"details": {"name": "Ada", "environment_id": "013xrzp12g3nqk8nzxvq7jm2arsfg5h1"}}"#;
        let (status, answer) = send(&router, "POST", "/api/v1/agent", body).await;
        assert_eq!(status, 200, "{answer}");
        let (status, list) = send(&router, "GET", "/api/v1/agent", "").await;
        assert_eq!(status, 200);
        assert!(list.contains(r#""name":"Ada""#), "{list}");
        let (status, _) = send(&router, "POST", "/api/v1/agent", "{}").await;
        assert_eq!(status, 422);
        let long = " ".repeat(MAX_BODY + 1);
        let (status, answer) = send(&router, "POST", "/api/v1/agent", &long).await;
        assert_eq!(status, 413);
        assert!(answer.contains(r#""code":"bad_request""#), "{answer}");
        let (status, _) = send(&router, "GET", "/elsewhere", "").await;
        assert_eq!(status, 404);
    }
}
