import type { RegistrarOptions } from "agent-registrar/service";

export const ACCOUNT: string;

export function options(seed: Uint8Array, now: () => number): RegistrarOptions;

export class Requests {
  constructor(seed: number);
  /** Milliseconds until the next request. */
  step(): number;
  next(): { method: string; target: string; headers: Record<string, string>; body: Uint8Array | null };
  learn(target: string, answer: unknown): void;
}
