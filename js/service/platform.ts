// The platform's types, taken from the compiler's globals (the DOM library, or the types of Node or Workers), so that these
// typings compile without the DOM library.

/** `Request`, where the compiler knows it. */
export type PlatformRequest = typeof globalThis extends { Request: { prototype: infer Type } } ? Type : object;

/** `Response`, where the compiler knows it. */
export type PlatformResponse = typeof globalThis extends { Response: { prototype: infer Type } } ? Type : object;

/** `URL`, where the compiler knows it. */
export type PlatformURL = typeof globalThis extends { URL: { prototype: infer Type } } ? Type : object;

/** The second parameter of `fetch`, where the compiler knows it. */
export type PlatformRequestInit = typeof globalThis extends { fetch: (input: never, init?: infer Init) => unknown } ? Init : object;
