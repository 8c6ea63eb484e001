// Generated from the Rust core by `npm run describe`. Do not edit.

/** The longest body, in bytes. */
export const maxBodyBytes = 1048576;

/** How many items a page has unless the request says. */
export const defaultPageSize = 50;

/** How many items a page has at most. */
export const maxPageSize = 100;

/** How many items a bulk request has at most. */
export const maxBulkItems = 1000;

/** The account of a registrar that is told of none. */
export const defaultAccountId = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";

/** The environment of that account. */
export const defaultEnvironmentId = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

/** The media type of answers. */
export const jsonMediaType = "application/json";

/** The media type of RFC 9457 problem details. */
export const problemMediaType = "application/problem+json";

/** The headers of answers that pages of other origins may read. */
export const exposedHeaders: readonly string[] = [
  "x-request-id",
  "idempotency-replayed",
  "allow",
  "www-authenticate"
];

/** The statuses of errors in words. */
export const statusTitles: { readonly [status: number]: string } = {
  "400": "Bad Request",
  "401": "Unauthorized",
  "403": "Forbidden",
  "404": "Not Found",
  "405": "Method Not Allowed",
  "408": "Request Timeout",
  "409": "Conflict",
  "413": "Content Too Large",
  "415": "Unsupported Media Type",
  "417": "Expectation Failed",
  "422": "Unprocessable Content",
  "429": "Too Many Requests",
  "431": "Request Header Fields Too Large",
  "500": "Internal Server Error",
  "501": "Not Implemented",
  "502": "Bad Gateway",
  "503": "Service Unavailable",
  "504": "Gateway Timeout"
};

/** The status that goes with an error's code; `bad_request` also comes with 405, 413 and 415. */
export const errorStatuses: { readonly [code: string]: number } = {
  "bad_request": 400,
  "not_authenticated": 401,
  "bad_authtoken": 401,
  "not_permitted": 403,
  "not_found": 404,
  "invalid_action": 409,
  "idempotency_key_already_used": 409,
  "validation_errors": 422,
  "unexpected_ref_type": 422,
  "not_implemented": 501,
  "unexpected": 500
};
