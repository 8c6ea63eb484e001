import { parseArgs, type ParseArgsConfig } from "node:util";

/** Help or version, requested instead of a command. */
export type Wish = { readonly help: string } | { readonly version: true };

/** A mistake on the command line, printed as one line. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options that every command takes. */
const COMMON = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const satisfies Options;

/** Reads the arguments of a command. Throws a {@link UsageError} for an unknown option, and for one that is given twice. */
export function readArguments<const Own extends Options>(args: readonly string[], own: Own) {
  const options = { ...COMMON, ...own };
  let read: ReturnType<typeof parse>;
  const parse = () => parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
  try {
    read = parse();
  } catch (cause) {
    // Node's messages explain its parser after the first sentence, which names the mistake.
    const [first = ""] = cause instanceof Error ? cause.message.split(/\.\s|\n/) : [];
    const ambiguous = /^Option '(.*)' argument is ambiguous/.exec(first)?.[1];
    throw new UsageError(
      ambiguous === undefined
        ? first.replace(/\.$/, "")
        : `${ambiguous} needs a value; one that begins with '-' is written ${ambiguous}=-…`,
    );
  }
  const names = new Set<string>();
  for (const token of read.tokens) {
    if (token.kind !== "option" || token.value === undefined) continue;
    // `parseArgs` would take the last one and ignore the others.
    if (names.has(token.name) && !(options as Options)[token.name]?.multiple) throw new UsageError(`--${token.name} is given twice`);
    if (token.value === "") throw new UsageError(`--${token.name} must not be empty`);
    names.add(token.name);
  }
  return { values: read.values, positionals: read.positionals };
}

/** A command of a command, such as `token create`. */
type Subcommand = (args: readonly string[]) => Wish | undefined | Promise<Wish | undefined>;

/**
 * Runs the subcommand that the first argument names. If it names none, gives help or version, or throws a {@link UsageError}.
 *
 * `options` are those that all subcommands take, so that `token --db FILE` is told which commands there are.
 */
export async function runSubcommand(
  command: string,
  [name, ...rest]: readonly string[],
  { usage, subcommands, options = {} }: { usage: string; subcommands: Readonly<Record<string, Subcommand>>; options?: Options },
): Promise<Wish | undefined> {
  if (name !== undefined && Object.hasOwn(subcommands, name)) return (subcommands[name] as Subcommand)(rest);
  const { values, positionals } = readArguments(name === undefined ? [] : [name, ...rest], options);
  if (values["help"]) return { help: usage };
  if (values["version"]) return { version: true };
  if (positionals.length > 0) throw new UsageError(`unknown command '${command} ${positionals[0]}'`);
  const names = Object.keys(subcommands);
  throw new UsageError(`${command} needs a command: ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);
}

/** Throws a {@link UsageError} if there are arguments besides the options. */
export function refusePositionals([unexpected]: readonly string[]): void {
  if (unexpected !== undefined) throw new UsageError(`unexpected argument '${unexpected}'`);
}

/** The whole number in an option, or `undefined` if the option is absent. */
export function wholeNumber(name: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < low || number > high) {
    throw new UsageError(`--${name} must be a whole number from ${low} to ${high}`);
  }
  return number;
}
