/** What an edge server says of itself, read from its `/metrics`: for the memory before and after, and the batches in between. */
export interface EdgeFigures {
  readonly residentBytes: number;
  readonly kvReservedBytes: number;
  readonly sessions: number;
  /** Steps, and passes' steps summed: a mean batch is their difference over a time. */
  readonly batchedSteps: number;
  readonly batchSum: number;
  /** Bugs that surfaced. */
  readonly faults: number;
}

/** Null where it does not say: it is gone, or asks for a token that was not given. */
export async function edgeFigures(url: string, access: string | null): Promise<EdgeFigures | null> {
  const headers = access === null ? {} : { Authorization: `Bearer ${access}` };
  try {
    const response = await fetch(new URL("/metrics", url), { headers, signal: AbortSignal.timeout(10_000) });
    return response.ok ? readFigures(await response.text()) : null;
  } catch {
    return null;
  }
}

/** `text` in Prometheus' text format; a family with labels is summed. */
export function readFigures(text: string): EdgeFigures | null {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([a-z_]+)(?:\{[^}]*\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  const residentBytes = sums.get("process_resident_memory_bytes");
  if (residentBytes === undefined) return null;
  const of = (name: string): number => sums.get(name) ?? 0;
  return {
    residentBytes,
    kvReservedBytes: of("cutlayer_kv_reserved_bytes"),
    sessions: of("cutlayer_sessions"),
    batchedSteps: of("cutlayer_batch_steps_count"),
    batchSum: of("cutlayer_batch_steps_sum"),
    faults: of("cutlayer_faults_total"),
  };
}

/** Read while a load goes on; null where the edge does not say. */
export interface EdgeReadings {
  readonly before: EdgeFigures | null;
  /** From when counting began. */
  readonly during: readonly EdgeFigures[];
  readonly after: EdgeFigures | null;
}

const READ_EVERY_MS = 1_000;
/** Caches of closed sessions are given back by then. */
const AFTERWARDS_MS = 2_000;

/** Reads the figures before `work`, once a second from when it calls `counting`, and once it is over and the edge has tidied up. */
export async function watched<T>(
  url: string,
  access: string | null,
  work: (counting: () => Promise<void>) => Promise<T>,
): Promise<{ readonly worked: T; readonly readings: EdgeReadings }> {
  const before = await edgeFigures(url, access);
  const during: EdgeFigures[] = [];
  const read = async (): Promise<void> => {
    const figures = await edgeFigures(url, access);
    if (figures !== null) during.push(figures);
  };
  let reading: NodeJS.Timeout | undefined;
  try {
    const worked = await work(async () => {
      await read();
      reading = setInterval(() => void read(), READ_EVERY_MS);
    });
    clearInterval(reading);
    await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
    return { worked, readings: { before, during: [...during], after: await edgeFigures(url, access) } };
  } finally {
    clearInterval(reading);
  }
}
