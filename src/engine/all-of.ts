/** As `Promise.all`, but it rejects only when none is under way any more: with what the first of them, in order, threw. */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
