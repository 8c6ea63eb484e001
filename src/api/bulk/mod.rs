//! Several operations in one request.

mod items;

use super::described::describe;
use super::http::Method;
use super::idempotency;
use super::operation::{Body, Call, Operation, Path};
use super::operations::list::MAX_PAGE_BYTES;
use super::read::query::Query;
use super::write::error::ErrorBody;
use crate::json;
use crate::model::error::ErrorCode;
use crate::registrar::{Failure, Registrar};
#[cfg(feature = "description")]
use crate::wire;
use crate::wire::json::Object as ObjectWriter;
use crate::wire::literal;
use items::{Item, item, item_id, items, items_at, parameters, read};

/// The operations that an item can name. **\[client\]**
pub const TYPES: [&str; 16] = [
    "agents/list",
    "agents/show",
    "agents/create",
    "agents/update",
    "agents/delete",
    "agents/retire",
    "agents/reinstate",
    "environments/list",
    "environments/show",
    "environments/create",
    "environments/update",
    "agent_instances/register",
    "agent_instances/start",
    "agent_instances/finish",
    "agent_spans/create",
    "agent_spans/finish",
];
/// The most items that a request may have.
pub const MAX_ITEMS: usize = 1_000;
/// The most bytes of an answer after which another item runs. The remaining items are left to another request, so that a
/// thousand long lists do not exhaust memory. The last item may add as much as one page takes. **\[ours\]**
pub const MAX_BYTES: usize = MAX_PAGE_BYTES;
/// The most work of a request after which another item runs. One item is one unit, and a list that has to be sorted for the
/// request adds a unit for each of its rows, so a request costs no more than a few such lists. **\[ours\]**
pub const MAX_WORK: u64 = 100_000;

/// The message of the item that was not run.
const FULL: &str = "The request is full; send this item and the ones after it in another request.";

/// The operation under `/api/v1/bulk`.
pub static OPERATIONS: &[Operation] = &[Operation {
    // Each item is a body of its own, two levels down.
    levels: json::BODY_LEVELS + 2,
    // The service runs it item by item: see [`BulkRun`].
    ..Operation::write(
        "bulk",
        Method::Post,
        Path::Collection,
        Body::Required,
        |_, _, _| Err(Failure::unexpected()),
    )
    .described(describe! {
        "Carry out several operations in order, up to the first that fails" => wire::BulkAnswer,
        body: wire::FieldsBody<wire::Bulk>,
    })
}];

/// `POST /api/v1/bulk`, item by item.
///
/// The whole request is checked first: if any item has an unknown type or an invalid key, nothing runs. **\[ours\]**
/// Then the items run in order, each in its own unit of work, until one fails. Finally the answer is stored for the
/// key of the request itself, if it has one.
#[derive(Debug, Default)]
pub(super) struct BulkRun {
    phase: Phase,
    /// The offset of the answer in the output.
    start: usize,
    /// The offset of the current item's output.
    item_start: usize,
    /// The position of the member `items` in the body. It is looked up once, because a body may have many other members.
    items_at: usize,
    /// The units of work so far.
    work: u64,
    /// Whether an item failed with an internal error. Then the answer is not stored, so that a retry runs again.
    has_fault: bool,
    /// Whether the last step stored the answer.
    was_kept: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing has been checked.
    #[default]
    New,
    /// The item of this index is next.
    Item(usize),
    /// All items were carried out.
    Keep,
}

/// The result of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stepped {
    /// Whether the answer is complete.
    pub(super) is_last: bool,
    /// Whether the answer is a stored one.
    pub(super) is_replayed: bool,
}

impl BulkRun {
    /// Whether nothing of the answer has been written yet.
    pub(super) fn is_new(&self) -> bool {
        self.phase == Phase::New
    }

    /// Runs the next item. An error is the item's, or that of the whole request while [`is_new`](BulkRun::is_new)
    /// holds.
    pub(super) fn step(
        &mut self,
        registrar: &mut Registrar,
        operation: &Operation,
        call: &Call<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Stepped, Failure> {
        let mut stepped = Stepped {
            is_last: true,
            is_replayed: false,
        };
        let index = match self.phase {
            Phase::Item(index) => index,
            Phase::Keep => {
                self.was_kept = true;
                idempotency::keep(registrar, operation, call, &out[self.start..])?;
                return Ok(stepped);
            }
            Phase::New => {
                self.start = out.len();
                stepped.is_replayed = idempotency::replay(registrar, operation, call, out)?;
                if stepped.is_replayed {
                    return Ok(stepped);
                }
                idempotency::require_room(registrar, operation, call)?;
                read(call.body)?;
                self.items_at = items_at(call.body);
                let mut answer = ObjectWriter::begin(out);
                answer.member("status", &literal::Success)?;
                // Both objects stay open until `close`.
                ObjectWriter::begin(answer.key("outputs"));
                0
            }
        };
        let items = items(call.body, self.items_at);
        let item = items.get(index).and_then(item);
        let item = item.ok_or_else(Failure::unexpected)?;
        self.phase = Phase::Item(index + 1);
        ObjectWriter::resume(out, index == 0).key(item.key);
        self.item_start = out.len();
        if self.item_start - self.start > MAX_BYTES || self.work > MAX_WORK {
            return Err(Failure::refused(ErrorCode::BadRequest, FULL));
        }
        let before = registrar.sorted_rows();
        run_item(registrar, call, &item, out)?;
        self.work += 1 + registrar.sorted_rows().wrapping_sub(before);
        if index + 1 < items.len() {
            stepped.is_last = false;
            return Ok(stepped);
        }
        stepped.is_last = self.close(operation, call, out);
        Ok(stepped)
    }

    /// Writes a failure as the output of the item that failed, which is the last one. Returns whether the answer is
    /// complete.
    pub(super) fn end_with(
        &mut self,
        failure: &Failure,
        operation: &Operation,
        call: &Call<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        if self.was_kept {
            // The items ran, and each answer is stored for its own key. Only storing the answer of the whole failed.
            return true;
        }
        self.has_fault = failure.is_fault();
        out.truncate(self.item_start);
        // An error body contains nothing that JSON cannot represent.
        let _ = ErrorBody::of(failure).write(out);
        self.close(operation, call, out)
    }

    /// Ends the answer if the transaction for the next item could not be opened.
    pub(super) fn fail_next(
        &mut self,
        failure: &Failure,
        operation: &Operation,
        call: &Call<'_>,
        out: &mut Vec<u8>,
    ) {
        if let Phase::Item(index) = self.phase
            && let Some(item) = items(call.body, self.items_at).get(index).and_then(item)
        {
            ObjectWriter::resume(out, false).key(item.key);
            self.item_start = out.len();
            self.end_with(failure, operation, call, out);
        }
    }

    /// Writes a failure as the output of the last item if its transaction could not be committed.
    pub(super) fn fail_last(
        &mut self,
        failure: &Failure,
        operation: &Operation,
        call: &Call<'_>,
        out: &mut Vec<u8>,
    ) {
        if !self.was_kept {
            self.phase = Phase::Item(0);
            self.end_with(failure, operation, call, out);
        }
    }

    /// Ends the answer. Returns whether it is complete and so need not be stored for the request's own key.
    fn close(&mut self, operation: &Operation, call: &Call<'_>, out: &mut Vec<u8>) -> bool {
        ObjectWriter::resume(out, false).end();
        ObjectWriter::resume(out, false).end();
        self.phase = Phase::Keep;
        self.has_fault || !idempotency::has_key(operation, call)
    }
}

fn run_item(
    registrar: &mut Registrar,
    call: &Call<'_>,
    item: &Item<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut id = "";
    let mut query = Query::default();
    if item.operation.method == Method::Get {
        query = parameters(item.body);
    }
    match item.operation.path {
        Path::Item | Path::Action(_) => id = item_id(item.operation, item.body)?,
        // As a single request, the operation takes its id as a parameter.
        Path::Word("show") => query.add("agent_id", item_id(item.operation, item.body)?),
        Path::Collection | Path::Word(_) | Path::Any => {}
    }
    let call = Call {
        caller: call.caller,
        id,
        query,
        body: item.body,
    };
    idempotency::run_once(registrar, item.operation, &call, out).map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::testing::Client;
    use crate::registrar::config::DEFAULT_ENVIRONMENT;

    fn create(key: &str, name: &str) -> Value {
        json!({
            "_type": "agents/create",
            "idempotency_key": key,
            "details": {"name": name, "environment_id": DEFAULT_ENVIRONMENT},
        })
    }

    fn count(client: &mut Client) -> u64 {
        let list = client.get("/api/v1/agent").json();
        list["pagination"]["item_count"].as_u64().unwrap()
    }

    #[test]
    fn items_run_in_order_and_each_gives_its_own_answer() {
        let mut client = Client::default();
        let id = client.create_agent("Ada");
        let reply = client.post(
            "/api/v1/bulk",
            json!({"items": [
                create("create-1", "Bob"),
                {"_type": "agents/retire", "idempotency_key": "retire-1", "agent_id": id},
                {"_type": "agents/show", "idempotency_key": "show-001", "agent_id": id},
                {"_type": "agents/list", "idempotency_key": "list-001", "pagination": {"page_size": 1, "offset": 1}, "sorting": "name"},
            ]}),
        );
        let outputs = &reply.json()["outputs"];
        assert_eq!(outputs["create-1"]["details"]["name"], "Bob");
        assert_eq!(outputs["retire-1"]["details"]["status"], "retired");
        assert_eq!(outputs["show-001"]["details"]["id"], *id);
        assert_eq!(outputs["list-001"]["summaries"][0]["name"], "Bob");
        assert_eq!(outputs["list-001"]["pagination"]["page_offset"], 1);
    }

    #[test]
    fn the_first_failure_is_the_last_output() {
        let mut client = Client::default();
        let reply = client.post(
            "/api/v1/bulk",
            json!({"items": [create("create-1", "Ada"), create("create-2", ""), create("create-3", "Eve")]}),
        );
        assert_eq!(reply.status, 200);
        let json = reply.json();
        let outputs = json["outputs"].as_object().unwrap();
        assert_eq!(outputs.len(), 2);
        assert_eq!(outputs["create-2"]["code"], "validation_errors");
        assert!(outputs["create-2"]["errors"]["details.name"].is_array());
        assert_eq!(count(&mut client), 1);
    }

    /// The output of one item.
    fn output(client: &mut Client, mut item: Value) -> Value {
        item["idempotency_key"] = json!("one-item");
        let reply = client.post("/api/v1/bulk", json!({"items": [item]}));
        reply.json()["outputs"]["one-item"].clone()
    }

    #[test]
    fn values_that_no_parameter_accepts_are_refused() {
        let mut client = Client::default();
        client.create_agent("Ada");
        for (member, path) in [
            (
                json!({"environment_id": [DEFAULT_ENVIRONMENT]}),
                "environment_id",
            ),
            (
                json!({"environment_id": {"id": DEFAULT_ENVIRONMENT}}),
                "environment_id",
            ),
            (json!({"environment_id": 1}), "environment_id"),
            (json!({"pagination": [1]}), "pagination.offset"),
            (json!({"pagination": 1}), "pagination.offset"),
            (json!({"pagination": {"offset": [1]}}), "pagination.offset"),
            (
                json!({"pagination": {"page_size": {}}}),
                "pagination.page_size",
            ),
            (json!({"sorting": ["name"]}), "sorting"),
            (json!({"sorting": {"field": ["name"]}}), "sorting.field"),
        ] {
            let mut item = member.clone();
            item["_type"] = json!("agents/list");
            let output = output(&mut client, item);
            assert!(output["errors"][path].is_array(), "{member}: {output}");
        }
        let nothing = json!({"_type": "agents/list", "environment_id": null, "pagination": null, "sorting": {"field": null}, "other": [1]});
        assert_eq!(output(&mut client, nothing)["status"], "success");
    }

    #[test]
    fn an_item_names_its_object_in_two_ways() {
        let mut client = Client::default();
        let id = client.create_agent("Ada");
        for (number, item) in [
            json!({"agent_id": id}),
            json!({"id": id}),
            json!({"agent_id": id, "id": DEFAULT_ENVIRONMENT}),
            json!({"agent_id": null, "id": id}),
        ]
        .into_iter()
        .enumerate()
        {
            for name in ["agents/show", "agents/update"] {
                let mut item = item.clone();
                let key = format!("{name}-{number}");
                item["_type"] = json!(name);
                item["details"] = json!({});
                item["idempotency_key"] = json!(key);
                let reply = client.post("/api/v1/bulk", json!({"items": [item]}));
                let output = &reply.json()["outputs"][key];
                assert_eq!(output["details"]["id"], *id, "{output}");
            }
        }
        for (item, path) in [
            (json!({"agent_id": [id]}), "agent_id"),
            (json!({"id": 1}), "id"),
            (json!({"agent_id": id, "id": {}}), "id"),
            (json!({"agent_id": {}, "id": id}), "agent_id"),
            (json!({}), "agent_id"),
        ] {
            for name in ["agents/show", "agents/retire"] {
                let mut item = item.clone();
                item["_type"] = json!(name);
                let output = output(&mut client, item);
                assert!(output["errors"][path].is_array(), "{output}");
            }
        }
    }

    #[test]
    fn the_key_of_an_item_overrides_the_one_in_its_body() {
        let mut client = Client::default();
        let agent = client.create_agent("Ada");
        let instance = client.register(&agent);
        let mut create = |schema_name: &str, inner: &str| {
            let details = json!({"agent_instance_id": instance, "schema_name": schema_name, "status": "active", "payload": {}, "idempotency_key": inner});
            output(
                &mut client,
                json!({"_type": "agent_spans/create", "details": details}),
            )
        };
        let first = create("a", "inner-key-1");
        assert_eq!(first["status"], "success");
        assert_eq!(create("a", "inner-key-1"), first);
        let other = create("b", "inner-key-2");
        assert_eq!(other["code"], "idempotency_key_already_used");
    }

    #[test]
    fn a_repeated_item_has_no_second_effect() {
        let mut client = Client::default();
        let request = json!({"items": [create("create-1", "Ada")]});
        let first = client.post("/api/v1/bulk", request.clone());
        assert_eq!(first.body, client.post("/api/v1/bulk", request).body);
        assert_eq!(count(&mut client), 1);
        let other = client.post(
            "/api/v1/bulk",
            json!({"items": [create("create-1", "Eve")]}),
        );
        let code = &other.json()["outputs"]["create-1"]["code"];
        assert_eq!(code, "idempotency_key_already_used");
    }

    #[test]
    fn a_request_with_a_delete_in_it_can_be_sent_again() {
        let mut client = Client::default();
        let id = client.create_agent("Ada");
        let request = json!({"items": [
            {"_type": "agents/delete", "idempotency_key": "delete-1", "agent_id": id},
            create("create-1", "Bob"),
        ]});
        let first = client.post("/api/v1/bulk", request.clone());
        assert_eq!(first.json()["outputs"]["create-1"]["status"], "success");
        assert_eq!(first.body, client.post("/api/v1/bulk", request).body);
        assert_eq!(count(&mut client), 1);
    }

    #[test]
    fn with_a_malformed_item_nothing_runs() {
        let mut client = Client::default();
        for (item, path) in [
            (json!(1), "items.1"),
            (json!({"idempotency_key": "a-long-key"}), "items.1._type"),
            (
                json!({"_type": "bulk", "idempotency_key": "a-long-key"}),
                "items.1._type",
            ),
            (json!({"_type": "agents/list"}), "items.1.idempotency_key"),
            (
                json!({"_type": "agents/list", "idempotency_key": "short"}),
                "items.1.idempotency_key",
            ),
            (
                json!({"_type": "agents/list", "idempotency_key": "schlüssel"}),
                "items.1.idempotency_key",
            ),
            (
                json!({"_type": "agents/list", "idempotency_key": "k".repeat(129)}),
                "items.1.idempotency_key",
            ),
            (
                json!({"_type": "agents/list", "idempotency_key": "create-1"}),
                "items.1.idempotency_key",
            ),
        ] {
            let reply = client.post(
                "/api/v1/bulk",
                json!({"items": [create("create-1", "Ada"), item]}),
            );
            assert_eq!(reply.status, 422, "{item}");
            assert_eq!(reply.paths(), [path], "{item}");
        }
        for items in [json!(null), json!([]), json!({}), json!(vec![0; 1_001])] {
            let reply = client.post("/api/v1/bulk", json!({"items": items}));
            assert_eq!(
                (reply.status, reply.paths()),
                (422, vec!["items".to_owned()])
            );
        }
        assert_eq!(count(&mut client), 0);
    }

    #[test]
    fn items_that_do_not_fit_into_the_answer_are_refused() {
        let mut client = Client::default();
        let description = "🦀".repeat(10_000);
        for number in 0..100 {
            let details = json!({"name": format!("{number}"), "environment_id": DEFAULT_ENVIRONMENT, "description": description});
            assert_eq!(
                client
                    .post("/api/v1/agent", json!({"details": details}))
                    .status,
                200
            );
        }
        let lists: Vec<Value> = (0..1_000)
            .map(|number| json!({"_type": "agents/list", "idempotency_key": format!("list-{number:04}"), "pagination": {"page_size": 100}}))
            .collect();
        let reply = client.post("/api/v1/bulk", json!({"items": lists}));
        assert_eq!(reply.status, 200);
        assert!(reply.body.len() <= super::MAX_BYTES + super::MAX_PAGE_BYTES + 1024);
        let json = reply.json();
        let outputs = json["outputs"].as_object().unwrap();
        let (_, last) = outputs.iter().next_back().unwrap();
        assert_eq!(last["code"], "bad_request");
        assert!(outputs.len() < 10);
    }

    #[test]
    fn lists_that_sort_many_rows_fill_a_request() {
        let mut client = Client::default();
        let account = client.get("/api/v1/account").json()["summaries"][0]["id"].clone();
        for number in 0..400 {
            let details = json!({"account_id": account, "name": format!("{number}")});
            let reply = client.post("/api/v1/environment", json!({"details": details}));
            assert_eq!(reply.status, 200);
        }
        let lists: Vec<Value> = (0..1_000)
            .map(|number| json!({"_type": "environments/list", "idempotency_key": format!("list-{number:04}"), "pagination": {"page_size": 1}}))
            .collect();
        let json = client.post("/api/v1/bulk", json!({"items": lists})).json();
        let outputs = json["outputs"].as_object().unwrap();
        let (_, last) = outputs.iter().next_back().unwrap();
        assert_eq!(last["code"], "bad_request");
        // One unit for the item, one for each of its rows; the first that exceeds the bound still runs.
        assert_eq!(outputs.len() as u64, super::MAX_WORK / 402 + 2);
    }

    #[test]
    fn the_list_of_invalid_items_has_a_bound() {
        let mut client = Client::default();
        let reply = client.post("/api/v1/bulk", json!({"items": vec![0; 1_000]}));
        let mut paths = reply.paths();
        assert_eq!(reply.status, 422);
        assert_eq!(paths.len(), 101);
        assert_eq!(paths.pop().as_deref(), Some("items"));
    }

    #[test]
    fn items_are_found_behind_other_members() {
        let mut client = Client::default();
        let mut body = serde_json::Map::new();
        for number in 0..1_000 {
            body.insert(format!("other{number}"), json!(0));
        }
        body.insert("items".into(), json!([create("create-1", "Ada")]));
        let reply = client.post("/api/v1/bulk?a=b", Value::Object(body));
        assert_eq!(
            reply.json()["outputs"]["create-1"]["details"]["name"],
            "Ada"
        );
        assert_eq!(count(&mut client), 1);
    }
}
