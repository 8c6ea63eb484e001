import type { ChildProcess } from "node:child_process";
import type { Agent } from "node:http";

export interface AttackedServer {
  readonly port: number;
  readonly token: string;
  readonly environment: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

export interface AttackResult {
  readonly name: string;
  readonly tried: { readonly connections: number; readonly requests: number; readonly bytes: number };
  readonly others: { readonly requests: number; readonly failures: readonly string[]; readonly at99: number };
  readonly loop: { readonly at99: number; readonly longest: number; readonly ran: number; readonly waited: number };
  readonly memory: { readonly start: number; readonly peak: number; readonly end: number };
}

export const HEAP_MB: number;
export const MOST_MEMORY: number;
export function startServer(args?: readonly string[], options?: { node?: string; port?: number }): Promise<AttackedServer>;
export function memoryOf(child: ChildProcess): number;
export function send(
  server: AttackedServer,
  agent: Agent | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly text: string }>;
export function fill(server: AttackedServer, agent: Agent): Promise<void>;
export function attack(server: AttackedServer, name: string, seconds: number, connections: number): Promise<AttackResult>;
