import { existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

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

/**
 * The policy of the page: its own files and wasm, nothing inline, nothing from other origins. `connect-src` is wider,
 * because the page can be pointed at another service.
 */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The folder of the page, next to this file. A bundle has no such folder, and a CommonJS bundle has no `import.meta.url`. */
const PAGE_ROOT = import.meta.url?.startsWith("file:") ? fileURLToPath(new URL("./www/", import.meta.url)) : undefined;

/** Whether the page's files are there. */
export function hasPage(): boolean {
  return StaticFiles.ofPage() !== undefined;
}

/** Serves the files of one folder to GET and HEAD. */
export class StaticFiles {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** The page's; `undefined` if its files are not there. */
  static ofPage(): StaticFiles | undefined {
    return PAGE_ROOT !== undefined && existsSync(join(PAGE_ROOT, "index.html")) ? new StaticFiles(PAGE_ROOT) : undefined;
  }

  /** Answers with the file of this path. Returns `false`, with nothing sent, if there is no such file. */
  async send(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
    const name = fileName(path);
    if (name === undefined) return false;
    const file = await openFile(join(this.#root, name));
    if (file === undefined) return false;
    try {
      const { size, mtimeMs } = await file.stat();
      const tag = `"${size.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`;
      response.setHeader("etag", tag);
      // A development server's files change without changing names, so browsers revalidate each time, mostly with a 304.
      response.setHeader("cache-control", "no-cache");
      response.setHeader("content-security-policy", POLICY);
      response.setHeader("x-content-type-options", "nosniff");
      response.setHeader("referrer-policy", "no-referrer");
      response.setHeader("cross-origin-opener-policy", "same-origin");
      if (request.headers["if-none-match"]?.split(/\s*,\s*/).some((known) => known.replace(/^W\//, "") === tag)) {
        response.writeHead(304).end();
        return true;
      }
      response.setHeader("content-type", TYPES[extname(name)] ?? "application/octet-stream");
      response.setHeader("content-length", size);
      if (request.method === "HEAD" || size === 0) {
        response.end();
        return true;
      }
      // No more than the announced size, even if the file grows meanwhile.
      await pipeline(file.createReadStream({ autoClose: false, end: size - 1 }), response);
    } catch {
      // The client disconnected or the file vanished. An answer that has begun can only be aborted.
      response.destroy();
    } finally {
      await file.close();
    }
    return true;
  }
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
