/**
 * How finely a clock ticks, from readings taken one right after the other: the smallest step it
 * ever made. Browsers round their clocks to 5 or 100 microseconds and more, some with noise on
 * top; times shorter than this are not measurements. Null when the readings never moved.
 */
export function clockResolution(readings: readonly number[]): number | null {
  let smallest = Infinity;
  for (let index = 1; index < readings.length; index++) {
    const step = (readings[index] ?? 0) - (readings[index - 1] ?? 0);
    // Less than a nanosecond is the rounding of doubles, not a tick.
    if (step > 1e-6 && step < smallest) smallest = step;
  }
  return smallest === Infinity ? null : smallest;
}
