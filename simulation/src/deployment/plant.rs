//! The planted bugs of hosts.

use super::{Deployment, Happening, Lost};
use crate::model::Sent;
use crate::planted::Bug;

impl Deployment {
    /// Changes answers, as a host with the planted bug does.
    pub(super) fn plant(&mut self, requests: &[&Sent]) {
        let Some(bug) = self.setup.bug else {
            return;
        };
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
