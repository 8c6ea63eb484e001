//! Shared by the lists of versions, instances and spans.

use super::list::{Listing, required_pfid};
use crate::api::operation::Call;
use crate::model::pfid::Pfid;
use crate::registrar::Failure;
use crate::registrar::sorting::RunSorting;
use crate::store::RunOrder;

/// The sort fields of instances and spans.
pub const RUN_ORDERS: &[&str] = &[
    "id",
    "started_at",
    "inserted_at",
    "finished_at",
    "updated_at",
    "status",
];

/// The order that a request for a list of instances or spans asks for.
pub fn run_sorting(listing: &Listing) -> RunSorting {
    RunSorting {
        order: match listing.sorted_by {
            "started_at" => RunOrder::StartedAt,
            "inserted_at" => RunOrder::InsertedAt,
            "finished_at" => RunOrder::FinishedAt,
            "updated_at" => RunOrder::UpdatedAt,
            "status" => RunOrder::Status,
            _ => RunOrder::Id,
        },
        path: listing.sorting_path,
    }
}

/// Reads the request for a list of the dependents of one object: the object's id from this parameter, and the page.
/// `label` is the parameter's name in sentences.
pub fn read_list(
    call: &Call<'_>,
    name: &'static str,
    label: &str,
    orders: &[&'static str],
) -> Result<(Pfid, Listing), Failure> {
    let mut issues = Vec::new();
    let parent_id = required_pfid(&call.query, name, label, &mut issues);
    let listing = Listing::read(&call.query, orders, &mut issues);
    Failure::unless_valid(issues)?;
    Ok((parent_id.ok_or_else(Failure::unexpected)?, listing))
}
