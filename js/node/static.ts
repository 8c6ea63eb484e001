import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { POLICY } from "./policy.js";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** The content codings that the build makes (www/plugins/compress.ts), the smaller one first, and how the page's HTML gets them. */
const CODINGS = [
  { name: "br", extension: ".br", compress: promisify(brotliCompress) },
  { name: "gzip", extension: ".gz", compress: promisify(gzip) },
] as const;

/** How the server's page gets its token: it asks the server, or its reader. A static copy of the page has neither. */
export type PageMode = "connected" | "token";

/** What a static copy has; www/plugins/policy.ts writes it. */
const STATIC_MODE = '<meta name="agent-registrar" content="static">';

/** The folder of the page, next to this file. A bundle has no such folder, and a CommonJS bundle has no `import.meta.url`. */
const PAGE_ROOT = import.meta.url?.startsWith("file:") ? fileURLToPath(new URL("./www/", import.meta.url)) : undefined;

/** Whether the page's files are there. */
export function hasPage(): boolean {
  return StaticFiles.ofPage() !== undefined;
}

/** The page's HTML in one mode, and its compressed forms. */
interface Html {
  readonly tag: string;
  readonly forms: ReadonlyMap<string, Uint8Array>;
}

/** Serves the files of one folder to GET and HEAD. */
export class StaticFiles {
  readonly #root: string;
  readonly #html = new Map<PageMode, { readonly made: Html; readonly modified: number }>();

  private constructor(root: string) {
    this.#root = root;
  }

  /** The page's; `undefined` if its files are not there. */
  static ofPage(): StaticFiles | undefined {
    return PAGE_ROOT !== undefined && existsSync(join(PAGE_ROOT, "index.html")) ? new StaticFiles(PAGE_ROOT) : undefined;
  }

  /** Answers with the file of this path; calls `found` before. Returns `false`, with nothing sent, if there is no such file. */
  async send(request: IncomingMessage, response: ServerResponse, path: string, mode: PageMode, found: () => void): Promise<boolean> {
    const name = fileName(path);
    if (name === undefined) return false;
    const file = await openFile(join(this.#root, name));
    if (file === undefined) return false;
    found();
    try {
      response.setHeader("content-security-policy", POLICY);
      response.setHeader("x-content-type-options", "nosniff");
      response.setHeader("referrer-policy", "no-referrer");
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("vary", "accept-encoding");
      if (name === "index.html") await this.#sendHtml(request, response, file, mode);
      else await this.#sendFile(request, response, file, name);
    } catch {
      // The client disconnected or the file vanished. An answer that has begun can only be aborted.
      response.destroy();
    } finally {
      await file.close();
    }
    return true;
  }

  /** The HTML names all other files, so browsers revalidate it each time, mostly with a 304. */
  async #sendHtml(request: IncomingMessage, response: ServerResponse, file: FileHandle, mode: PageMode): Promise<void> {
    const modified = (await file.stat()).mtimeMs;
    let known = this.#html.get(mode);
    if (known?.modified !== modified) {
      known = { made: await htmlOf(await file.readFile("utf8"), mode), modified };
      this.#html.set(mode, known);
    }
    const { tag, forms } = known.made;
    const coding = CODINGS.find(({ name }) => accepts(request, name))?.name ?? "identity";
    response.setHeader("cache-control", "no-cache");
    if (isUnchanged(request, response, `"${tag}-${coding}"`)) return;
    const body = forms.get(coding) as Uint8Array;
    response.setHeader("content-type", TYPES[".html"] as string);
    if (coding !== "identity") response.setHeader("content-encoding", coding);
    response.setHeader("content-length", body.length);
    response.end(request.method === "HEAD" ? undefined : body);
  }

  async #sendFile(request: IncomingMessage, response: ServerResponse, plain: FileHandle, name: string): Promise<void> {
    // The names of these have a digest of their contents.
    const isHashed = name.startsWith("assets");
    response.setHeader("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    const packed = await this.#packed(request, name);
    const { file, coding } = packed ?? { file: plain, coding: undefined };
    try {
      const { size, mtimeMs } = await file.stat();
      if (isUnchanged(request, response, `"${size.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`)) return;
      response.setHeader("content-type", TYPES[extname(name)] ?? "application/octet-stream");
      if (coding !== undefined) response.setHeader("content-encoding", coding);
      response.setHeader("content-length", size);
      if (request.method === "HEAD" || size === 0) {
        response.end();
        return;
      }
      // No more than the announced size, even if the file grows meanwhile.
      await pipeline(file.createReadStream({ autoClose: false, end: size - 1 }), response);
    } finally {
      await packed?.file.close();
    }
  }

  /** The compressed form of a file that the client takes, if the build made one. */
  async #packed(request: IncomingMessage, name: string): Promise<{ readonly file: FileHandle; readonly coding: string } | undefined> {
    for (const { name: coding, extension } of CODINGS) {
      const file = accepts(request, coding) ? await openFile(join(this.#root, name + extension)) : undefined;
      if (file !== undefined) return { file, coding };
    }
    return undefined;
  }
}

async function htmlOf(text: string, mode: PageMode): Promise<Html> {
  const body = Buffer.from(text.replace(STATIC_MODE, STATIC_MODE.replace("static", mode)));
  const forms = new Map<string, Uint8Array>([["identity", body]]);
  for (const { name, compress } of CODINGS) forms.set(name, await compress(body));
  return { tag: createHash("sha256").update(body).digest("base64url").slice(0, 22), forms };
}

/** Sets the tag of what is sent, and answers 304 if the client has it. */
function isUnchanged(request: IncomingMessage, response: ServerResponse, tag: string): boolean {
  response.setHeader("etag", tag);
  const isKnown = request.headers["if-none-match"]?.split(/\s*,\s*/).some((known) => known.replace(/^W\//, "") === tag) === true;
  if (isKnown) response.writeHead(304).end();
  return isKnown;
}

/** Whether the client takes a content coding (RFC 9110, section 12.5.3). */
function accepts(request: IncomingMessage, coding: string): boolean {
  const header = request.headers["accept-encoding"];
  const items = (typeof header === "string" ? header : "").toLowerCase().split(",");
  return items.some((item) => {
    const [name, ...parameters] = item.split(";").map((part) => part.trim());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** The relative file name of a path, or `undefined` if it could leave the folder or reach a hidden file. */
function fileName(path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (!decoded.startsWith("/") || /[\0\\:]/.test(decoded)) return undefined;
  const segments = (decoded.endsWith("/") ? `${decoded}index.html` : decoded).slice(1).split("/");
  return segments.some((segment) => segment === "" || segment.startsWith(".")) ? undefined : join(...segments);
}

async function openFile(name: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(name);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch {
    // Missing or not readable: the same to the client.
  }
  return undefined;
}
