//! Shared by all lists: paging, sorting and the envelope.

use crate::api::read::query::Query;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::registrar::Failure;
use crate::rules::pfid::Id;
use crate::rules::timestamp::Time;
use crate::rules::{Issue, IssueReason, TextRule, option, whole_number};
use crate::store::Page;
use crate::wire::json::{List, Object};
use crate::wire::{Direction, Pagination, Sorting, literal};

/// The page size unless the request says otherwise.
pub const DEFAULT_PAGE_SIZE: u32 = 50;
/// The largest page size.
pub const MAX_PAGE_SIZE: u32 = 100;

/// The page and order that a request asks for. Following the pages of a list sorted by id while objects are created
/// visits each existing object once, because generated ids only increase. An id that a caller chooses may be lower
/// than those of pages already read: then later objects shift by one, and the next page begins with an object that
/// was read before. **\[ours\]**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// How many items to skip.
    pub offset: u64,
    /// The most items to return.
    pub size: u32,
    /// The sort field, by its name on the wire.
    pub sorted_by: &'static str,
    /// Whether the order is descending.
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

    /// The pagination of the answer, for this many items on the page and on all pages.
    fn pagination(&self, items: u64, item_count: u64) -> Pagination {
        let offset = self.offset;
        let size = u64::from(self.size);
        let (item_start, item_end) = match items {
            0 => (0, 0),
            items => (offset + 1, offset + items),
        };
        let next = offset.checked_add(size);
        Pagination {
            item_count,
            item_start,
            item_end,
            page_count: item_count.div_ceil(size),
            page_index: (offset / size).saturating_add(1),
            page_offset: offset,
            page_size: size,
            next_page_offset: next.filter(|&next| next < item_count),
            previous_page_offset: (offset > 0).then(|| offset.saturating_sub(size)),
        }
    }

    fn sorting(&self) -> Sorting<'static> {
        Sorting {
            field: self.sorted_by,
            direction: match self.descending {
                false => Direction::Asc,
                true => Direction::Desc,
            },
        }
    }
}

impl Listing {
    /// The requested part of the list.
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

/// The requested sort field, and whether the order is descending.
fn read_sorting(query: &Query<'_>, names: &[&str], issues: &mut Vec<Issue>) -> (usize, bool) {
    let mut index = 0;
    // If both forms are present, both are checked and the shorter one counts.
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

/// An optional id in the query.
pub fn query_pfid(query: &Query<'_>, name: &'static str, issues: &mut Vec<Issue>) -> Option<Pfid> {
    let id = query.get(name).map(Pfid::parse)?;
    if id.is_err() {
        let reason = IssueReason::NotAPfid;
        issues.push(Issue::new(name, reason, Id::explain("The ID", reason)));
    }
    id.ok()
}

/// A required id in the query.
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

/// A time in the query. If the `+` of its offset was not encoded, it arrived as a space, which is accepted.
/// **\[ours\]**
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

/// Writes a [`ListAnswer`](crate::wire::ListAnswer) item by item, without holding the page. `items` writes the items
/// of the page, and returns the number of items on all pages.
#[inline(never)]
pub fn answer(
    out: &mut Vec<u8>,
    listing: &Listing,
    items: &mut dyn FnMut(&mut List<'_>) -> Result<u64, Failure>,
) -> Result<(), Failure> {
    let mut answer = Object::begin(out);
    answer.member("status", &literal::Success)?;
    let mut page = List::begin(answer.key("summaries"));
    let item_count = items(&mut page)?;
    let items = page.end()?;
    answer.member("pagination", &listing.pagination(items, item_count))?;
    answer.member("sorting", &listing.sorting())?;
    answer.end();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ListAnswer, json};

    #[test]
    fn a_list_written_in_parts_equals_the_list_answer() {
        for (offset, items) in [(0, vec![]), (2, vec![true, false])] {
            let listing = Listing {
                offset,
                size: 2,
                sorted_by: "name",
                descending: true,
            };
            let (mut parts, mut whole) = (Vec::new(), Vec::new());
            answer(&mut parts, &listing, &mut |page| {
                for item in &items {
                    page.push(item);
                }
                Ok(5)
            })
            .unwrap();
            let value = ListAnswer {
                status: literal::Success,
                pagination: listing.pagination(items.len() as u64, 5),
                summaries: items,
                sorting: listing.sorting(),
            };
            json::append(&mut whole, &value).unwrap();
            assert_eq!(parts, whole);
        }
    }

    #[test]
    fn a_time_in_a_query_may_have_a_space_for_its_plus() {
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
