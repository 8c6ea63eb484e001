//! The whole agent API in a Cloudflare Worker on workers-rs.

use std::cell::RefCell;
use std::error::Error;

use agent_registrar::{Config, MAX_BODY, Service, Timestamp};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use worker::{Body, Context, Date, Env, HttpRequest, event};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

thread_local! {
    /// The service of this isolate. The first request creates it, because a worker has no randomness before that.
    static SERVICE: RefCell<Option<Service>> = const { RefCell::new(None) };
}

#[event(fetch)]
async fn fetch(
    request: HttpRequest,
    env: Env,
    _context: Context,
) -> Result<http::Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let request = http::Request::from_parts(head, read(body).await?);
    let now = now()?;
    // No `await` from here on, so that no other request finds the cell borrowed.
    SERVICE.with_borrow_mut(|service| {
        let service = match service {
            Some(service) => service,
            None => service.insert(create(&env, now)?),
        };
        let response = service.respond(&request, now)?;
        Ok(response.map(|body| Full::new(Bytes::from(body))))
    })
}

/// Reads a body. It stops after [`MAX_BODY`], because the service refuses a longer one with the API's own error.
async fn read(mut body: Body) -> Result<Vec<u8>> {
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

/// The time of the request: in a worker, the clock stands still between two inputs or outputs.
fn now() -> Result<Timestamp> {
    let millis = i64::try_from(Date::now().as_millis())?;
    Timestamp::from_millis(millis).ok_or_else(|| "the clock is out of range".into())
}

/// Creates the service. Its tokens are the secret `AGENT_REGISTRAR_TOKENS`: a JSON array of `{"token"}` or `{"sha256"}`.
/// Without it, every request is refused.
fn create(env: &Env, now: Timestamp) -> Result<Service> {
    let tokens = env
        .secret("AGENT_REGISTRAR_TOKENS")
        .map_or("[]".to_owned(), |secret| secret.to_string());
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let seed: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let config = format!(r#"{{"seed": "{seed}", "tokens": {tokens}}}"#);
    Ok(Service::new(Config::from_json(config.as_bytes())?, now)?)
}
