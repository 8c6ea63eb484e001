/** All types that the entries of the service give. */
export type { WasmInput } from "../wasm/error.js";
export type { Answer } from "./answer.js";
export type { RequestHeaders } from "./engine.js";
export type { Seed } from "./entropy.js";
export type { Fault, FaultMatch, Faults } from "./faults.js";
export type {
  AccountOptions,
  EnvironmentOptions,
  Now,
  Registrar,
  RegistrarDefaults,
  RegistrarOptions,
  TokenOptions,
  TokenScope,
} from "./registrar.js";
