//! The handlers for environments: they read requests and write answers.

use super::list::{self, Listing, query_pfid};
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::FieldReader;
use crate::api::write;
use crate::registrar::environments::{self, EnvironmentSort};
use crate::registrar::{Failure, Kind, Registrar};
use crate::store::EnvironmentRow;
use crate::wire;

/// The sort fields of environments.
const ORDERS: &[&str] = &["id", "name", "inserted_at", "updated_at"];

/// The operations under `/api/v1/environment`.
pub static OPERATIONS: &[Operation] = &[
    Operation::write(
        "environments/create",
        Method::Post,
        Path::Collection,
        Body::Required,
        create,
    )
    .described(describe! {
        "Create an environment" => wire::Details<wire::Environment>,
        body: wire::DetailsBody<wire::CreateEnvironment>,
    }),
    Operation::read("environments/list", Path::Collection, list).described(describe! {
        "List environments" => wire::ListAnswer<wire::Environment>,
        parameters: [account_id: wire::Pfid, "The account to which the list is limited.";],
        sorted_by: ORDERS,
    }),
    Operation::read("environments/show", Path::Item, fetch).described(describe! {
        "Fetch an environment" => wire::Details<wire::Environment>,
    }),
    Operation::write(
        "environments/update",
        Method::Put,
        Path::Item,
        Body::Required,
        update,
    )
    .described(describe! {
        "Rename an environment" => wire::Details<wire::Environment>,
        body: wire::DetailsBody<wire::Rename>,
    }),
    Operation::delete("environments/delete", delete).described(describe! {
        "Delete an environment without agents" => wire::Details<wire::Environment>,
        body: wire::KeyBody,
        errors: [InvalidAction],
    }),
];

/// `POST /api/v1/environment`
pub fn create(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    // The scope is checked first, so that a narrower token learns nothing about ids.
    call.caller.require_account_scope()?;
    let mut details = FieldReader::of_details(call.body);
    details.require("account_id", "Account ID");
    details.named(registrar, call, "account_id", "Account ID", Kind::Account);
    details.require("name", "Name");
    let name = details.name("name", "Name");
    let id = details.chosen_id(registrar, call);
    let Some(name) = name else {
        return Err(details.failure());
    };
    details.finish()?;
    answer(
        out,
        &environments::create(registrar, &call.caller, name, id)?,
    )
}

/// `GET /api/v1/environment/{id}`
pub fn fetch(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Environment)?;
    answer(out, &environments::fetch(registrar, &call.caller, id)?)
}

/// `GET /api/v1/environment`
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let account_id = query_pfid(&call.query, "account_id", &mut issues);
    let listing = Listing::read(&call.query, ORDERS, &mut issues);
    Failure::unless_valid(issues)?;

    let sort = match listing.sorted_by {
        "name" => EnvironmentSort::Name,
        "inserted_at" => EnvironmentSort::InsertedAt,
        "updated_at" => EnvironmentSort::UpdatedAt,
        _ => EnvironmentSort::Id,
    };
    let caller = &call.caller;
    list::answer(out, &listing, &mut |items| {
        let page = listing.page();
        let mut each = |row: &EnvironmentRow<'_>| items.push(&environment(row));
        environments::list(registrar, caller, account_id, sort, &page, &mut each)
    })
}

/// `PUT /api/v1/environment/{id}`
pub fn update(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Environment)?;
    environments::fetch(registrar, &call.caller, id)?;
    let name = FieldReader::of_details(call.body).new_name()?;
    answer(
        out,
        &environments::update(registrar, &call.caller, id, name)?,
    )
}

/// `DELETE /api/v1/environment/{id}`
pub fn delete(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Environment)?;
    FieldReader::of_body(call.body).finish()?;
    environments::delete(registrar, &call.caller, id, &mut |row| answer(out, row))
}

fn answer(out: &mut Vec<u8>, row: &EnvironmentRow<'_>) -> Result<(), Failure> {
    write::details(out, environment(row))
}

fn environment<'r>(row: &'r EnvironmentRow<'_>) -> wire::Environment<'r> {
    wire::Environment {
        r#type: wire::literal::Environment,
        id: row.id,
        account_id: row.account_id,
        name: &row.name,
        inserted_at: row.inserted_at,
        updated_at: row.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::testing::{
        ACCOUNT_TOKEN, Client, ENVIRONMENT_TOKEN, OTHER_ENVIRONMENT, STRANGER_TOKEN,
    };
    use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};

    const PATH: &str = "/api/v1/environment";

    fn create(client: &mut Client, name: &str) -> String {
        let details = json!({"account_id": DEFAULT_ACCOUNT, "name": name});
        let reply = client.post(PATH, json!({ "details": details }));
        reply.details()["id"].as_str().unwrap().to_owned()
    }

    fn names(client: &mut Client, query: &str) -> Vec<String> {
        let json = client.get(&format!("{PATH}?{query}")).json();
        let rows = json["summaries"].as_array().unwrap();
        rows.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn an_environment_can_be_made_renamed_and_removed() {
        let mut client = Client::default();
        let id = create(&mut client, " Staging ");
        let path = format!("{PATH}/{id}");
        assert_eq!(client.get(&path).details()["name"], "Staging");
        let renamed = client.put(&path, json!({"details": {"name": "Production"}}));
        assert_eq!(renamed.details()["name"], "Production");
        assert_eq!(
            client.put(&path, json!({"details": {}})).details()["name"],
            "Production"
        );
        assert_eq!(
            client
                .put(&path, json!({"details": {"name": null}}))
                .paths(),
            ["details.name"]
        );
        assert_eq!(client.delete(&path).details()["id"], *id);
        assert_eq!(client.get(&path).status, 404);
    }

    #[test]
    fn an_environment_with_agents_cannot_be_deleted() {
        let mut client = Client::default();
        let id = client.create_agent("Ada");
        let path = format!("{PATH}/{DEFAULT_ENVIRONMENT}");
        assert_eq!(client.delete(&path).code(), "invalid_action");
        assert_eq!(client.delete(&format!("/api/v1/agent/{id}")).status, 200);
        assert_eq!(client.delete(&path).status, 200);
        // The environment's own token is gone with it, and stays so in another one of the same id.
        for again in [false, true] {
            if again {
                let details = json!({"account_id": DEFAULT_ACCOUNT, "name": "New", "id": DEFAULT_ENVIRONMENT});
                client.as_token(ACCOUNT_TOKEN);
                let made = client.post(PATH, json!({ "details": details }));
                assert_eq!(made.details()["id"], DEFAULT_ENVIRONMENT);
            }
            client.as_token(ENVIRONMENT_TOKEN);
            assert_eq!(client.get(PATH).code(), "bad_authtoken");
        }
    }

    #[test]
    fn lists_are_sorted_and_paged() {
        let mut client = Client::default();
        create(&mut client, "Beta");
        create(&mut client, "Alpha");
        assert_eq!(
            names(&mut client, "sorting=name"),
            ["Alpha", "Beta", "Default", "Other"]
        );
        assert_eq!(
            names(
                &mut client,
                "sorting=-name&pagination[offset]=1&pagination[page_size]=2"
            ),
            ["Default", "Beta"]
        );
        assert_eq!(
            names(&mut client, &format!("account_id={DEFAULT_ACCOUNT}")).len(),
            4
        );
        assert_eq!(
            names(&mut client, "account_id=013xrzp12g0000000000000000000000"),
            [""; 0]
        );
    }

    #[test]
    fn a_token_of_an_environment_sees_only_that_environment() {
        let mut client = Client::default();
        let own = format!("{PATH}/{DEFAULT_ENVIRONMENT}");
        let other = format!("{PATH}/{OTHER_ENVIRONMENT}");
        client.as_token(ENVIRONMENT_TOKEN);
        assert_eq!(names(&mut client, ""), ["Default"]);
        assert_eq!(client.get(&other).code(), "not_found");
        assert_eq!(
            client.put(&other, json!({"details": {}})).code(),
            "not_found"
        );
        assert_eq!(
            client
                .put(&own, json!({"details": {"name": "Mine"}}))
                .details()["name"],
            "Mine"
        );
        assert_eq!(client.delete(&own).code(), "not_permitted");
        let new = json!({"details": {"account_id": DEFAULT_ACCOUNT, "name": "New"}});
        assert_eq!(client.post(PATH, new.clone()).code(), "not_permitted");
        client.as_token(STRANGER_TOKEN);
        assert_eq!(client.get(&own).code(), "not_found");
        assert_eq!(client.post(PATH, new).paths(), ["details.account_id"]);
    }

    #[test]
    fn every_issue_of_a_new_one_is_reported() {
        let mut client = Client::default();
        let reply = client.post(
            PATH,
            json!({"details": {"account_id": 1, "name": " ", "id": "x"}}),
        );
        assert_eq!(
            reply.paths(),
            ["details.account_id", "details.name", "details.id"]
        );
        let taken = json!({"account_id": DEFAULT_ACCOUNT, "name": "A", "id": OTHER_ENVIRONMENT});
        assert_eq!(
            client.post(PATH, json!({"details": taken})).paths(),
            ["details.id"]
        );
        let foreign = json!({"account_id": DEFAULT_ACCOUNT, "name": "A", "id": "013xrzp12g0000000000000000000001"});
        assert_eq!(
            client.post(PATH, json!({"details": foreign})).paths(),
            ["details.id"]
        );
        let wrong_kind = json!({"account_id": DEFAULT_ENVIRONMENT, "name": "A"});
        assert_eq!(
            client.post(PATH, json!({"details": wrong_kind})).code(),
            "unexpected_ref_type"
        );
    }

    #[test]
    fn the_account_is_that_of_the_token() {
        let mut client = Client::default();
        let path = format!("/api/v1/account/{DEFAULT_ACCOUNT}");
        let list = client.get("/api/v1/account").json();
        assert_eq!(list["summaries"][0]["id"], DEFAULT_ACCOUNT);
        assert_eq!(
            client
                .put(&path, json!({"details": {"name": "Acme"}}))
                .details()["name"],
            "Acme"
        );
        assert_eq!(client.get(&path).details()["name"], "Acme");
        client.as_token(STRANGER_TOKEN);
        assert_eq!(client.get(&path).code(), "not_found");
        client.as_token(ENVIRONMENT_TOKEN);
        assert_eq!(client.get("/api/v1/account").code(), "not_permitted");
        client.as_token(ACCOUNT_TOKEN);
        assert_eq!(
            client
                .get(&format!("/api/v1/account/{DEFAULT_ENVIRONMENT}"))
                .code(),
            "unexpected_ref_type"
        );
    }

    #[test]
    fn ids_come_in_order_and_in_the_partition() {
        let mut client = Client::default();
        let path = "/api/v1/pfid/generate";
        let json = client
            .post(path, json!({"count": 1000, "account_id": DEFAULT_ACCOUNT}))
            .json();
        let ids: Vec<&str> = json["pfids"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it.as_str())
            .collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id[10..16] == DEFAULT_ACCOUNT[10..16]));
        assert_eq!(json["details"]["pfids"], json["pfids"]);
        assert_eq!(json["account_id"], DEFAULT_ACCOUNT);
        let two = client.post(path, json!({"count": 2.0})).json();
        assert_eq!(two["pfids"].as_array().map(Vec::len), Some(2));
        for count in [json!(0), json!(1001), json!(1.5), json!("1"), json!(null)] {
            assert_eq!(
                client.post(path, json!({ "count": count })).paths(),
                ["count"]
            );
        }
        let foreign = json!({"count": 1, "account_id": "013xrzp12g0000000000000000000000"});
        assert_eq!(client.post(path, foreign).paths(), ["account_id"]);
        assert_eq!(
            client.get("/api/v1/ping").text(),
            r#"{"status":"success","details":{"token_type":"api"}}"#
        );
    }

    #[test]
    fn the_description_needs_no_token() {
        let mut client = Client::default();
        let reply = client.as_token("").get("/api/v1/openapi");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.json()["openapi"], "3.1.0");
        assert_eq!(client.post("/api/v1/openapi", json!({})).status, 405);
    }
}
