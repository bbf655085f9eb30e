/** The command line of a tool: a flag that is not there is one sentence and the flags that are, never a stack trace. */
import { parseArgs, type ParseArgsConfig } from "node:util";

/** As `parseArgs`; what cannot be read ends the process with 2. */
export function readFlags<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (thrown) {
    // parseArgs throws TypeErrors with a code, whose messages are sentences about the flag.
    if (!(thrown instanceof TypeError) || !("code" in thrown)) throw thrown;
    const known = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    process.stderr.write(`${thrown.message}\nThere is ${known.join(", ")}.\n`);
    process.exit(2);
  }
}
