// The bodies that arrive: their bytes in memory have a bound, over all connections and for each address.
import type { IncomingMessage, ServerResponse } from "node:http";
import { ArrivingBody } from "./blocks.js";
import { LONGEST_BLANK } from "../service/request.js";
import type { Network } from "./network.js";

/** What a body without bytes counts as, in bytes: the objects that wait for it. */
const LEAST_CHARGE = 1_024;

/** What happens to a body. */
export interface BodyReceiver {
  /** Receives the body, cut just past the limit. */
  done(body: ArrivingBody): void;
  /** Is told how long the body is so far, until it cannot be blank. */
  grown?(length: number): void;
  /** Is told that the body lost its room to others. Then `done` is not called, or was called already. */
  evicted(): void;
}

/** A body that is arriving, or waits until its request is carried out. */
class Reading {
  readonly peer: Peer;
  /** Stops collecting. */
  stop: () => void = () => undefined;
  readonly evicted: () => void;
  charge = 0;
  isArriving = true;
  /** Until its request is carried out. */
  isEvictable = true;

  constructor(peer: Peer, evicted: () => void) {
    this.peer = peer;
    this.evicted = evicted;
  }
}

/** The bodies of one address. */
interface Peer {
  readonly name: string;
  held: number;
  /** The oldest first. */
  readonly readings: Set<Reading>;
}

/** All bodies in memory. */
export class Bodies {
  readonly #network: Pick<Network, "bodyBytes" | "peerBodyBytes">;
  readonly #readings = new Map<ServerResponse, Reading>();
  readonly #peers = new Map<string, Peer>();
  #held = 0;

  constructor(network: Pick<Network, "bodyBytes" | "peerBodyBytes">) {
    this.#network = network;
  }

  /** The bytes in memory. */
  get held(): number {
    return this.#held;
  }

  /** Whether the body of this request is still arriving. */
  isArriving(response: ServerResponse): boolean {
    return this.#readings.get(response)?.isArriving === true;
  }

  /** Collects a body of at most `limit` bytes. Never calls back if the client disconnected. */
  read(request: IncomingMessage, response: ServerResponse, limit: number, receiver: BodyReceiver): void {
    const peer = this.#peer(request.socket.remoteAddress);
    const reading = new Reading(peer, receiver.evicted);
    this.#readings.set(response, reading);
    peer.readings.add(reading);
    response.once("close", () => this.release(response));
    const body = new ArrivingBody();
    reading.stop = () => {
      body.drop();
      reading.isArriving = false;
      request.off("data", collect).off("end", finish);
    };
    const collect = (chunk: Uint8Array): void => {
      if (body.length <= LONGEST_BLANK) receiver.grown?.(body.length + chunk.length);
      // Refused just now.
      if (!reading.isArriving) return;
      body.add(chunk.subarray(0, Math.min(chunk.length, limit + 1 - body.length)));
      this.#charge(reading, body.held);
      if (reading.isArriving && body.length > limit) finish();
    };
    const finish = (): void => {
      if (!reading.isArriving) return;
      reading.isArriving = false;
      request.off("data", collect).off("end", finish);
      receiver.done(body);
    };
    // Before it is charged, which may evict this body itself: then the listeners are removed.
    request.on("data", collect).once("end", finish);
    this.#charge(reading, LEAST_CHARGE);
  }

  /** The body is not needed any more. */
  release(response: ServerResponse): void {
    const reading = this.#readings.get(response);
    if (reading === undefined) return;
    this.#readings.delete(response);
    reading.stop();
    const { peer } = reading;
    peer.readings.delete(reading);
    peer.held -= reading.charge;
    this.#held -= reading.charge;
    if (peer.readings.size === 0) this.#peers.delete(peer.name);
  }

  /** The request is being carried out: from now on its body keeps its room. */
  keep(response: ServerResponse): void {
    const reading = this.#readings.get(response);
    if (reading !== undefined) reading.isEvictable = false;
  }

  /** Takes the room of the body that began first. Returns whether there was one. */
  evict(): boolean {
    for (const reading of this.#readings.values()) if (evicted(reading)) return true;
    return false;
  }

  #peer(address: string | undefined): Peer {
    const name = peerName(address);
    let peer = this.#peers.get(name);
    if (peer === undefined) {
      peer = { name, held: 0, readings: new Set() };
      this.#peers.set(name, peer);
    }
    return peer;
  }

  #charge(reading: Reading, bytes: number): void {
    const more = Math.max(bytes, LEAST_CHARGE) - reading.charge;
    if (more <= 0) return;
    const { peer } = reading;
    reading.charge += more;
    peer.held += more;
    this.#held += more;
    if (peer.held > this.#network.peerBodyBytes) this.#makeRoom(peer.readings, () => peer.held <= this.#network.peerBodyBytes);
    if (this.#held > this.#network.bodyBytes) this.#makeRoom(this.#readings.values(), () => this.#held <= this.#network.bodyBytes);
  }

  /** Evicts the oldest bodies until there is room. An evicted body is released by its answer. */
  #makeRoom(oldestFirst: Iterable<Reading>, hasRoom: () => boolean): void {
    for (const reading of oldestFirst) {
      if (hasRoom()) return;
      evicted(reading);
    }
  }
}

function evicted(reading: Reading): boolean {
  if (!reading.isEvictable) return false;
  reading.isEvictable = false;
  reading.stop();
  reading.evicted();
  return true;
}

/** Addresses are given out in networks of 64 bits. */
function peerName(address = ""): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  if (tail !== undefined) {
    const last = tail === "" ? [] : tail.split(":");
    while (groups.length + last.length < 8) groups.push("0");
    groups.push(...last);
  }
  return groups.slice(0, 4).join(":");
}
