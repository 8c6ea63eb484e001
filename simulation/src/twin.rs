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

/// A body without the moments of the last uses of tokens: after a failed note none is made for an hour.
fn without_use(body: &[u8]) -> Vec<u8> {
    const MARK: &str = "\"last_used_at\":";
    let text = String::from_utf8_lossy(body);
    if !text.contains(MARK) {
        return body.to_vec();
    }
    let mut parts = text.split(MARK);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        rest.push_str(&part[part.find(',').unwrap_or(0)..]);
    }
    rest.into_bytes()
}
