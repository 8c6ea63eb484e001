//! What a trace and a finding say.

use super::{Message, World};
use crate::deployment::Lost;
use crate::model::{Reply, Sent};

impl World {
    pub(super) fn line(&self, message: &Message, reply: &Reply, lost: Lost) -> String {
        let body = String::from_utf8_lossy(&reply.body);
        let short: String = body.chars().take(300).collect();
        let Sent {
            method,
            target,
            body,
            token,
            ..
        } = &*message.sent;
        let kept = reply
            .kept_items
            .map_or(String::new(), |it| format!(", {it} items kept"));
        let replayed = if reply.is_replayed { " again" } else { "" };
        let lost = if lost == Lost::Yes { " (lost)" } else { "" };
        format!(
            "{:7} {} client {} as {token}: {method:?} {target} {}\n        -> {}{replayed}{lost}{kept} {short}",
            self.report.operations,
            crate::model::moment(self.now()),
            message.client,
            body.chars().take(300).collect::<String>(),
            reply.status
        )
    }
}

pub(super) fn explain(sent: &Sent, reply: &Reply, finding: &str) -> String {
    let Sent {
        method,
        target,
        body,
        token,
        ..
    } = sent;
    format!(
        "{finding}\n  {method:?} {target} as {token}\n  {body}\n  -> {} {}",
        reply.status,
        String::from_utf8_lossy(&reply.body)
    )
}

pub(super) fn explain_none(sent: &Sent) -> String {
    format!(
        "there is no answer without a fault\n  {:?} {}",
        sent.method, sent.target
    )
}
