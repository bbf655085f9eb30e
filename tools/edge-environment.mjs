/**
 * The environment that an edge server is started with. On Linux glibc is asked for pages of 2 MB: a
 * decode step reads every weight once, and with pages of 4 kB their tables do not fit the processor
 * (docs/benchmarks/README.md: the same edge without took 1.4 to 1.5 times as long). Threads get one
 * arena together, since glibc asks for large pages in the main one only, and the compute thread is
 * another. Both are read at a process's start, so the server cannot set them for itself; whoever has
 * tunables of their own keeps them.
 */
const HUGE_PAGES = "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1";

/** @returns {NodeJS.ProcessEnv} */
export const edgeEnvironment = (env = process.env, platform = process.platform) =>
  platform === "linux" && env["GLIBC_TUNABLES"] === undefined ? { ...env, GLIBC_TUNABLES: HUGE_PAGES } : env;
