//! The answer with one agent.

use super::agent::{Agent, AgentRecord, CreateAgentDetails};
use super::request::CreateAgentRequest;
use crate::model::pfid::{Pfid, PfidError};
use crate::model::timestamp::Timestamp;
use crate::rules::characters::trim;
use crate::rules::{self, Issue};

/// The whole answer with one agent: with the feature `serde` it serialises to
/// `{"status":"success","details":Agent}`. **\[doc\]**
///
/// ```
/// use agent_registrar::{AgentResponse, AgentRecord, AgentStatus, Pfid, Timestamp};
/// use agent_registrar::{ResponseOptions, build_agent_response};
///
/// let record = AgentRecord::new(
///     Pfid::parse("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr")?,
///     "Support bot".to_owned(),
///     Pfid::parse("013xrzp12g3nqk8nzxvq7jm2arsfg5h1")?,
///     Timestamp::EPOCH,
/// );
/// let AgentResponse { details } =
///     build_agent_response(&record, &ResponseOptions::at(Timestamp::EPOCH))?;
/// assert_eq!(details.status, AgentStatus::Pending);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub struct AgentResponse {
    /// The agent.
    pub details: Agent,
}

/// The source of an answer: a new agent, or a stored one.
///
/// ```
/// use agent_registrar::{AgentRecord, AgentSource, Pfid, Timestamp};
///
/// let id = Pfid::parse("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr")?;
/// let record = AgentRecord::new(id, "Ada".to_owned(), id, Timestamp::EPOCH);
/// assert!(matches!(AgentSource::from(&record), AgentSource::Stored(_)));
/// # Ok::<(), agent_registrar::PfidError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum AgentSource<'a> {
    /// The details of a validated create body.
    New(&'a CreateAgentDetails),
    /// A stored record.
    Stored(&'a AgentRecord),
}

impl<'a> From<&'a CreateAgentRequest> for AgentSource<'a> {
    fn from(request: &'a CreateAgentRequest) -> AgentSource<'a> {
        AgentSource::New(&request.details)
    }
}

impl<'a> From<&'a CreateAgentDetails> for AgentSource<'a> {
    fn from(details: &'a CreateAgentDetails) -> AgentSource<'a> {
        AgentSource::New(details)
    }
}

impl<'a> From<&'a AgentRecord> for AgentSource<'a> {
    fn from(record: &'a AgentRecord) -> AgentSource<'a> {
        AgentSource::Stored(record)
    }
}

/// The time and the randomness for [`build_agent_response`]: the crate reads no clock and generates no random numbers.
///
/// ```
/// use agent_registrar::{ResponseOptions, Timestamp};
///
/// let options = ResponseOptions {
///     randomness: Some([7; 10]), // In production, from the operating system.
///     ..ResponseOptions::at(Timestamp::EPOCH)
/// };
/// assert_eq!(options.id, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseOptions {
    /// The time of the answer, which is the creation time of a new agent. Not before 1970.
    pub now: Timestamp,
    /// The agent's id. It takes precedence over that of the details or the record.
    pub id: Option<Pfid>,
    /// Fresh random bytes for the id of a new agent without one. For ids that increase within one millisecond, generate
    /// them with a [`PfidGenerator`](crate::PfidGenerator) and pass [`id`](ResponseOptions::id) instead.
    pub randomness: Option<[u8; 10]>,
}

impl ResponseOptions {
    /// Options with the time of the answer only.
    pub fn at(now: Timestamp) -> ResponseOptions {
        ResponseOptions {
            now,
            id: None,
            randomness: None,
        }
    }
}

/// The reason why no answer can be built: a mistake of the calling program. The messages name the field and the rule.
///
/// ```
/// use agent_registrar::{AgentRecord, Pfid, ResponseError, ResponseOptions, Timestamp, build_agent_response};
///
/// let id = Pfid::parse("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr")?;
/// let record = AgentRecord::new(id, " ".to_owned(), id, Timestamp::EPOCH);
/// let error = build_agent_response(&record, &ResponseOptions::at(Timestamp::EPOCH)).unwrap_err();
/// assert_eq!(error.to_string(), "details.name: Name must not be blank.");
/// assert!(matches!(error, ResponseError::Invalid(_)));
/// # Ok::<(), agent_registrar::PfidError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The agent breaks a rule of the create body: the first one.
    #[error("{}: {}", .0.path, .0.message)]
    Invalid(Issue),
    /// `now` is before 1970, when PFID times start.
    #[error("now must not be before 1970")]
    BeforeIds,
    /// A new agent has no id, and there is no randomness to generate one.
    #[error("a new agent needs an id, or randomness to make one from")]
    NoId,
    /// The id could not be generated.
    #[error("the id of the new agent could not be made")]
    Id(#[from] PfidError),
}

/// Builds the whole answer of the API for an agent, ready to be sent.
///
/// A new agent (a validated request or its details) is `pending`, without instances, created at `now`. Its id is
/// [`ResponseOptions::id`], or else the id in the details, or else one generated from [`ResponseOptions::randomness`] in
/// the partition of its environment. For a stored record, status, actions and sums are computed as of `now` by the rules
/// of the life cycle. **\[ours\]**
///
/// # Errors
///
/// [`ResponseError`] if the agent breaks the contract.
///
/// ```
/// use agent_registrar::{Input, ResponseOptions, Timestamp, build_agent_response, validate_create_agent};
///
/// let body = br#"{"details": {"name": "Ada", "environment_id": "013xrzp12g3nqk8nzxvq7jm2arsfg5h1"}}"#;
/// let valid = validate_create_agent(Input::from_json(body)?, None)?;
/// let options = ResponseOptions {
///     randomness: Some([7; 10]), // In production, from the operating system.
///     ..ResponseOptions::at(Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?)
/// };
/// let response = build_agent_response(&valid.value, &options)?;
/// assert_eq!(response.details.id.partition(), valid.value.details.environment_id.partition());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn build_agent_response<'a>(
    agent: impl Into<AgentSource<'a>>,
    options: &ResponseOptions,
) -> Result<AgentResponse, ResponseError> {
    let now = options.now;
    let millis = u64::try_from(now.micros()).map_err(|_| ResponseError::BeforeIds)? / 1000;
    let record = match agent.into() {
        AgentSource::Stored(record) => AgentRecord {
            id: options.id.unwrap_or(record.id),
            ..record.clone()
        },
        AgentSource::New(details) => {
            let environment_id = details.environment_id;
            let id = match (options.id.or(details.id), options.randomness) {
                (Some(id), _) => id,
                (None, Some(random)) => {
                    Pfid::from_parts(millis, environment_id.partition(), random)?
                }
                (None, None) => return Err(ResponseError::NoId),
            };
            AgentRecord::made_from(details.clone(), id, now)
        }
    };
    let record = checked(record)?;
    Ok(AgentResponse {
        details: Agent::of(record, now),
    })
}

/// The record with its name trimmed, if it obeys the rules of the create body.
fn checked(mut record: AgentRecord) -> Result<AgentRecord, ResponseError> {
    let ids = [record.id, record.environment_id].map(|id| id.to_string());
    if let Some(kind) = rules::create_agent(&record.given(&ids), None).iter().next() {
        return Err(ResponseError::Invalid(kind.issue()));
    }
    let name = trim(&record.name);
    if name.len() < record.name.len() {
        record.name = name.to_owned();
    }
    Ok(record)
}
