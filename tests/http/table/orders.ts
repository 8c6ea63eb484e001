import { operations } from "../operations.ts";
import {
  agent,
  agentSummary,
  anAgent,
  anEnvironment,
  anInstance,
  aSpan,
  error,
  invalid,
  list,
  page,
  type Json,
  type Row,
  type Step,
} from "../row.ts";

const runs = ["id", "started_at", "inserted_at", "finished_at", "updated_at", "status"];
const fields: Record<string, readonly string[]> = {
  "agent?environment_id=$place": ["id", "name", "status", "inserted_at", "updated_at"],
  "agent_instance?agent_id=$agent": runs,
  "agent_spans?agent_instance_id=$instance": runs,
  "agent_spans?agent_id=$agent": runs,
  "agent_version?agent_id=$agent": ["id", "external_identifier", "inserted_at", "updated_at"],
  "agent_schema_version?agent_id=$agent": ["id", "external_identifier", "inserted_at", "updated_at"],
  "environment?account_id=$account": ["id", "name", "inserted_at", "updated_at"],
  account: ["id", "name", "inserted_at", "updated_at"],
  "api_token?account_id=$account": ["id", "name", "status", "inserted_at", "updated_at"],
};

const ids = (...names: string[]): Json => names.map((name) => ({ id: name, "...": true }));
const listed = (target: string, field: string, direction: string, ...names: string[]): Step => ({
  send: `GET /api/v1/${target}&sorting[field]=${field}&sorting[direction]=${direction}`,
  status: 200,
  answer: list(ids(...names), page(names.length), { field, direction }),
});

/** Three instances: the first is pending, the second is active, the third is finished. */
const threeInstances: readonly Step[] = [
  anAgent(),
  anInstance({}, "first"),
  anInstance({}, "second"),
  anInstance({}, "third"),
  { send: "POST /api/v1/agent_instance/$third/start", body: { timestamp: "2026-05-07T10:00:00Z" }, status: 200 },
  { send: "POST /api/v1/agent_instance/$second/start", body: { timestamp: "2026-05-07T11:00:00Z" }, status: 200 },
  { send: "POST /api/v1/agent_instance/$third/finish", body: { timestamp: "2026-05-07T12:00:00Z" }, status: 200, wait: 5 },
];

/** Section 3: orders and pages of every list. */
export const orders: readonly Row[] = [
  {
    name: "every list accepts every documented order, in both directions and all spellings",
    mark: "ours",
    steps: [
      anEnvironment(),
      anAgent({ environment_id: "$place" }),
      anInstance(),
      ...Object.entries(fields).flatMap(([target, names]) =>
        names.flatMap((field) => {
          const to = `GET /api/v1/${target}${target.includes("?") ? "&" : "?"}`;
          const sorted = (direction: string) => list("$ANY", "$ANY", { field, direction });
          return [
            { send: `${to}sorting=${field}`, status: 200, answer: sorted("asc") },
            { send: `${to}sorting=-${field}`, status: 200, answer: sorted("desc") },
            { send: `${to}sorting%5Bfield%5D=${field}&sorting%5Bdirection%5D=desc`, status: 200, answer: sorted("desc") },
          ];
        }),
      ),
    ],
  },
  {
    name: "the rows cover every list of the API's description",
    mark: "ours",
    steps: operations
      .filter(({ isList, path }) => isList && !Object.keys(fields).some((target) => `/api/v1/${target.split("?")[0]}` === path))
      .map(({ method, path }) => ({ send: `${method} ${path}`, status: 599 })),
  },
  {
    name: "instances that were never started come last by start time, in both directions",
    mark: "ours",
    steps: [
      ...threeInstances,
      listed("agent_instance?agent_id=$agent", "started_at", "asc", "$third", "$second", "$first"),
      listed("agent_instance?agent_id=$agent", "started_at", "desc", "$second", "$third", "$first"),
      listed("agent_instance?agent_id=$agent", "finished_at", "asc", "$third", "$first", "$second"),
      listed("agent_instance?agent_id=$agent", "finished_at", "desc", "$third", "$second", "$first"),
      listed("agent_instance?agent_id=$agent", "status", "asc", "$first", "$second", "$third"),
      listed("agent_instance?agent_id=$agent", "status", "desc", "$third", "$second", "$first"),
      {
        send: "GET /api/v1/agent_instance?agent_id=$agent&sorting=-started_at&pagination[offset]=1&pagination[page_size]=1",
        status: 200,
        answer: list(ids("$third"), page(3, 1, 1), { field: "started_at", direction: "desc" }),
      },
      {
        send: "GET /api/v1/agent_instance?agent_id=$agent&sorting=-started_at&pagination[offset]=2&pagination[page_size]=1",
        status: 200,
        answer: list(ids("$first"), page(3, 2, 1), { field: "started_at", direction: "desc" }),
      },
    ],
  },
  {
    name: "spans of an instance or an agent are sorted by each field; ties break by id, and unfinished spans come last",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      aSpan({ started_at: "2026-05-07T12:00:00Z" }, "open"),
      aSpan({ started_at: "2026-05-07T10:00:00Z", status: "failed", finished_at: "2026-05-07T13:00:00Z" }, "failed"),
      aSpan({ started_at: "2026-05-07T10:00:00Z", status: "complete", finished_at: "2026-05-07T12:00:00Z" }, "complete"),
      ...["agent_spans?agent_instance_id=$instance", "agent_spans?agent_id=$agent"].flatMap((target) => [
        listed(target, "started_at", "asc", "$failed", "$complete", "$open"),
        listed(target, "started_at", "desc", "$open", "$complete", "$failed"),
        listed(target, "finished_at", "asc", "$complete", "$failed", "$open"),
        listed(target, "finished_at", "desc", "$failed", "$complete", "$open"),
        listed(target, "status", "asc", "$open", "$complete", "$failed"),
        listed(target, "status", "desc", "$failed", "$complete", "$open"),
      ]),
    ],
  },
  {
    name: "sorting versions by external identifier compares code points",
    mark: "ours",
    steps: [
      anAgent(),
      ...["agent_version", "agent_schema_version"].flatMap((kind) => [
        ...(
          [
            ["b", "small"],
            ["B", "capital"],
            ["é", "accent"],
          ] as const
        ).map(([external_identifier, name]) => ({
          send: `POST /api/v1/${kind}`,
          body: { details: { agent_id: "$agent", external_identifier } },
          status: 200,
          save: { [name]: "details.id" },
        })),
        listed(`${kind}?agent_id=$agent`, "external_identifier", "asc", "$capital", "$small", "$accent"),
        listed(`${kind}?agent_id=$agent`, "external_identifier", "desc", "$accent", "$small", "$capital"),
      ]),
    ],
  },
  {
    name: "agents of one status are sorted by last activity, the newest first; descending is the exact reverse",
    mark: "ours",
    steps: [
      anEnvironment(),
      ...["pending", "old", "retired", "young", "unused", "later"].map((name) => anAgent({ environment_id: "$place" }, name)),
      ...["old", "retired", "young"].map((name) => ({ ...anInstance(), body: { agent_id: `$${name}` }, wait: 5 })),
      ...["retired", "unused"].map((name) => ({ send: `POST /api/v1/agent/$${name}/retire`, body: {}, status: 200 })),
      listed("agent?environment_id=$place", "status", "asc", "$pending", "$later", "$young", "$old", "$retired", "$unused"),
      listed("agent?environment_id=$place", "status", "desc", "$unused", "$retired", "$old", "$young", "$later", "$pending"),
      { ...anInstance(), body: { agent_id: "$old" }, wait: 5 },
      listed("agent?environment_id=$place", "status", "asc", "$pending", "$later", "$old", "$young", "$retired", "$unused"),
      { send: "POST /api/v1/agent/$unused/reinstate", body: {}, status: 200 },
      listed("agent?environment_id=$place", "status", "asc", "$pending", "$unused", "$later", "$old", "$young", "$retired"),
    ],
  },
  {
    name: "over 10,000 instances or spans, orders that are not maintained are refused, and the message names the others",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      anInstance({}, "other"),
      ...Array.from(
        { length: 11 },
        (_, part): Step => ({
          send: "POST /api/v1/bulk",
          body: {
            items: Array.from({ length: 1000 }, (_, index) => ({
              _type: "agent_spans/create",
              idempotency_key: `$key-${part}-${index}`,
              details: {
                agent_instance_id: part === 10 ? "$other" : "$instance",
                schema_name: "s",
                status: "complete",
                payload: {},
              },
            })).slice(0, part === 10 ? 1 : 1000),
          },
          status: 200,
        }),
      ),
      ...["status", "finished_at", "updated_at"].flatMap((field): Step[] => [
        { send: `GET /api/v1/agent_spans?agent_instance_id=$instance&sorting=${field}`, status: 200 },
        { send: `GET /api/v1/agent_spans?agent_instance_id=$other&agent_id=$agent&sorting=${field}`, status: 200 },
        {
          send: `GET /api/v1/agent_spans?agent_id=$agent&sorting=${field}`,
          status: 422,
          answer: invalid("sorting"),
          contains: "id, started_at or inserted_at",
        },
        { send: `GET /api/v1/agent_spans?agent_id=$agent&sorting[field]=${field}`, status: 422, answer: invalid("sorting.field") },
      ]),
      ...["id", "started_at", "inserted_at"].map(
        (field): Step => ({
          send: `GET /api/v1/agent_spans?agent_id=$agent&sorting=-${field}&pagination[offset]=10000`,
          status: 200,
          answer: list("$ANY", page(10_001, 10_000), { field, direction: "desc" }),
        }),
      ),
    ],
  },
  {
    name: "every list accepts valid numbers of its page, in all spellings",
    mark: "ours",
    steps: [
      anEnvironment(),
      anAgent({ environment_id: "$place" }),
      ...(
        [
          ["pagination[page_size]=1", page(1, 0, 1)],
          ["pagination[page_size]=100", page(1, 0, 100)],
          ["pagination[page_size]=007", page(1, 0, 7)],
          ["pagination[offset]=000", page(1)],
          ["pagination[offset]=0&pagination[page_size]=2&pagination[page_size]=2", page(1, 0, 2)],
        ] as const
      ).map(
        ([query, pagination]): Step => ({
          send: `GET /api/v1/agent?environment_id=$place&${query}`,
          status: 200,
          answer: list([agentSummary({ id: "$agent", environment_id: "$place" })], pagination),
        }),
      ),
    ],
  },
  {
    name: "every list refuses invalid numbers of its page",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      anEnvironment(),
      ...Object.keys(fields).flatMap((target) => {
        const to = `GET /api/v1/${target}${target.includes("?") ? "&" : "?"}`;
        return [
          ...["", "0", "101", "-1", "+1", "1e2", "1.0", "0x10", "١", "NaN", "18446744073709551616", "9".repeat(400)].map((size) => ({
            send: `${to}pagination[page_size]=${encodeURIComponent(size)}`,
            status: 422,
            answer: invalid("pagination.page_size"),
          })),
          ...[
            "",
            "-1",
            "+1",
            "1e2",
            "1.0",
            "Infinity",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551615",
            "9".repeat(400),
          ].map((offset) => ({
            send: `${to}pagination%5Boffset%5D=${encodeURIComponent(offset)}`,
            status: 422,
            answer: invalid("pagination.offset"),
          })),
        ];
      }),
    ],
  },
  {
    name: "pages past the end lead back to the last one, and counts stay exact",
    mark: "ours",
    steps: [
      anEnvironment(),
      ...["one", "two", "three"].map((name) => anAgent({ environment_id: "$place" }, name)),
      ...(
        [
          [2, 2, 0],
          [3, 2, 2],
          [4, 2, 2],
          [5, 2, 2],
          [50, 50, 0],
          [9_007_199_254_740_990, 1, 2],
          [9_007_199_254_740_991, 1, 2],
          [9_007_199_254_740_991, 100, 0],
        ] as const
      ).map(
        ([offset, size, previous]): Step => ({
          send: `GET /api/v1/agent?environment_id=$place&pagination[offset]=${offset}&pagination[page_size]=${size}`,
          status: 200,
          answer: list("$ANY", {
            item_count: 3,
            item_start: offset < 3 ? offset + 1 : 0,
            item_end: offset < 3 ? 3 : 0,
            page_count: Math.ceil(3 / size),
            page_index: Math.floor(offset / size) + 1,
            page_offset: offset,
            page_size: size,
            next_page_offset: null,
            previous_page_offset: previous,
          }),
        }),
      ),
    ],
  },
  {
    name: "a page is at most 4 MiB long: it may have fewer items, and the next page continues after them",
    mark: "ours",
    steps: [
      anAgent(),
      anInstance(),
      ...["one", "two", "three", "four", "five"].map((name) => aSpan({ payload: { text: "x".repeat(1_000_000) } }, name)),
      {
        send: "GET /api/v1/agent_spans?agent_instance_id=$instance&pagination[page_size]=50",
        status: 200,
        answer: list(ids("$one", "$two", "$three", "$four"), {
          item_count: 5,
          item_start: 1,
          item_end: 4,
          page_count: 1,
          page_index: 1,
          page_offset: 0,
          page_size: 50,
          next_page_offset: 4,
          previous_page_offset: null,
        }),
      },
      {
        send: "GET /api/v1/agent_spans?agent_id=$agent&pagination[page_size]=50&pagination[offset]=4",
        status: 200,
        answer: list(ids("$five"), { ...page(5, 4), item_end: 5, next_page_offset: null, previous_page_offset: 0 }),
      },
    ],
  },
  {
    name: "include_counts adds instance_counts to each summary",
    mark: "client",
    steps: [
      anEnvironment(),
      anAgent({ environment_id: "$place" }),
      ...["true", "1"].map(
        (value): Step => ({
          send: `GET /api/v1/agent?environment_id=$place&include_counts=${value}`,
          status: 200,
          answer: list([agent({ id: "$agent", environment_id: "$place" })], page(1)),
        }),
      ),
      ...["include_counts=false", "include_counts=0", "include_risk_rollup=true"].map(
        (query): Step => ({
          send: `GET /api/v1/agent?environment_id=$place&${query}`,
          status: 200,
          answer: list([agentSummary({ id: "$agent", environment_id: "$place" })], page(1)),
        }),
      ),
      ...["", "yes", "TRUE"].map(
        (value): Step => ({ send: `GET /api/v1/agent?include_counts=${value}`, status: 422, answer: invalid("include_counts") }),
      ),
      anInstance(),
      {
        send: "GET /api/v1/agent?environment_id=$place&include_counts=true",
        status: 200,
        answer: list(
          [agent({ id: "$agent", environment_id: "$place", status: "active", actions: "update retire", counts: { pending: 1 } })],
          page(1),
        ),
      },
    ],
  },
  {
    name: "filters that this build does not know are refused by name, in every spelling",
    mark: "ours",
    steps: [
      ...["team_id", "owner_person_id", "risk_profile_id"].flatMap((filter): Step[] =>
        [`${filter}=$new`, `${filter}=null`, `${filter}=`, filter, `${filter.replace("_", "%5F")}=x`].map((query) => ({
          send: `GET /api/v1/agent?${query}`,
          status: 422,
          answer: invalid(filter),
        })),
      ),
      {
        send: "GET /api/v1/agent?team_id=x&owner_person_id=x&risk_profile_id=x&pagination[offset]=x",
        status: 422,
        answer: {
          status: "error",
          code: "validation_errors",
          message: "$TEXT",
          errors: { team_id: ["$TEXT"], owner_person_id: ["$TEXT"], risk_profile_id: ["$TEXT"], "pagination.offset": ["$TEXT"] },
        },
      },
      { send: "GET /api/v1/agent/show?external_identifier=x", status: 422, answer: invalid("agent_id", "external_identifier") },
      { send: "GET /api/v1/agent/show?agent_id=$new&external_identifier=x", status: 422, answer: invalid("external_identifier") },
      {
        send: "POST /api/v1/bulk",
        body: { items: [{ _type: "agents/list", idempotency_key: "list-0001", team_id: "x" }] },
        status: 200,
        answer: { status: "success", outputs: { "list-0001": invalid("team_id") } },
      },
    ],
  },
  {
    name: "in a bulk item, numbers may have any spelling of JSON",
    mark: "ours",
    steps: [
      {
        send: "POST /api/v1/bulk",
        text: `{"items":[{"_type":"agents/list","idempotency_key":"list-0001","environment_id":"$new","pagination":{"page_size":1e1,"offset":0.0}},{"_type":"agents/list","idempotency_key":"list-0002","pagination":{"page_size":1.5,"offset":9007199254740992}}]}`,
        status: 200,
        answer: {
          status: "success",
          outputs: { "list-0001": list([], page(0, 0, 10)), "list-0002": invalid("pagination.offset", "pagination.page_size") },
        },
      },
    ],
  },
  {
    name: "the spans of an agent are those of all its instances, by time and in pages",
    mark: "client",
    steps: [
      anAgent(),
      anInstance(),
      aSpan({ started_at: "2026-05-07T10:00:00Z" }, "one"),
      anInstance({}, "another"),
      aSpan({ agent_instance_id: "$another", started_at: "2026-05-07T11:00:00Z" }, "two"),
      aSpan({ started_at: "2026-05-07T12:00:00Z" }, "three"),
      { send: "GET /api/v1/agent_spans?agent_id=$agent", status: 200, answer: list(ids("$one", "$two", "$three"), page(3)) },
      {
        send: "GET /api/v1/agent_spans?agent_id=$agent&include_risk_level=true&sorting[field]=id&sorting[direction]=desc&pagination[page_size]=2",
        status: 200,
        answer: list(ids("$three", "$two"), page(3, 0, 2), { field: "id", direction: "desc" }),
      },
      {
        send: "GET /api/v1/agent_spans?agent_id=$agent&sorting=-started_at&pagination[page_size]=2&pagination[offset]=2",
        status: 200,
        answer: list(ids("$one"), page(3, 2, 2), { field: "started_at", direction: "desc" }),
      },
      {
        send: "GET /api/v1/agent_spans?agent_id=$agent&start_time=2026-05-07T11:00:00Z&end_time=2026-05-07T12:00:00Z",
        status: 200,
        answer: list(ids("$two", "$three"), page(2)),
      },
      {
        send: "GET /api/v1/agent_spans?agent_id=$agent&agent_instance_id=$another",
        status: 200,
        answer: list(ids("$two"), page(1)),
      },
    ],
  },
  {
    name: "a list of spans needs an instance or an agent; an agent beside an instance must be the instance's",
    mark: "ours",
    steps: [
      anAgent(),
      anAgent({}, "stranger"),
      anInstance(),
      aSpan(),
      anEnvironment(),
      { send: "GET /api/v1/agent_spans?agent_id=$stranger", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/agent_spans?agent_id=$new", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/agent_spans?agent_id=$agent", as: "other", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/agent_spans?agent_id=$agent", as: "environment", status: 200, answer: list(ids("$span"), page(1)) },
      { send: "GET /api/v1/agent_spans?agent_id=x", status: 422, answer: invalid("agent_id") },
      { send: "GET /api/v1/agent_spans?agent_id=$instance", status: 422, answer: error("unexpected_ref_type") },
      { send: "GET /api/v1/agent_spans?agent_instance_id=$agent", status: 422, answer: error("unexpected_ref_type") },
      { send: "GET /api/v1/agent_spans?agent_instance_id=$instance&agent_id=$stranger", status: 422, answer: invalid("agent_id") },
      { send: "GET /api/v1/agent_spans?agent_instance_id=$instance&agent_id=$new", status: 422, answer: invalid("agent_id") },
      { send: "GET /api/v1/agent_spans?agent_instance_id=$new&agent_id=$agent", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/agent_spans?agent_instance_id=$instance&agent_id=$agent", as: "other", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/agent_spans?start_time=2026-05-07T10:00:00Z", status: 422, answer: invalid("agent_instance_id") },
      { send: "GET /api/v1/agent_spans?agent_id=&agent_instance_id=", status: 422, answer: invalid("agent_instance_id", "agent_id") },
    ],
  },
];
