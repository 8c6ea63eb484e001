//! The life cycle of an agent. **\[ours\]**: the API's documentation only says that the actions depend on the
//! status and the counts.

use super::agent::{AgentStatus, AvailableActions};
use super::timestamp::Timestamp;

/// An active agent becomes dormant when none of its instances changed for this long: 30 days, in microseconds.
/// **\[ours\]**
pub const DORMANT_AFTER: i64 = 30 * 24 * 60 * 60 * 1_000_000;

/// The stored facts that determine an agent's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// Whether the agent is retired.
    pub retired: bool,
    /// How many instances were ever registered.
    pub instances: u64,
    /// When one of its instances last changed; `None` if unknown.
    pub last_activity: Option<Timestamp>,
}

/// The status at the time `now`. It is computed on reading and never stored.
///
/// An agent with instances but without a known last activity is active.
pub fn status(history: &History, now: Timestamp) -> AgentStatus {
    if history.retired {
        return AgentStatus::Retired;
    }
    if history.instances == 0 {
        return AgentStatus::Pending;
    }
    match history.last_activity {
        Some(last) if now.micros() - last.micros() >= DORMANT_AFTER => AgentStatus::Dormant,
        _ => AgentStatus::Active,
    }
}

/// The actions available on an agent with this status and this number of instances ever registered.
///
/// `update` and `retire`: not retired. `reinstate`: retired. `delete`: no instance was ever registered, so that
/// no record is lost.
pub fn available_actions(status: AgentStatus, instances: u64) -> AvailableActions {
    let retired = matches!(status, AgentStatus::Retired);
    AvailableActions {
        update: !retired,
        retire: !retired,
        reinstate: retired,
        delete: instances == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::EPOCH;

    fn at(ago: i64) -> History {
        History {
            retired: false,
            instances: 1,
            last_activity: Timestamp::from_micros(-ago),
        }
    }

    #[test]
    fn an_agent_is_pending_until_its_first_instance() {
        let new = History {
            retired: false,
            instances: 0,
            last_activity: None,
        };
        assert_eq!(status(&new, NOW), AgentStatus::Pending);
        assert_eq!(status(&at(0), NOW), AgentStatus::Active);
    }

    #[test]
    fn an_agent_is_dormant_after_thirty_days_to_the_microsecond() {
        assert_eq!(status(&at(DORMANT_AFTER - 1), NOW), AgentStatus::Active);
        assert_eq!(status(&at(DORMANT_AFTER), NOW), AgentStatus::Dormant);
    }

    #[test]
    fn a_clock_that_stepped_back_makes_nothing_dormant() {
        assert_eq!(status(&at(-DORMANT_AFTER * 2), NOW), AgentStatus::Active);
    }

    #[test]
    fn retired_overrides_every_other_status() {
        for instances in [0, 3] {
            let history = History {
                retired: true,
                instances,
                last_activity: None,
            };
            assert_eq!(status(&history, NOW), AgentStatus::Retired);
        }
    }

    #[test]
    fn the_actions_follow_from_status_and_history() {
        for status in AgentStatus::ALL {
            for instances in [0, 1] {
                let actions = available_actions(status, instances);
                let retired = status == AgentStatus::Retired;
                assert_eq!(
                    actions,
                    AvailableActions {
                        update: !retired,
                        retire: !retired,
                        reinstate: retired,
                        delete: instances == 0
                    }
                );
            }
        }
    }
}
