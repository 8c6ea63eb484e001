//! Serves the registrar on SQLite (`rusqlite`) over HTTP, for the tests of `tests/conformance`.
//!
//! ```sh
//! cargo run --example conformance --features description,http,sqlite -- FILE [NOW] < config.json
//! ```
//!
//! The configuration is the first line of the input, as `Config::from_json` reads it. `NOW` is the first
//! time, in Unix milliseconds. The program prints its address, and ends when its input ends. A header and two paths are for tests:
//!
//! | request | does |
//! | --- | --- |
//! | header `x-now` | the time of this request and of later ones without it, in Unix milliseconds |
//! | `POST /probe/keep` | keeps a copy of the file |
//! | `POST /probe/restore` | puts that copy in its place |

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use agent_registrar::store::sql::SqliteStore;
use agent_registrar::{Answer, Config, MAX_BODY, Method, Request, Service, Timestamp};
use tiny_http::{Header, Response, Server};

type Failure = Box<dyn Error + Send + Sync>;

/// How many requests are read and answered at once. The service carries them out one by one.
const WORKERS: usize = 8;

/// The registrar in its file.
struct Place {
    file: PathBuf,
    config: String,
    /// Absent while the file is copied.
    service: Option<Service>,
    /// The time that `x-now` set.
    now: Option<Timestamp>,
}

impl Place {
    fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(|| {
            let elapsed = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let micros = i64::try_from(elapsed.as_micros()).unwrap_or_default();
            Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH)
        })
    }

    fn service(&mut self) -> Result<&mut Service, Failure> {
        if self.service.is_none() {
            let config = Config::from_json(self.config.as_bytes())?;
            let store = SqliteStore::open(&self.file)?;
            self.service = Some(Service::open(config, Box::new(store), self.now())?);
        }
        self.service
            .as_mut()
            .ok_or_else(|| "no service is open".into())
    }

    /// Copies the file while nothing has it open, so that nothing of it is in a write-ahead log.
    fn copy(&mut self, from: &Path, to: &Path) -> Result<(), Failure> {
        self.service = None;
        fs::copy(from, to)?;
        self.service()?;
        Ok(())
    }

    /// The answer to a request for tests.
    fn probe(&mut self, target: &str) -> Option<Result<(), Failure>> {
        let (file, kept) = (self.file.clone(), self.file.with_extension("kept"));
        match target {
            "/probe/keep" => Some(self.copy(&file, &kept)),
            "/probe/restore" => Some(self.copy(&kept, &file)),
            _ => None,
        }
    }
}

/// A header of the request; repeated ones are joined by a comma, as JavaScript's `Headers` join them.
fn header(request: &tiny_http::Request, name: &'static str) -> Option<String> {
    let values: Vec<&str> = request
        .headers()
        .iter()
        .filter(|header| header.field.equiv(name))
        .map(|header| header.value.as_str().trim())
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Status, head and body of the answer.
fn answer(place: &Mutex<Place>, request: &mut tiny_http::Request) -> Result<Answer, Failure> {
    let mut body = Vec::new();
    // One byte past the limit suffices: the service refuses it.
    let limit = u64::try_from(MAX_BODY)? + 1;
    request.as_reader().take(limit).read_to_end(&mut body)?;
    let get = |name| header(request, name);
    let (authorization, content_type, accept) =
        (get("Authorization"), get("Content-Type"), get("Accept"));
    let (origin, content_encoding) = (get("Origin"), get("Content-Encoding"));
    let requested_method = get("Access-Control-Request-Method");
    let requested_headers = get("Access-Control-Request-Headers");
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(millis) = get("X-Now") {
        place.now = Timestamp::from_millis(millis.parse()?);
    }
    let mut answer = Answer::new();
    if let Some(done) = place.probe(request.url()) {
        done?;
        return Ok(answer);
    }
    let now = place.now();
    let request = Request {
        authorization: authorization.as_deref(),
        content_type: content_type.as_deref(),
        accept: accept.as_deref(),
        origin: origin.as_deref(),
        requested_method: requested_method.as_deref(),
        requested_headers: requested_headers.as_deref(),
        content_encoding: content_encoding.as_deref(),
        ..Request::new(
            Method::parse(request.method().as_str()),
            request.url(),
            &body,
            now,
        )
    };
    let service = place.service()?;
    service.handle(&request, &mut answer);
    if let Some(cause) = service.take_cause() {
        eprintln!("{cause}");
    }
    Ok(answer)
}

/// The same as a response. An answer that was never written is that of a probe.
fn response(answer: &Answer) -> Response<Cursor<Vec<u8>>> {
    let status = if answer.status() == 0 {
        204
    } else {
        answer.status()
    };
    let body = answer.body().to_vec();
    let mut response = Response::from_data(body).with_status_code(status);
    let lines = answer.head().split(|&byte| byte == b'\n');
    for line in lines {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        if let Ok(header) = Header::from_bytes(name, value.get(2..).unwrap_or_default()) {
            response.add_header(header);
        }
    }
    // Answers are short or are sent with their length, never in chunks.
    response.with_chunked_threshold(usize::MAX)
}

fn work(server: &Server, place: &Mutex<Place>) {
    while let Ok(mut request) = server.recv() {
        let made = match answer(place, &mut request) {
            Ok(answer) => response(&answer),
            Err(cause) => {
                eprintln!("{cause}");
                Response::from_data(cause.to_string()).with_status_code(500)
            }
        };
        // A client that has gone away needs no answer.
        let _ = request.respond(made);
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a file")?;
    let now = arguments.next().map(|millis| millis.parse()).transpose()?;
    let mut config = String::new();
    io::stdin().lock().read_line(&mut config)?;
    let mut place = Place {
        file: file.into(),
        config,
        service: None,
        now: now.and_then(Timestamp::from_millis),
    };
    place.service()?;
    let place = Arc::new(Mutex::new(place));
    let server = Arc::new(Server::http("127.0.0.1:0")?);
    let address = server
        .server_addr()
        .to_ip()
        .ok_or("the server has no address")?;
    println!("http://{address}");
    for _ in 0..WORKERS {
        let (server, place) = (Arc::clone(&server), Arc::clone(&place));
        thread::spawn(move || work(&server, &place));
    }
    // The parent process keeps standard input open; the program ends at its end.
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}
