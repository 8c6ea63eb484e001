/** A running server of the command. */
export interface Served {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** The address of the page as it was printed. */
  readonly page: string;
  readonly token: string;
  readonly environment: string;
  stop(): Promise<void>;
}

/** Starts `agent-registrar serve` as its users do, on a free port unless the options name one. */
export function startServer(...options: readonly string[]): Promise<Served>;

/** A running server with its page. */
export interface Service extends Pick<Served, "token" | "environment" | "stop"> {
  /** With a slash at its end. */
  readonly url: string;
  /** Calls the API without the page, as another program does. Rejects unless it succeeds. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of all operations
  call(method: string, path: string, body?: unknown): Promise<any>;
  create(details: { readonly name: string; readonly description?: string; readonly id?: string }): Promise<{ readonly id: string }>;
}

/** Starts a service on a free port. */
export function serve(): Promise<Service>;

/** Serves the page's files from a static folder in a sub-path, as any static host does. */
export function servePage(): Promise<{ readonly url: string; stop(): void }>;

export function sample(service: Service): Promise<{ readonly agent: string; readonly instance: string; readonly span: string; readonly environment: string }>;
