import type { Row } from "./row.ts";
import { account } from "./table/account.ts";
import { authentication } from "./table/authentication.ts";
import { bodies } from "./table/bodies.ts";
import { bulk } from "./table/bulk.ts";
import { change } from "./table/change.ts";
import { cors } from "./table/cors.ts";
import { create } from "./table/create.ts";
import { encodings } from "./table/encodings.ts";
import { environments } from "./table/environments.ts";
import { fetching } from "./table/fetch.ts";
import { idempotency } from "./table/idempotency.ts";
import { instances } from "./table/instances.ts";
import { leftOutOperations } from "./table/left-out.ts";
import { lifecycle } from "./table/lifecycle.ts";
import { listing } from "./table/list.ts";
import { orders } from "./table/orders.ts";
import { probes } from "./table/probes.ts";
import { routes } from "./table/routes.ts";
import { scope } from "./table/scope.ts";
import { spans } from "./table/spans.ts";
import { operatorAccounts, tokens } from "./table/tokens.ts";
import { versions } from "./table/versions.ts";

/** The contract as requests and answers, by section. */
export const table: Readonly<Record<string, readonly Row[]>> = {
  "create an agent": create,
  "fetch an agent": fetching,
  "list agents": listing,
  "orders and pages of every list": orders,
  "update and delete an agent": change,
  "retire and reinstate": lifecycle,
  idempotency,
  instances,
  spans,
  "versions and schema versions": versions,
  environments,
  "account, ids and ping": account,
  "API tokens": tokens,
  "accounts by the operator": operatorAccounts,
  bulk,
  authentication,
  "scope of a token": scope,
  "routes and methods": routes,
  "operations that are left out": leftOutOperations,
  "request bodies": bodies,
  "encodings of bodies": encodings,
  cors,
  probes,
};

/** Sections whose rules each entry of the package carries out by itself: they run in full in slow homes, too. */
export const ofEntries: readonly string[] = ["authentication", "request bodies", "encodings of bodies", "cors", "probes"];
