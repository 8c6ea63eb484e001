import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { TokenOptions } from "../service/options.js";

/** An empty environment means a token of the account's scope. */
const TABLE = `CREATE TABLE IF NOT EXISTS first_token (
  account TEXT NOT NULL, environment TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (account, environment)
) STRICT, WITHOUT ROWID`;

/** Tokens from the options, which replace those of the first start for their scope. */
export interface GivenTokens {
  readonly account?: string | undefined;
  readonly environment?: string | undefined;
}

/**
 * The tokens of a registrar without the option `tokens`. The first time, the digests of the candidates are stored, and these tokens stay
 * valid. Later, only the digest of a token that is not the candidate is known [ours].
 */
export function admitTokens(
  database: DatabaseSync,
  candidates: readonly TokenOptions[],
  accountId: string,
  given: GivenTokens,
): readonly TokenOptions[] {
  database.exec(TABLE);
  const insert = database.prepare("INSERT INTO first_token (account, environment, sha256) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const select = database.prepare("SELECT sha256 FROM first_token WHERE account = ? AND environment = ?");
  return candidates.map((candidate) => {
    const environment = candidate.environment_id ?? "";
    const token = environment === "" ? given.account : given.environment;
    if (token !== undefined) return { ...candidate, token } as TokenOptions;
    const digest = createHash("sha256")
      .update(candidate.token as string)
      .digest("hex");
    insert.run(accountId, environment, digest);
    const { sha256 } = select.get(accountId, environment) as { sha256: string };
    return sha256 === digest ? candidate : { sha256, account_id: candidate.account_id, environment_id: candidate.environment_id };
  });
}
