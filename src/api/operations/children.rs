//! What the operations on versions, instances and spans have in common: one by its id, and lists.

use serde::Serialize;

use super::list::{self, Listing, query_timestamp, required_pfid};
use crate::api::operation::{Call, parse_id};
use crate::api::write;
use crate::registrar::{Failure, Registrar};
use crate::store::{ChildKind, ChildOrder, ChildQuery, ChildRow, StoreError};

/// How one kind is found and written.
pub trait Resource {
    /// Which kind.
    const KIND: ChildKind;
    /// The parameter of its list that names the parent, and what people call that.
    const PARENT: (&'static str, &'static str);
    /// What its list can be sorted by; the first is the default.
    const ORDERS: &'static [&'static str];

    /// What answers say of one.
    type Answer<'r>: Serialize;

    /// What answers say of a row.
    fn answer<'r>(row: &ChildRow<'r>) -> Result<Self::Answer<'r>, StoreError>;
}

/// `GET …/{id}`
pub fn fetch<R: Resource>(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, R::KIND.into())?;
    let row = registrar.child(&call.caller, R::KIND, id)?;
    answer::<R>(out, &row)
}

/// `GET …`. Of those of a time, where the kind has one, the ones that began in it, both its ends included. **\[ours\]**
pub fn list<R: Resource>(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let (query, listing) = read_query(call, R::KIND, R::PARENT, R::ORDERS)?;
    list::answer(out, &listing, &mut |page| {
        let mut written: Result<(), Failure> = Ok(());
        let count = registrar.children(&call.caller, R::KIND, &query, &mut |row| {
            if written.is_ok() {
                written = R::answer(row)
                    .map_err(Failure::from)
                    .and_then(|item| Ok(page.push(&item)?));
            }
        })?;
        written?;
        Ok(count)
    })
}

#[inline(never)]
fn read_query(
    call: &Call<'_>,
    kind: ChildKind,
    (parent, label): (&'static str, &'static str),
    orders: &'static [&'static str],
) -> Result<(ChildQuery, Listing), Failure> {
    let mut issues = Vec::new();
    let parent_id = required_pfid(&call.query, parent, label, &mut issues);
    let (mut from, mut until) = (None, None);
    if kind == ChildKind::AgentSpan {
        from = query_timestamp(&call.query, "start_time", &mut issues);
        until = query_timestamp(&call.query, "end_time", &mut issues);
    }
    let listing = Listing::read(&call.query, orders, &mut issues);
    Failure::unless_valid(issues)?;
    let query = ChildQuery {
        parent_id: parent_id.ok_or_else(Failure::unexpected)?,
        order: match listing.sorted_by {
            "inserted_at" => ChildOrder::InsertedAt,
            "started_at" => ChildOrder::StartedAt,
            _ => ChildOrder::Id,
        },
        descending: listing.descending,
        offset: listing.offset,
        size: listing.size,
        from,
        until,
    };
    Ok((query, listing))
}

/// The answer that is one object.
pub fn answer<R: Resource>(out: &mut Vec<u8>, row: &ChildRow<'_>) -> Result<(), Failure> {
    write::details(out, R::answer(row)?)
}
