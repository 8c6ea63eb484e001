import { logOf } from "../variables.js";
import { ObjectBase, type ObjectState, type ObjectStorage } from "./platform.js";
import { type GivenTimes, ObjectRegistrar } from "./registrar.js";
import type { DurableEnvironment } from "./variables.js";

/** A Durable Object with a registrar in its database. */
export class RegistrarObject extends ObjectBase {
  /** @internal */
  protected readonly storage: ObjectStorage;
  /** @internal */
  protected readonly environment: DurableEnvironment;
  /**
   * Time and seed, for tests.
   *
   * @internal
   */
  protected readonly given: GivenTimes = {};
  #registrar: ObjectRegistrar | undefined;

  constructor(state: ObjectState, environment: DurableEnvironment) {
    super(state, environment);
    this.storage = state.storage;
    this.environment = environment;
  }

  /** @internal */
  protected get registrar(): ObjectRegistrar {
    return (this.#registrar ??= new ObjectRegistrar(this.storage, this.given, logOf(this.environment) !== undefined));
  }
}
