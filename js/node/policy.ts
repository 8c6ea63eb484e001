/**
 * The policy of the page: its own files and wasm, nothing inline, nothing from other origins. `connect-src` is wider, because the page
 * can be pointed at another service. The page's HTML has it in a `meta` element, for static hosts; the server also sends it as a header.
 */
const DIRECTIVES = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** For a `meta` element, where `frame-ancestors` has no effect. */
export const META_POLICY = DIRECTIVES.join("; ");

/** For the header. */
export const POLICY = [...DIRECTIVES, "frame-ancestors 'none'"].join("; ");
