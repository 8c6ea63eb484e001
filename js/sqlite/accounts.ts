import { storeError } from "../sql/error.js";
import { failureOf, sqlite } from "./database.js";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** The ids of all accounts in a file, oldest first. Reads the file, and locks nothing. */
export function accountIds(file: string): readonly string[] {
  const { DatabaseSync } = sqlite();
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'account'").all();
    if (tables.length === 0) return [];
    return database
      .prepare("SELECT id FROM account ORDER BY number")
      .all()
      .map((row) => textOf(row["id"] as Uint8Array));
  } catch (cause) {
    throw storeError(file, failureOf(cause), cause);
  } finally {
    database?.close();
  }
}

/** The text of an id from its 20 bytes: 48 bits of time, 2 that are zero and 30 of partition, 80 of randomness. */
function textOf(bytes: Uint8Array): string {
  const number = (from: number, to: number): bigint => bytes.subarray(from, to).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return digits(number(0, 6), 10) + digits(number(6, 10), 6) + digits(number(10, 20), 16);
}

function digits(number: bigint, count: number): string {
  let text = "";
  for (let rest = number; text.length < count; rest >>= 5n) text = `${ALPHABET[Number(rest & 31n)]}${text}`;
  return text;
}
