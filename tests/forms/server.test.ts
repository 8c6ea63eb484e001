// The guide's code for servers.
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createAgentFormSchema, type CreateAgentFormValues, type CreateAgentRequest, validateCreateAgent } from "agent-registrar";
import { sValidator } from "@hono/standard-validator";
import { Hono } from "hono";
import { describe, expect, expectTypeOf, test } from "vitest";
import { action } from "./work/guide/action.js";
import { app as described } from "./work/guide/hono-openapi.js";
import { app } from "./work/guide/hono.js";
import { router } from "./work/guide/trpc.js";
import { bodyOf } from "./work/guide/update.js";

const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const good = { details: { name: " Ada ", environment_id, description: "", id: "" }, idempotency_key: "" };
const least = { details: { name: " Ada ", environment_id } };
const bad = { details: { name: "", environment_id: "x", description: "\0", id: "y" }, idempotency_key: "ü" };
const paths = ["details.name", "details.environment_id", "details.description", "details.id", "idempotency_key"];

const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

describe("Hono", () => {
  test("answers with the API's own 422", async () => {
    const answer = await app.request("/agents", post(bad));
    const verdict = validateCreateAgent(bad);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toEqual(!verdict.ok && verdict.error);
    expect(!verdict.ok && Object.keys(verdict.error.errors)).toEqual(paths);
  });

  test("passes the normalised request to the handler, typed", async () => {
    const answer = await app.request("/agents", post(least));
    expect([answer.status, await answer.json()]).toEqual([200, { name: "Ada", environment_id }]);
    new Hono().post("/", sValidator("json", createAgentFormSchema), (c) => {
      expectTypeOf(c.req.valid("json")).toEqualTypeOf<CreateAgentRequest>();
      return c.text("");
    });
  });

  test("accepts a form as Hono parses it", async () => {
    const forms = new Hono().post("/", sValidator("form", createAgentFormSchema), (c) => c.json(c.req.valid("form")));
    for (const prefix of ["", "details."]) {
      const body = new FormData();
      for (const [key, value] of Object.entries(good.details)) body.append(prefix + key, value);
      const answer = await forms.request("/", { method: "POST", body });
      expect(await answer.json()).toEqual({ details: { name: "Ada", environment_id } });
      body.set(`${prefix}id`, "y");
      const refused = (await (await forms.request("/", { method: "POST", body })).json()) as {
        error: readonly { path: readonly string[] }[];
      };
      expect(refused.error.map(({ path }) => path.join("."))).toEqual([`${prefix}id`]);
    }
  });
});

describe("hono-openapi", () => {
  test("describes the route with the package's JSON Schema", async () => {
    const document = (await (await described.request("/openapi")).json()) as {
      paths: Record<string, { post: { requestBody: { content: Record<string, { schema: object }> } } }>;
    };
    expect(document.paths["/agents"]?.post.requestBody.content["application/json"]?.schema).toMatchObject({
      type: "object",
      required: ["details"],
      properties: { details: { properties: { environment_id: { type: "string" } } } },
    });
  });

  test("validates as the JSON Schema says", async () => {
    expect((await described.request("/agents", post(least))).status).toBe(200);
    expect((await described.request("/agents", post(bad))).status).toBe(400);
  });
});

describe("tRPC", () => {
  const client = createTRPCClient<typeof router>({
    links: [
      httpLink({
        url: "http://localhost/trpc",
        fetch: (input, init) =>
          fetchRequestHandler({
            endpoint: "/trpc",
            router,
            req: new Request(input as string, init as RequestInit),
            createContext: () => ({}),
          }),
      }),
    ],
  });

  test("accepts the values of a form, typed", async () => {
    expect(await client.createAgent.mutate(good)).toBe("Ada");
    expectTypeOf(client.createAgent.mutate).parameter(0).toEqualTypeOf<CreateAgentFormValues>();
    // @ts-expect-error
    await client.createAgent.mutate({ details: { name: 5 } }).catch(() => {});
  });

  test("returns every issue to the client", async () => {
    const error: unknown = await client.createAgent.mutate(bad).catch((error: unknown) => error);
    if (!(error instanceof TRPCClientError)) throw error;
    const { issues } = (error as TRPCClientError<typeof router>).data ?? {};
    expect(issues?.map(({ path }) => path?.join("."))).toEqual(paths);
  });
});

describe("a handler that gets a Request", () => {
  const request = (body: BodyInit): Request => new Request("http://localhost/", { method: "POST", body });

  test("accepts both encodings of forms", async () => {
    const values = { "details.name": " Ada ", "details[environment_id]": environment_id, "details.id": "", csrf: "x" };
    const multipart = new FormData();
    for (const [name, value] of Object.entries(values)) multipart.append(name, value);
    for (const body of [multipart, new URLSearchParams(values)]) {
      expect(await (await action(request(body))).json()).toEqual({ details: { name: "Ada", environment_id } });
    }
    const refused = await action(request(new URLSearchParams({ name: "" })));
    expect([refused.status, Object.keys(((await refused.json()) as { errors: object }).errors)]).toEqual([
      422,
      ["details.name", "details.environment_id"],
    ]);
  });

  test("clears a value that an edited form has emptied", () => {
    const form = new FormData();
    form.append("description", "");
    expect(bodyOf(form)).toMatchObject({ value: { details: { description: null } } });
  });
});
