//! Reads the records of exports.

use serde_json::Value;

use super::id::{DAY, Id, Micros, moment};
use super::refusal::Refusal;
use super::state::Version;

pub(super) const INVALID: Refusal = (422, "validation_errors");

/// The reason for which a record is refused. With it, all of the import is.
pub(super) type Step<T> = Result<T, Refusal>;

/// A record of an export. A member that is null is as one that is not there.
pub(super) struct Record<'v>(pub(super) &'v Value);

impl<'v> Record<'v> {
    pub(super) fn member(&self, name: &str) -> Option<&'v Value> {
        self.0.get(name).filter(|it| !it.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Step<Option<&'v str>> {
        let text = |it: &'v Value| it.as_str().ok_or(INVALID);
        self.member(name).map(text).transpose()
    }

    pub(super) fn id(&self, name: &str) -> Step<Option<Id>> {
        let id = |text: &str| Id::parse(text).ok_or(INVALID);
        self.text(name)?.map(id).transpose()
    }

    pub(super) fn time(&self, name: &str) -> Step<Option<Micros>> {
        let time = |text: &str| micros(text).ok_or(INVALID);
        self.text(name)?.map(time).transpose()
    }

    /// A required member that is one of these words.
    pub(super) fn word(&self, name: &str, words: &[&'static str]) -> Step<&'static str> {
        let text = self.text(name)?.ok_or(INVALID)?;
        words.iter().find(|it| **it == text).copied().ok_or(INVALID)
    }

    /// The size of a payload.
    pub(super) fn size(&self, name: &str) -> Step<Option<usize>> {
        let size = |it: &Value| Some(it.as_object()?.get("text")?.as_str()?.len());
        let read = |it: &Value| size(it).ok_or(INVALID);
        self.member(name).map(read).transpose()
    }

    /// The id and the moments of the creation and of the last change.
    pub(super) fn common(&self) -> Step<(Id, Micros, Micros)> {
        let (inserted, updated) = (self.time("inserted_at")?, self.time("updated_at")?);
        let all = self.id("id")?.zip(inserted).zip(updated);
        let ((id, inserted), updated) = all.ok_or(INVALID)?;
        Ok((id, inserted, updated))
    }
}

impl Version {
    /// Whether a record of an export is this version: its agent and its identifier tell, whatever its id.
    pub(super) fn is_in(&self, record: &Value) -> bool {
        record["kind"] == self.kind.name()
            && record["agent_id"].as_str().and_then(Id::parse) == Some(self.agent)
            && record["external_identifier"] == self.identifier.as_str()
    }
}

/// Reads a moment as [`moment`] writes it: the days from the civil date by the algorithm of Howard Hinnant.
fn micros(text: &str) -> Option<Micros> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    let at = days * DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + number(20, 26)?;
    (moment(at) == text).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        for at in [0, -1, 951_782_400_000_000, 1_778_148_000_000_001] {
            assert_eq!(micros(&moment(at)), Some(at));
        }
        assert_eq!(micros("2026-02-30T00:00:00.000000Z"), None);
        assert_eq!(micros("yesterday"), None);
    }
}
