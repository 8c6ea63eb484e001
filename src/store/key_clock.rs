//! When the record of an idempotency key may be forgotten, where the clock jumps.
//!
//! A key lives 24 hours. The store is told the time, which can be wrong for a while, so:
//!
//! - A key counts as kept at the time of its request or of the key before it, whichever is later. A clock that stepped back and
//!   returns has not aged it.
//! - A key is removed a minute after its end at the earliest, and only while the clock runs steadily: for an hour it neither stepped back nor jumped ahead. A clock that
//!   was ahead by mistake and returns within the hour finds every key.
//! - A key of a time that lies ahead was kept by a clock that was wrong. Once the clock has run steadily for 25 hours, 24 of them
//!   have passed since.
//!
//! All of it **\[ours\]**.

use super::KEPT_MICROS;

const HOUR: i64 = 60 * 60 * 1_000_000;
/// The longest step back that counts as running on: clocks are adjusted by less.
const STEP_BACK: i64 = 60 * 1_000_000;

/// The course of the clock, as the requests told it, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyClock {
    /// The last time, and since when the clock has run steadily.
    course: Option<(i64, i64)>,
}

impl KeyClock {
    /// Notes the time.
    pub fn observe(&mut self, now: i64) {
        let since = match self.course {
            Some((last, since))
                if now >= last.saturating_sub(STEP_BACK) && now <= last.saturating_add(HOUR) =>
            {
                since
            }
            _ => now,
        };
        self.course = Some((now, since));
    }

    /// For how long the clock has run steadily, as of the last time.
    fn steady_for(&self) -> i64 {
        self.course
            .map_or(0, |(last, since)| last.saturating_sub(since))
    }

    /// Whether keys whose time is over may be removed.
    pub fn is_steady(&self) -> bool {
        self.steady_for() >= HOUR
    }

    /// The time for a new key. `last` is that of the key before.
    pub fn kept_at(&self, now: i64, last: Option<i64>) -> i64 {
        match last {
            // The clock of the key before was wrong.
            Some(last) if self.is_steady() && last > now.saturating_add(HOUR) => now,
            Some(last) => last.max(now),
            None => now,
        }
    }

    /// Whether a key that counts as kept at this time may be removed: over for a minute, because the clock may step back by as much.
    pub fn is_over(&self, kept_at: i64, now: i64) -> bool {
        let is_ahead = kept_at > now.saturating_add(HOUR);
        is_over(kept_at, now.saturating_sub(STEP_BACK))
            || (is_ahead && self.steady_for() >= KEPT_MICROS + HOUR)
    }
}

/// Whether a key that counts as kept at this time is over by the clock alone.
pub fn is_over(kept_at: i64, now: i64) -> bool {
    kept_at.saturating_add(KEPT_MICROS) <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = KEPT_MICROS;

    /// A clock that has run from `from` to `to`.
    fn run(clock: &mut KeyClock, from: i64, to: i64) {
        let mut now = from;
        while now < to {
            clock.observe(now);
            now += HOUR / 2;
        }
        clock.observe(to);
    }

    #[test]
    fn a_jump_ahead_removes_nothing_for_an_hour() {
        let mut clock = KeyClock::default();
        run(&mut clock, 0, DAY);
        assert!(clock.is_steady());
        clock.observe(3 * DAY);
        assert!(!clock.is_steady());
        run(&mut clock, 3 * DAY, 3 * DAY + HOUR);
        assert!(clock.is_steady());
    }

    #[test]
    fn a_step_back_does_not_age_a_key() {
        let mut clock = KeyClock::default();
        run(&mut clock, 10 * DAY, 11 * DAY);
        clock.observe(DAY);
        let kept_at = clock.kept_at(DAY, Some(11 * DAY));
        assert_eq!(kept_at, 11 * DAY);
        assert!(!clock.is_over(kept_at, 11 * DAY + HOUR));
    }

    #[test]
    fn a_small_step_back_finds_every_key() {
        let mut clock = KeyClock::default();
        run(&mut clock, 0, DAY);
        assert!(!clock.is_over(0, DAY + STEP_BACK - 1));
        assert!(clock.is_over(0, DAY + STEP_BACK));
    }

    #[test]
    fn a_time_that_was_wrong_does_not_last() {
        let mut clock = KeyClock::default();
        clock.observe(1_000 * DAY);
        clock.observe(DAY);
        assert_eq!(clock.kept_at(DAY, Some(1_000 * DAY)), 1_000 * DAY);
        run(&mut clock, DAY, DAY + HOUR);
        assert_eq!(clock.kept_at(DAY + HOUR, Some(1_000 * DAY)), DAY + HOUR);
        assert!(!clock.is_over(1_000 * DAY, DAY + HOUR));
        run(&mut clock, DAY + HOUR, 2 * DAY + HOUR);
        assert!(clock.is_over(1_000 * DAY, 2 * DAY + HOUR));
    }
}
