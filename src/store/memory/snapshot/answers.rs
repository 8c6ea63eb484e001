//! Reads the stored answers of a snapshot, in its present form and in the earlier one.

use super::super::Data;
use super::super::codec::Reader;
use super::super::records::AnswerRecord;
use super::{REFUSED, SnapshotForm};
use crate::sort::sort;
use crate::store::{KEPT_MICROS, StoreError};

impl Data {
    pub(super) fn read_answers(
        &mut self,
        from: &mut Reader<'_>,
        form: SnapshotForm,
    ) -> Result<(), StoreError> {
        if form != SnapshotForm::WithObjects {
            return self.read_answers_by_scope(from);
        }
        for _ in 0..from.number() {
            let record = AnswerRecord {
                scope: from.pfid(),
                key: from.text().into(),
                fingerprint: from.bytes().try_into().map_err(|_| REFUSED)?,
                body: from.bytes().into(),
                kept_at: from.number().try_into().map_err(|_| REFUSED)?,
                status: from.number().try_into().map_err(|_| REFUSED)?,
                object_id: from.option(Reader::pfid),
                is_replaced: false,
            };
            self.answers.keep(from.sound(record).ok_or(REFUSED)?);
        }
        from.sound(()).ok_or(REFUSED)
    }

    /// The form before [`SnapshotForm::WithObjects`]: scope by scope, with the end of each key.
    fn read_answers_by_scope(&mut self, from: &mut Reader<'_>) -> Result<(), StoreError> {
        let mut records = Vec::new();
        for _ in 0..from.number() {
            let scope = from.pfid();
            for _ in 0..from.number() {
                let key = from.text().into();
                let fingerprint = from.bytes().try_into();
                let body = from.bytes().into();
                let until = i64::try_from(from.number()).map_err(|_| REFUSED)?;
                let record = AnswerRecord {
                    scope,
                    key,
                    fingerprint: fingerprint.map_err(|_| REFUSED)?,
                    status: 200,
                    object_id: None,
                    body,
                    kept_at: until.saturating_sub(KEPT_MICROS),
                    is_replaced: false,
                };
                records.push(Some(from.sound(record).ok_or(REFUSED)?));
            }
            from.sound(()).ok_or(REFUSED)?;
        }
        let kept_at = |records: &[Option<AnswerRecord>], place: u32| {
            let record = records.get(place as usize).and_then(Option::as_ref);
            record.map_or(0, |record| record.kept_at)
        };
        let mut places: Vec<u32> = (0..records.len() as u32).collect();
        sort(&mut places, &mut |a, b| {
            let [first, second] = [a, b].map(|place| kept_at(&records, place));
            first.cmp(&second).then(a.cmp(&b))
        });
        for place in places {
            if let Some(record) = records.get_mut(place as usize).and_then(Option::take) {
                self.answers.keep(record);
            }
        }
        Ok(())
    }
}
