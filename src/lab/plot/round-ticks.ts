/** Round numbers for an axis: every mark is a multiple of 1, 2 or 5 times a power of ten. */

/** Those from `least` to `most`, in at most `wanted` steps. */
export function roundTicks(least: number, most: number, wanted: number): readonly number[] {
  if (!(most > least)) return [least];
  const step = roundStep((most - least) / wanted);
  const first = Math.ceil(least / step - 1e-9);
  return Array.from({ length: Math.floor(most / step + 1e-9) - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= raw * (1 - 1e-9)) ?? raw;
}
