//! What all lists share: paging, sorting and the envelope.

use crate::api::read::query::Query;
use crate::api::write::encode::JsonWriter;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::rules::pfid::Id;
use crate::rules::timestamp::Time;
use crate::rules::{Issue, IssueReason, TextRule, option, whole_number};
use crate::store::Page;

/// How many items a page has unless the request says.
const DEFAULT_PAGE_SIZE: u32 = 50;
/// How many items a page has at most.
const MAX_PAGE_SIZE: u32 = 100;

/// Which page of a list is asked for, and in which order. Following the pages of a list sorted by id, while objects are
/// made, visits each one that was there once, since ids that are made here only increase. An id that a caller chooses may
/// be lower than those of pages already seen: then the ones after it move on by one, and the next page begins with an
/// object that was seen already. **\[ours\]**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// How many items to skip.
    pub offset: u64,
    /// How many items to give at most.
    pub size: u32,
    /// What it is sorted by, as it is called on the wire.
    pub sorted_by: &'static str,
    /// Whether backwards.
    pub descending: bool,
}

impl Listing {
    /// Reads `pagination[offset]` and `pagination[page_size]`, and `sorting=name`, `sorting=-name` or
    /// `sorting[field]=name&sorting[direction]=desc`. The first of `orders` is the default.
    #[inline(never)]
    pub fn read(query: &Query<'_>, orders: &[&'static str], issues: &mut Vec<Issue>) -> Listing {
        let offset = match query.get("pagination[offset]").map(whole_number) {
            None => 0,
            Some(Some(offset)) => offset,
            Some(None) => {
                let explanation = whole_number::explain("Offset", &(0..=u64::MAX), None);
                let path = "pagination.offset";
                issues.push(Issue::new(path, IssueReason::OutOfRange, explanation));
                0
            }
        };
        let range = 1..=u64::from(MAX_PAGE_SIZE);
        let size = match query.get("pagination[page_size]").map(whole_number) {
            None => DEFAULT_PAGE_SIZE,
            Some(Some(size)) if range.contains(&size) => size as u32,
            Some(number) => {
                let explanation = whole_number::explain("Page size", &range, number);
                let path = "pagination.page_size";
                issues.push(Issue::new(path, IssueReason::OutOfRange, explanation));
                MAX_PAGE_SIZE
            }
        };
        let (index, descending) = read_sorting(query, orders, issues);
        Listing {
            offset,
            size,
            sorted_by: orders.get(index).copied().unwrap_or("id"),
            descending,
        }
    }
}

impl Listing {
    /// The part of the list that is wanted.
    pub fn page(&self) -> Page {
        Page {
            offset: self.offset,
            size: self.size,
            descending: self.descending,
        }
    }
}

/// Numbers beyond `u64` saturate to `u64::MAX`, which exceeds every list and limit.
fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Which of the names is sorted by, and whether backwards.
fn read_sorting(query: &Query<'_>, names: &[&str], issues: &mut Vec<Issue>) -> (usize, bool) {
    let mut index = 0;
    // The longer form first: where both are there, both are checked and the shorter one counts.
    let short = query.get("sorting");
    let forms = [
        ("sorting.field", query.get("sorting[field]")),
        (
            "sorting",
            short.map(|it| it.strip_prefix('-').unwrap_or(it)),
        ),
    ];
    for (path, wanted) in forms {
        let Some(wanted) = wanted else { continue };
        match names.iter().position(|name| *name == wanted) {
            Some(known) => index = known,
            None => issues.push(Issue::new(
                path,
                IssueReason::NotAnOption,
                option::explain("Sorting field", names),
            )),
        }
    }
    let mut descending = short.is_some_and(|it| it.starts_with('-'));
    match query.get("sorting[direction]") {
        None => {}
        Some("asc") => descending = false,
        Some("desc") => descending = true,
        Some(_) => issues.push(Issue::new(
            "sorting.direction",
            IssueReason::NotAnOption,
            "Sorting direction must be asc or desc.",
        )),
    }
    (index, descending)
}

/// An id that a query names.
pub fn query_pfid(query: &Query<'_>, name: &'static str, issues: &mut Vec<Issue>) -> Option<Pfid> {
    let id = query.get(name).map(Pfid::parse)?;
    if id.is_err() {
        let reason = IssueReason::NotAPfid;
        issues.push(Issue::new(name, reason, Id::explain("The ID", reason)));
    }
    id.ok()
}

/// An id that a query must name.
pub fn required_pfid(
    query: &Query<'_>,
    name: &'static str,
    label: &str,
    issues: &mut Vec<Issue>,
) -> Option<Pfid> {
    if query.get(name).is_none() {
        let reason = IssueReason::Missing;
        issues.push(Issue::new(name, reason, Id::explain(label, reason)));
    }
    query_pfid(query, name, issues)
}

/// A moment that a query names. Where the plus of its offset was not encoded, a space has arrived
/// in its place: that is understood. **\[ours\]**
pub fn query_timestamp(
    query: &Query<'_>,
    name: &'static str,
    issues: &mut Vec<Issue>,
) -> Option<Timestamp> {
    let text = query.get(name)?;
    let moment = Timestamp::parse_rfc3339(text).or_else(|error| {
        let at = text.len().saturating_sub("+00:00".len());
        match text.split_at_checked(at) {
            Some((moment, offset)) if offset.starts_with(' ') => {
                Timestamp::parse_rfc3339(&format!("{moment}+{}", offset.trim_ascii_start()))
            }
            _ => Err(error),
        }
    });
    if moment.is_err() {
        let reason = IssueReason::NotATimestamp;
        issues.push(Issue::new(name, reason, Time::explain("The time", reason)));
    }
    moment.ok()
}

/// Writes `{"status":"success","summaries":[…],"pagination":P,"sorting":S}`. Its parts come one
/// after the other, because how many items there are is known last.
pub struct ListWriter<'o> {
    out: &'o mut Vec<u8>,
    items: u64,
}

impl<'o> ListWriter<'o> {
    /// Begins the list.
    pub fn new(out: &'o mut Vec<u8>) -> ListWriter<'o> {
        JsonWriter::new(out).raw(r#"{"status":"success","summaries":["#);
        ListWriter { out, items: 0 }
    }

    /// One item of the page.
    pub fn item<T>(&mut self, write: impl FnOnce(&mut JsonWriter<'_>) -> T) -> T {
        let mut json = JsonWriter::new(self.out);
        if self.items > 0 {
            json.raw(",");
        }
        self.items += 1;
        write(&mut json)
    }

    /// Ends the list; `count` is the number of items on all pages.
    pub fn finish(self, count: u64, listing: &Listing) {
        let &Listing {
            offset,
            size,
            sorted_by,
            descending,
        } = listing;
        let size = u64::from(size);
        let (start, end) = match self.items {
            0 => (0, 0),
            items => (offset + 1, offset + items),
        };
        let next = offset.checked_add(size).filter(|&next| next < count);
        let previous = (offset > 0).then(|| offset.saturating_sub(size));
        let mut json = JsonWriter::new(self.out);
        json.raw(r#"],"pagination":{"item_count":"#)
            .number(count)
            .raw(r#","item_start":"#)
            .number(start)
            .raw(r#","item_end":"#)
            .number(end)
            .raw(r#","page_count":"#)
            .number(count.div_ceil(size))
            .raw(r#","page_index":"#)
            .number((offset / size).saturating_add(1))
            .raw(r#","page_offset":"#)
            .number(offset)
            .raw(r#","page_size":"#)
            .number(size)
            .raw(r#","next_page_offset":"#)
            .maybe_number(next)
            .raw(r#","previous_page_offset":"#)
            .maybe_number(previous)
            .raw(r#"},"sorting":{"field":"#)
            .text(sorted_by)
            .raw(r#","direction":"#)
            .text(if descending { "desc" } else { "asc" })
            .raw("}}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_may_have_lost_its_plus_and_be_anything() {
        let read = |text: &str| {
            let mut query = Query::default();
            query.add("start_time", text);
            let mut issues = Vec::new();
            let moment = query_timestamp(&query, "start_time", &mut issues);
            assert_eq!(moment.is_none(), issues.len() == 1, "{text:?}");
            moment.map(|it| it.to_string())
        };
        let expected = Some("2026-05-07T10:00:00.000000Z".to_owned());
        assert_eq!(read("2026-05-07T12:00:00 02:00"), expected);
        assert_eq!(read("2026-05-07T12:00:00+02:00"), expected);
        assert_eq!(read("2026-05-07 10:00:00Z"), expected);
        for text in [
            "",
            " ",
            " 02:00",
            "é02:00",
            "2026-05-07T12:00:00é2:00",
            "€€€",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
