//! What the operations on versions, instances and spans have in common: one by its id, and lists.

use super::list::{ListWriter, Listing, query_timestamp, required_pfid};
use crate::api::operation::Call;
use crate::api::operation::parse_id;
use crate::api::write::encode::{self, JsonWriter};
use crate::registrar::{Failure, Registrar};
use crate::store::{ChildKind, ChildOrder, ChildQuery, ChildRow, StoreError};

/// How one kind is found and written.
#[derive(Debug)]
pub struct Resource {
    /// Which kind.
    pub kind: ChildKind,
    /// The parameter of its list that names the parent, and what people call that.
    pub parent: (&'static str, &'static str),
    /// What its list can be sorted by; the first is the default.
    pub orders: &'static [&'static str],
    /// Writes one.
    pub write: fn(&mut JsonWriter<'_>, &ChildRow<'_>) -> Result<(), StoreError>,
}

/// `GET …/{id}`
pub fn fetch(
    resource: &Resource,
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, resource.kind.into())?;
    let row = registrar.child(&call.caller, resource.kind, id)?;
    answer(resource, out, &row)
}

/// `GET …`. Of those of a time, where the kind has one, the ones that began in it, both its ends included. **\[ours\]**
pub fn list(
    resource: &Resource,
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let (name, label) = resource.parent;
    let parent_id = required_pfid(&call.query, name, label, &mut issues);
    let (mut from, mut until) = (None, None);
    if resource.kind == ChildKind::AgentSpan {
        from = query_timestamp(&call.query, "start_time", &mut issues);
        until = query_timestamp(&call.query, "end_time", &mut issues);
    }
    let listing = Listing::read(&call.query, resource.orders, &mut issues);
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
    let mut list = ListWriter::new(out);
    let mut written = Ok(());
    let count = registrar.children(&call.caller, resource.kind, &query, &mut |row| {
        let done = list.item(|json| (resource.write)(json, row));
        written = written.and(done);
    })?;
    written?;
    list.finish(count, &listing);
    Ok(())
}

/// The answer that is one object.
pub fn answer(resource: &Resource, out: &mut Vec<u8>, row: &ChildRow<'_>) -> Result<(), Failure> {
    Ok(encode::details(out, |json| (resource.write)(json, row))?)
}
