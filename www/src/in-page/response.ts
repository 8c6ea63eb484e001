import type { InPageAnswer } from "./service.js";

/** An answer as a `Response`. */
export function toResponse({ status, headers, body }: InPageAnswer): Response {
  const fields = new Headers();
  for (let index = 0; index < headers.length; index += 2) fields.append(headers[index] as string, headers[index + 1] as string);
  return new Response(status === 204 || status === 304 ? null : (body as Uint8Array<ArrayBuffer>), { status, headers: fields });
}
