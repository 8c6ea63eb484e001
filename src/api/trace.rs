//! The facts about a request that its answer does not show.

use crate::model::pfid::Pfid;

/// The operation and the account of a request, for logs and metrics. Neither is made of texts of the caller.
///
/// With the status and the request id of the answer, and with [`Service::take_cause`](super::Service::take_cause), a host has
/// everything for the line of a request:
///
/// ```
/// use agent_registrar::{Answer, Config, Method, Request, Service, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let mut service = Service::new(config, now)?;
/// let request = Request {
///     authorization: Some("Bearer another"),
///     ..Request::new(Method::Get, "/api/v1/agent", b"", now)
/// };
/// let mut answer = Answer::new();
/// service.handle(&request, &mut answer);
/// let trace = service.trace();
/// assert_eq!(trace.operation, Some("agents/list"));
/// assert_eq!(trace.account_id, Some(service.registrar().config().accounts[0].id));
/// assert_eq!((answer.status(), service.take_cause()), (200, None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The name of the operation, as in bulk requests: one of a fixed set. `None` if there is none at the path, or if it is one that
    /// this build leaves out.
    pub operation: Option<&'static str>,
    /// The account of the token. `None` if the token is not valid, or the operator's, or if none was needed.
    pub account_id: Option<Pfid>,
}
