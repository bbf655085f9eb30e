/** How busy the machine is with what is not ours: a benchmark does not start when it is. */
import { cpus } from "node:os";

function times(): { readonly idle: number; readonly all: number } {
  const each = cpus().map(({ times: t }) => ({ idle: t.idle, all: t.user + t.nice + t.sys + t.idle + t.irq }));
  return { idle: each.reduce((sum, t) => sum + t.idle, 0), all: each.reduce((sum, t) => sum + t.all, 0) };
}

/** Share of all cores that was in use over `ms`, in [0, 1]. */
export async function busyShare(ms: number): Promise<number> {
  const before = times();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const after = times();
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

const MOST = 0.1;

/** Looks again for a while: what was just started, our own page among it, settles. */
const LOOKS = 8;

/** Throws when other processes use more than a tenth of the machine, unless told to go on. */
export async function requireQuiet(anyway: boolean, flag = "--anyway"): Promise<number> {
  let share = await busyShare(2000);
  for (let looks = 1; share > MOST && !anyway && looks < LOOKS; looks++) share = await busyShare(2000);
  const percent = `${(share * 100).toFixed(0)}%`;
  if (share <= MOST) return share;
  if (!anyway)
    throw new Error(
      `This machine is ${percent} busy with something else: what would be measured is that. End it, or pass ${flag} and get figures marked as taken on a busy machine.`,
    );
  console.warn(`This machine is ${percent} busy with something else; going on, as told.`);
  return share;
}
