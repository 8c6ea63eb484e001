import { agentSummary, anAgent, anEnvironment, anInstance, error, invalid, list, page, type Json, type Row, type Step } from "../row.ts";

// Ids that callers choose need not be in the order of creation; in these rows they are.
const three: readonly Step[] = [
  anEnvironment(),
  anAgent({ environment_id: "$place", name: "b" }, "first"),
  anAgent({ environment_id: "$place", name: "a" }, "second"),
  anAgent({ environment_id: "$place", name: "b" }, "third"),
];
const summary = (id: string, name: string): Json => agentSummary({ id, name, environment_id: "$place" });
const first = summary("$first", "b");
const second = summary("$second", "a");
const third = summary("$third", "b");
const target = "GET /api/v1/agent?environment_id=$place";

const refusals = (values: readonly string[], parameter: string, path: string): Step[] =>
  values.map((value) => ({
    send: `GET /api/v1/agent?${parameter}=${value}`,
    status: 422,
    answer: invalid(path),
  }));

/** Section 3, list. */
export const listing: readonly Row[] = [
  {
    name: "a list has summaries without instance_counts, pagination and sorting",
    mark: "doc",
    steps: [...three, { send: target, status: 200, answer: list([first, second, third], page(3)) }],
  },
  {
    name: "an empty list starts and ends at 0",
    mark: "doc",
    steps: [anEnvironment(), { send: target, status: 200, answer: list([], page(0)) }],
  },
  {
    name: "environment_id is optional",
    mark: "client",
    steps: [
      anAgent(),
      {
        send: "GET /api/v1/agent?sorting=-inserted_at",
        status: 200,
        answer: list("$ANY", "$ANY", { field: "inserted_at", direction: "desc" }),
      },
    ],
  },
  {
    name: "pages of two",
    mark: "client",
    steps: [
      ...three,
      {
        send: `${target}&pagination[page_size]=2`,
        status: 200,
        answer: list([first, second], {
          item_count: 3,
          item_start: 1,
          item_end: 2,
          page_count: 2,
          page_index: 1,
          page_offset: 0,
          page_size: 2,
          next_page_offset: 2,
          previous_page_offset: null,
        }),
      },
      {
        send: `${target}&pagination[page_size]=2&pagination[offset]=2`,
        status: 200,
        answer: list([third], {
          item_count: 3,
          item_start: 3,
          item_end: 3,
          page_count: 2,
          page_index: 2,
          page_offset: 2,
          page_size: 2,
          next_page_offset: null,
          previous_page_offset: 0,
        }),
      },
    ],
  },
  {
    name: "an offset need not be a multiple of the page size",
    mark: "ours",
    steps: [
      ...three,
      {
        send: `${target}&pagination[offset]=1&pagination[page_size]=2`,
        status: 200,
        answer: list([second, third], { ...page(3, 1, 2), page_index: "$INTEGER" }),
      },
      {
        send: `${target}&pagination[offset]=2&pagination[page_size]=1`,
        status: 200,
        answer: list([third], page(3, 2, 1)),
      },
    ],
  },
  {
    name: "an offset past the end gives an empty page",
    mark: "ours",
    steps: [
      ...three,
      {
        send: `${target}&pagination[offset]=50`,
        status: 200,
        answer: list([], { item_count: 3, item_start: 0, item_end: 0, next_page_offset: null, "...": true }),
      },
      {
        send: `${target}&pagination[offset]=9007199254740991`,
        status: 200,
        answer: list([], { item_count: 3, item_start: 0, item_end: 0, next_page_offset: null, "...": true }),
      },
    ],
  },
  {
    name: "brackets may arrive percent-encoded",
    mark: "client",
    steps: [
      ...three,
      {
        send: `${target}&pagination%5Bpage_size%5D=1&pagination%5boffset%5d=1`,
        status: 200,
        answer: list([second], page(3, 1, 1)),
      },
      {
        send: `${target}&sorting%5Bfield%5D=id&sorting%5Bdirection%5D=desc`,
        status: 200,
        answer: list([third, second, first], page(3), { field: "id", direction: "desc" }),
      },
      { send: "GET /api/v1/agent?environment%5Fid=%24", status: 422, answer: invalid("environment_id") },
    ],
  },
  {
    name: "sorting has three spellings",
    mark: "client",
    steps: [
      ...three,
      { send: `${target}&sorting=id`, status: 200, answer: list([first, second, third], page(3)) },
      {
        send: `${target}&sorting=-id`,
        status: 200,
        answer: list([third, second, first], page(3), { field: "id", direction: "desc" }),
      },
      {
        send: `${target}&sorting[field]=id&sorting[direction]=desc`,
        status: 200,
        answer: list([third, second, first], page(3), { field: "id", direction: "desc" }),
      },
      {
        send: `${target}&sorting[field]=id&sorting[direction]=asc`,
        status: 200,
        answer: list([first, second, third], page(3)),
      },
    ],
  },
  {
    name: "a sort field without a direction means ascending",
    mark: "ours",
    steps: [
      ...three,
      {
        send: `${target}&sorting[field]=name`,
        status: 200,
        answer: list([second, first, third], page(3), { field: "name", direction: "asc" }),
      },
    ],
  },
  {
    name: "ties break by id, ascending",
    mark: "ours",
    steps: [
      ...three,
      {
        send: `${target}&sorting=name`,
        status: 200,
        answer: list([second, first, third], page(3), { field: "name", direction: "asc" }),
      },
      {
        send: `${target}&sorting=status`,
        status: 200,
        answer: list([first, second, third], page(3), { field: "status", direction: "asc" }),
      },
    ],
  },
  {
    name: "sorting by name compares code points",
    mark: "ours",
    steps: [
      anEnvironment(),
      anAgent({ environment_id: "$place", name: "é" }, "accent"),
      anAgent({ environment_id: "$place", name: "a" }, "small"),
      anAgent({ environment_id: "$place", name: "B" }, "capital"),
      {
        send: `${target}&sorting=name`,
        status: 200,
        answer: list([summary("$capital", "B"), summary("$small", "a"), summary("$accent", "é")], page(3), {
          field: "name",
          direction: "asc",
        }),
      },
    ],
  },
  {
    name: "sorting by status has the order of the life cycle: pending, active, dormant, retired",
    mark: "ours",
    steps: [
      ...three,
      { send: "POST /api/v1/agent/$first/retire", body: {}, status: 200 },
      { ...anInstance(), body: { agent_id: "$second" } },
      {
        send: `${target}&sorting=status`,
        status: 200,
        answer: list(
          [
            { id: "$third", status: "pending", "...": true },
            { id: "$second", status: "active", "...": true },
            { id: "$first", status: "retired", "...": true },
          ],
          page(3),
          { field: "status", direction: "asc" },
        ),
      },
      {
        send: `${target}&sorting=-status`,
        status: 200,
        answer: list(
          [
            { id: "$first", status: "retired", "...": true },
            { id: "$second", status: "active", "...": true },
            { id: "$third", status: "pending", "...": true },
          ],
          page(3),
          { field: "status", direction: "desc" },
        ),
      },
    ],
  },
  {
    name: "agents can be sorted by creation time and by the time of the last change",
    mark: "client",
    steps: [
      anEnvironment(),
      anAgent({ environment_id: "$place", name: "b" }, "first"),
      { ...anAgent({ environment_id: "$place", name: "a" }, "second"), wait: 5 },
      { ...anAgent({ environment_id: "$place", name: "b" }, "third"), wait: 5 },
      { send: "PUT /api/v1/agent/$first", body: { details: { name: "b" } }, status: 200, wait: 5 },
      ...(
        [
          ["inserted_at", "asc", [first, second, third]],
          ["inserted_at", "desc", [third, second, first]],
          ["updated_at", "asc", [second, third, first]],
          ["updated_at", "desc", [first, third, second]],
        ] as const
      ).map(
        ([field, direction, summaries]): Step => ({
          send: `${target}&sorting[field]=${field}&sorting[direction]=${direction}`,
          status: 200,
          answer: list(summaries, page(3), { field, direction }),
        }),
      ),
    ],
  },
  {
    name: "ties break by id in the direction of the sorting",
    mark: "ours",
    steps: [
      ...three,
      {
        send: `${target}&sorting=-name`,
        status: 200,
        answer: list([third, first, second], page(3), { field: "name", direction: "desc" }),
      },
      {
        send: `${target}&sorting=-status`,
        status: 200,
        answer: list([third, second, first], page(3), { field: "status", direction: "desc" }),
      },
    ],
  },
  {
    name: "following next_page_offset while agents are created visits each existing agent exactly once",
    mark: "ours",
    steps: [
      ...three,
      { send: `${target}&pagination[page_size]=1`, status: 200, answer: list([first], page(3, 0, 1)) },
      anAgent({ environment_id: "$place", name: "new" }, "fourth"),
      {
        send: `${target}&pagination[page_size]=1&pagination[offset]=1`,
        status: 200,
        answer: list([second], page(4, 1, 1)),
      },
      anAgent({ environment_id: "$place", name: "new" }, "fifth"),
      {
        send: `${target}&pagination[page_size]=1&pagination[offset]=2`,
        status: 200,
        answer: list([third], page(5, 2, 1)),
      },
    ],
  },
  {
    name: "the list of an environment that the account does not have is empty",
    mark: "doc",
    steps: [
      { send: "GET /api/v1/agent?environment_id=$new", status: 200, answer: list([], page(0)) },
      { send: "GET /api/v1/agent?environment_id=$otherEnvironment", status: 200, answer: list([], page(0)) },
    ],
  },
  {
    name: "an environment_id that is not a PFID is refused",
    mark: "ours",
    steps: refusals(["production", "013XRZP12G3NQK8NZXVQ7JM2ARSFG5H1", "%00"], "environment_id", "environment_id"),
  },
  {
    name: "page_size is 1 to 100",
    mark: "client",
    steps: [
      { send: `GET /api/v1/agent?pagination[page_size]=100`, status: 200 },
      ...refusals(
        ["0", "101", "-1", "abc", "1.5", "1e1", "99999999999999999999999", "%20", "0x10", "%EF%BC%91"],
        "pagination[page_size]",
        "pagination.page_size",
      ),
    ],
  },
  {
    name: "offset is a whole number from zero",
    mark: "client",
    steps: [
      { send: `GET /api/v1/agent?pagination[offset]=0`, status: 200 },
      ...refusals(["-1", "abc", "1.5", "1e1"], "pagination[offset]", "pagination.offset"),
    ],
  },
  {
    name: "an unknown sort field is refused",
    mark: "ours",
    steps: [
      ...refusals(["description", "__proto__", "--id", "ID"], "sorting", "sorting"),
      ...refusals(["environment_id"], "sorting[field]", "sorting.field"),
      ...refusals(["up"], "sorting[field]=id&sorting[direction]", "sorting.direction"),
    ],
  },
  {
    name: "all issues of a query are reported",
    mark: "ours",
    steps: [
      {
        send: "GET /api/v1/agent?environment_id=x&pagination[offset]=x&pagination[page_size]=0&sorting=x",
        status: 422,
        answer: {
          status: "error",
          code: "validation_errors",
          message: "$TEXT",
          errors: {
            environment_id: ["$TEXT"],
            "pagination.offset": ["$TEXT"],
            "pagination.page_size": ["$TEXT"],
            sorting: ["$TEXT"],
          },
        },
      },
    ],
  },
  {
    name: "a list needs no body, and ignores the content type of one",
    mark: "ours",
    steps: [{ send: "GET /api/v1/agent", headers: { "content-type": "text/plain" }, status: 200 }],
  },
  {
    name: "a query with many unknown parameters is answered",
    mark: "ours",
    steps: [
      { send: `GET /api/v1/agent?${"a[b][c]=%F0%9F&".repeat(200)}`, status: 200 },
      { send: "GET /api/v1/agent?[=x&]=[]&[]&sort[x]=1&page[size]=1", status: 200 },
      { send: "GET /api/v1/agent?", status: 200 },
      { send: "GET /api/v1/agent/?environment_id=$environment", status: 404, answer: error("not_found") },
    ],
  },
  {
    name: "a parameter that would be ignored because of how it is written is refused",
    mark: "ours",
    steps: [
      ...["environment_id", "team_id", "start_time", "agent_id", "include_counts"].flatMap((name) =>
        ["[]", "[0]", "%5B%5D", "[a]", "["].map((brackets) => ({
          send: `GET /api/v1/agent?${name}${brackets}=$environment`,
          status: 422,
          answer: invalid(name),
        })),
      ),
      ...refusals(["1", "", "2&pagination=3"], "pagination", "pagination"),
      ...refusals(["2", "2&pagination[limit]=1"], "pagination[page]", "pagination"),
      ...refusals(["1"], "pagination%5Boffset%5D[]", "pagination"),
      ...refusals(["desc"], "sorting[order]", "sorting"),
      ...refusals(["name"], "sorting[]", "sorting"),
      ...refusals(["desc"], "sorting[name]", "sorting"),
      // The description says which one takes precedence.
      { send: "GET /api/v1/agent?sorting=-name&sorting[field]=name", status: 200 },
      { send: "GET /api/v1/agent?sorting=-name&sorting[field]=id", status: 200, contains: '"sorting":{"field":"name","direction":"desc"}' },
      { send: "GET /api/v1/environment?pagination[page]=2", status: 422, answer: invalid("pagination") },
      { send: "GET /api/v1/account?sorting[by]=name", status: 422, answer: invalid("sorting") },
      anAgent({}, "one"),
      ...["agent_instance", "agent_spans", "agent_version", "agent_schema_version"].flatMap((list) => [
        { send: `GET /api/v1/${list}?agent_id=$one&pagination[page]=2`, status: 422, answer: invalid("pagination") },
        { send: `GET /api/v1/${list}?agent_id=$one&start_time[]=2026-05-07T10:00:00Z`, status: 422, answer: invalid("start_time") },
      ]),
    ],
  },
  {
    name: "a parameter that is repeated with another value is refused",
    mark: "ours",
    steps: [
      ...three,
      { send: `${target}&environment_id=$environment`, status: 422, answer: invalid("environment_id") },
      { send: `${target}&environment_id=$place`, status: 200, answer: list([first, second, third], page(3)) },
      { send: `${target}&pagination[offset]=1&pagination%5Boffset%5D=2`, status: 422, answer: invalid("pagination.offset") },
      { send: `${target}&pagination[page_size]=1&pagination[page_size]=2`, status: 422, answer: invalid("pagination.page_size") },
      { send: `${target}&sorting=id&sorting=-id`, status: 422, answer: invalid("sorting") },
      { send: `${target}&sorting[direction]=asc&sorting[direction]=desc`, status: 422, answer: invalid("sorting.direction") },
      { send: `${target}&include_counts=true&include_counts=false`, status: 422, answer: invalid("include_counts") },
      // Parameters that no list knows are ignored.
      { send: `${target}&a=1&a=2`, status: 200, answer: list([first, second, third], page(3)) },
    ],
  },
];
