//! Shared by all lists: paging, sorting and the envelope.

use std::ops::ControlFlow;

use serde::Serialize;

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
/// The largest offset, 2^53 - 1: the largest whole number that every JSON reader keeps exactly. **\[ours\]**
pub const MAX_OFFSET: u64 = (1 << 53) - 1;
/// The most bytes that the answer with a page takes. A page ends before the item that would exceed it, but has at least
/// one. **\[ours\]**
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// The bytes of a page's answer that are reserved for everything except its items.
const ENVELOPE_BYTES: usize = 1024;

/// The parameters of lists: their names, and their paths in issues.
const PARAMETERS: [(&str, &str); 12] = [
    ("account_id", "account_id"),
    ("agent_id", "agent_id"),
    ("agent_instance_id", "agent_instance_id"),
    ("end_time", "end_time"),
    ("environment_id", "environment_id"),
    ("include_counts", "include_counts"),
    ("pagination[offset]", "pagination.offset"),
    ("pagination[page_size]", "pagination.page_size"),
    ("sorting", "sorting"),
    ("sorting[direction]", "sorting.direction"),
    ("sorting[field]", "sorting.field"),
    ("start_time", "start_time"),
];

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
    /// The path of the parameter with the sort field, for issues with it.
    pub sorting_path: &'static str,
}

impl Listing {
    /// Reads `pagination[offset]` and `pagination[page_size]`, and `sorting=name`, `sorting=-name` or
    /// `sorting[field]=name&sorting[direction]=desc`. The first of `orders` is the default.
    #[inline(never)]
    pub fn read(query: &Query<'_>, orders: &[&'static str], issues: &mut Vec<Issue>) -> Listing {
        check_names(query, issues);
        let range = 0..=MAX_OFFSET;
        let offset = match query.get("pagination[offset]").map(whole_number) {
            None => 0,
            Some(Some(offset)) if range.contains(&offset) => offset,
            Some(number) => {
                let explanation = whole_number::explain("Offset", &range, number);
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
        let is_short = query.get("sorting").is_some();
        Listing {
            offset,
            size,
            sorted_by: orders.get(index).copied().unwrap_or("id"),
            descending,
            sorting_path: if is_short { "sorting" } else { "sorting.field" },
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
        // Fewer items than the page size may have fitted into the answer.
        let next = offset + items;
        let last = item_count.saturating_sub(1) / size * size;
        let previous = if offset >= item_count {
            last
        } else {
            offset.saturating_sub(size)
        };
        Pagination {
            item_count,
            item_start,
            item_end,
            page_count: item_count.div_ceil(size),
            page_index: offset / size + 1,
            page_offset: offset,
            page_size: size,
            next_page_offset: (items > 0 && next < item_count).then_some(next),
            previous_page_offset: (offset > 0).then_some(previous),
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

/// Refuses parameters that are written in a way that would be ignored, or of which a part would: `environment_id[]=…`,
/// `pagination[page]=2`, and one that is repeated with another value. To ignore them would answer what was not asked for.
/// **\[ours\]**
fn check_names(query: &Query<'_>, issues: &mut Vec<Issue>) {
    let mut refuse = |path: &'static str, message: &'static str| {
        if !issues.iter().any(|issue| issue.path == path) {
            issues.push(Issue::new(path, IssueReason::NotSupported, message));
        }
    };
    let parameter = |wanted: &str| PARAMETERS.iter().find(|(name, _)| *name == wanted);
    for (name, _) in query.iter() {
        let (group, is_bracketed) = match name.split_once('[') {
            Some((group, _)) => (group, true),
            None => (name, false),
        };
        match (group, parameter(name)) {
            (_, Some(_)) => {}
            ("pagination", None) => refuse(
                "pagination",
                "Pagination has only pagination[offset] and pagination[page_size].",
            ),
            ("sorting", None) => refuse(
                "sorting",
                "Sorting has only sorting[field] and sorting[direction].",
            ),
            (group, None) if is_bracketed => {
                if let Some((_, path)) = parameter(group) {
                    refuse(path, "The parameter takes one value, without brackets.");
                }
            }
            _ => {}
        }
    }
    for (name, path) in PARAMETERS {
        let mut values = query.iter().filter(|pair| pair.0 == name);
        let first = values.next();
        if values.any(|pair| Some(pair) != first) {
            refuse(path, "The parameter is given twice, with different values.");
        }
    }
}

/// Numbers beyond `u64` saturate to `u64::MAX`, which exceeds every list and limit.
fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// The requested sort field, and whether the order is descending. The field of `sorting` takes precedence.
fn read_sorting(query: &Query<'_>, names: &[&str], issues: &mut Vec<Issue>) -> (usize, bool) {
    let mut index = 0;
    let short = query.get("sorting");
    let field = query.get("sorting[field]");
    let forms = [
        ("sorting.field", field),
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

/// A flag in the query: `true` or `1`, `false` or `0`.
pub fn query_flag(query: &Query<'_>, name: &'static str, issues: &mut Vec<Issue>) -> bool {
    match query.get(name) {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => {
            let message = "The flag must be true or false.";
            issues.push(Issue::new(name, IssueReason::NotAnOption, message));
            false
        }
    }
}

/// Refuses parameters of upstream that this build does not know: without them, the answer would be another one.
/// **\[ours\]**
pub fn refuse_parameters(query: &Query<'_>, names: &[&'static str], issues: &mut Vec<Issue>) {
    for name in names {
        let is_named = |key: &str| {
            let rest = key.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        };
        if query.iter().any(|(key, _)| is_named(key)) {
            let message = "This build of the service does not know the parameter; leave it out.";
            issues.push(Issue::new(*name, IssueReason::NotSupported, message));
        }
    }
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

/// The items of one page, written one after the other.
pub struct PageWriter<'o> {
    items: List<'o>,
    /// The length of the buffer that an item must not exceed.
    limit: usize,
}

impl PageWriter<'_> {
    /// Writes an item. Breaks, and writes nothing, if the answer would become longer than [`MAX_PAGE_BYTES`].
    pub fn push<T: Serialize>(&mut self, item: &T) -> ControlFlow<()> {
        self.items.push_within(item, self.limit)
    }
}

/// Writes a [`ListAnswer`](crate::wire::ListAnswer) item by item, without holding the page. `items` writes the items
/// of the page, and returns the number of items on all pages.
#[inline(never)]
pub fn answer(
    out: &mut Vec<u8>,
    listing: &Listing,
    items: &mut dyn FnMut(&mut PageWriter<'_>) -> Result<u64, Failure>,
) -> Result<(), Failure> {
    let limit = out.len() + MAX_PAGE_BYTES - ENVELOPE_BYTES;
    let mut answer = Object::begin(out);
    answer.member("status", &literal::Success)?;
    let mut page = PageWriter {
        items: List::begin(answer.key("summaries")),
        limit,
    };
    let item_count = items(&mut page)?;
    let items = page.items.end()?;
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
                sorting_path: "sorting",
            };
            let (mut parts, mut whole) = (Vec::new(), Vec::new());
            answer(&mut parts, &listing, &mut |page| {
                for item in &items {
                    assert!(page.push(item).is_continue());
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
    fn a_page_ends_before_the_item_that_does_not_fit() {
        let listing = Listing {
            offset: 3,
            size: 50,
            sorted_by: "id",
            descending: false,
            sorting_path: "sorting",
        };
        let item = "x".repeat(1024 * 1024);
        let largest = "x".repeat(2 * MAX_PAGE_BYTES);
        for (items, given) in [(vec![&item; 5], 3), (vec![&largest; 2], 1)] {
            let mut out = vec![0; 100];
            answer(&mut out, &listing, &mut |page| {
                let written = items.iter().take_while(|it| page.push(it).is_continue());
                assert_eq!(written.count(), given);
                Ok(20)
            })
            .unwrap();
            let answer: serde_json::Value = serde_json::from_slice(&out[100..]).unwrap();
            assert_eq!(answer["summaries"].as_array().unwrap().len(), given);
            assert!(given == 1 || out.len() - 100 <= MAX_PAGE_BYTES);
            let pagination = &answer["pagination"];
            assert_eq!(pagination["item_end"], 3 + given);
            assert_eq!(pagination["next_page_offset"], 3 + given);
            assert_eq!(pagination["page_count"], 1);
        }
    }

    #[test]
    fn pages_past_the_end_lead_back_to_the_last_one() {
        for (offset, size, count, previous) in [
            (0, 2, 3, None),
            (1, 2, 3, Some(0)),
            (2, 2, 3, Some(0)),
            (3, 2, 3, Some(2)),
            (4, 2, 3, Some(2)),
            (5, 2, 3, Some(2)),
            (4, 2, 4, Some(2)),
            (5, 2, 4, Some(2)),
            (50, 50, 3, Some(0)),
            (50, 50, 0, Some(0)),
            (MAX_OFFSET, 100, 1_000, Some(900)),
            (MAX_OFFSET, 1, u64::MAX >> 8, Some(MAX_OFFSET - 1)),
        ] {
            let listing = Listing {
                offset,
                size,
                sorted_by: "id",
                descending: false,
                sorting_path: "sorting",
            };
            let page = listing.pagination(0, count);
            assert_eq!(
                page.previous_page_offset, previous,
                "{offset} {size} {count}"
            );
            assert_eq!(page.next_page_offset, None);
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
