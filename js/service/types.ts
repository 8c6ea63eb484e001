/** All types that the entries of the service export. */
export type { WasmInput } from "../wasm/error.js";
export type { Answer } from "./answer.js";
export type { Fault, FaultMatch, Faults } from "./faults.js";
export type {
  AccountOptions,
  EnvironmentOptions,
  LimitOptions,
  Now,
  RegistrarOptions,
  RegistrarStore,
  Seed,
  TokenOptions,
  TokenScope,
} from "./options.js";
export type { Registrar, RegistrarDefaults } from "./registrar.js";
export type { RequestHeaders } from "./request.js";
