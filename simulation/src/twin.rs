//! A second registrar, in memory, that gets the requests that happened and no fault. Its answers are the same, byte for byte: ids
//! depend on the seed, the clock and the operations that were kept, and on nothing else.

use agent_registrar::{Answer, Service};

use crate::deployment::{read, reply, request, timestamp};
use crate::model::{Micros, Reply, Sent};

/// The twin of one registrar.
pub(crate) struct Twin(Service);

impl Twin {
    pub(crate) fn new(config: &str, now: Micros) -> Twin {
        let service = Service::new(read(config), timestamp(now));
        Twin(service.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Carries a request out, and compares the answers.
    pub(crate) fn compare(
        &mut self,
        sent: &Sent,
        now: Micros,
        actual: &Reply,
    ) -> Result<(), String> {
        let authorization = format!("Bearer {}", sent.token);
        let mut answer = Answer::new();
        self.0
            .handle(&request(sent, &authorization, now), &mut answer);
        let own = reply(&answer);
        let is_equal =
            own.status == actual.status && without_use(&own.body) == without_use(&actual.body);
        match is_equal {
            true => Ok(()),
            false => Err(format!(
                "a registrar without faults answers otherwise: {} {}\ninstead of {} {}",
                own.status,
                String::from_utf8_lossy(&own.body),
                actual.status,
                String::from_utf8_lossy(&actual.body)
            )),
        }
    }
}

/// What depends on faults: the moments of the last uses of tokens, because after a failed note none is made for an hour, and how far the
/// random stream was when an account was last written, because opening a database writes it.
const DEPENDENT: [&str; 2] = ["\"last_used_at\":", "\"random_position\":"];

/// A body without what depends on faults.
fn without_use(body: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(body).into_owned();
    for mark in DEPENDENT {
        if text.contains(mark) {
            text = without(&text, mark);
        }
    }
    text.into_bytes()
}

/// A text without the values of a member.
fn without(text: &str, mark: &str) -> String {
    let mut parts = text.split(mark);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        rest.push_str(&part[part.find([',', '}']).unwrap_or(0)..]);
    }
    rest
}
