import type { Connection } from "./client.js";

/** The states of the connection, as a person reads them. */
export const STATE_WORDS: Readonly<Record<Connection["state"], string>> = {
  unknown: "Unknown",
  connecting: "Connecting",
  answering: "Answering",
  refused: "Refused",
  unreachable: "Unreachable",
};
