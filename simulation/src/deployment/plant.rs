//! The planted bugs of hosts.

use super::{Deployment, Happening, Lost};
use crate::model::{Micros, Operation, Sent};
use crate::planted::Bug;

impl Deployment {
    /// Carries requests out, as a host with the planted bug does.
    pub(super) fn carry_out_with(&mut self, bug: Bug, requests: &[&Sent], now: Micros) {
        let changed: Vec<Option<Sent>> = requests.iter().map(|it| changed(bug, it)).collect();
        let given = requests.iter().zip(&changed);
        let given: Vec<&Sent> = given
            .map(|(it, other)| other.as_ref().unwrap_or(it))
            .collect();
        self.carry_out_all(&given, now);
        if bug == Bug::ImportKeepsPart {
            self.keep_part(requests, now);
        }
        self.plant(bug, requests);
    }

    /// Imports the first lines of a refused import.
    fn keep_part(&mut self, requests: &[&Sent], now: Micros) {
        let happened = std::mem::take(&mut self.happened);
        for it in &happened {
            if let Happening::Answered(place, reply, Lost::No) = it
                && let Operation::Import(account, lines, keeps) = &requests[*place].operation
                && reply.status == 422
            {
                for count in (1..lines.len()).rev() {
                    let operation = Operation::Import(*account, lines[..count].to_vec(), *keeps);
                    let sent = Sent::new(&requests[*place].token, operation, None);
                    self.carry_out_all(&[&sent], now);
                }
            }
        }
        self.happened = happened;
    }

    /// Changes answers.
    fn plant(&mut self, bug: Bug, requests: &[&Sent]) {
        for index in 0..self.happened.len() {
            let Happening::Answered(place, reply, Lost::No) = &mut self.happened[index] else {
                continue;
            };
            self.turns += 1;
            let is_its_turn = self.turns.is_multiple_of(20);
            let target = requests[*place].target.as_str();
            let is_list = target.contains("pagination") && reply.status == 200;
            match bug {
                Bug::AnswerOfAnother | Bug::StaleList if is_list => {
                    // The same list earlier, or the last list that another caller got.
                    let name = if bug == Bug::StaleList {
                        target
                    } else {
                        requests[*place].token.as_str()
                    };
                    let earlier = self.earlier.replace((name.to_owned(), reply.clone()));
                    if let Some((other, earlier)) = earlier
                        && (other == name) == (bug == Bug::StaleList)
                    {
                        *reply = earlier;
                    }
                }
                Bug::ReplayDiffers if reply.is_replayed => reply.body.push(b'\n'),
                Bug::ExportLosesRecord if target.contains("/export") && reply.status == 200 => {
                    let body = String::from_utf8_lossy(&reply.body).into_owned();
                    if let (Some(last), Some(end)) = (body.rfind(",\n{"), body.rfind("\n],")) {
                        reply.body = [&body[..last], &body[end..]].concat().into_bytes();
                    }
                }
                Bug::UnexplainedError if is_its_turn => {
                    reply.status = 503;
                    reply.body = br#"{"status":"error","code":"unexpected","message":""}"#.to_vec();
                }
                Bug::RefusalWrites if (400..500).contains(&reply.status) => {
                    let statement = "UPDATE agent SET name = 'changed' WHERE number = (SELECT max(number) FROM agent)";
                    for storage in self.storages() {
                        // The tables may not be there yet.
                        let _ = storage.with(|it| it.execute_batch(statement));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The import that a host with the planted bug makes of this one.
fn changed(bug: Bug, sent: &Sent) -> Option<Sent> {
    let Operation::Import(account, lines, keeps) = &sent.operation else {
        return None;
    };
    let change = |line: &String| match bug {
        Bug::ImportActivatesAgents => line.replace("\"retired\":true", "\"retired\":false"),
        _ => line.replace("\"last_id\":\"", "\"former_last_id\":\""),
    };
    let is_its = matches!(bug, Bug::ImportActivatesAgents | Bug::ImportForgetsIds);
    is_its.then(|| {
        let lines = lines.iter().map(change).collect();
        Sent::new(
            &sent.token,
            Operation::Import(*account, lines, *keeps),
            None,
        )
    })
}
