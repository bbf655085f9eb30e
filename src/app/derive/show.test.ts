import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  IDLE_MS,
  passed,
  pausedOrNot,
  progressOf,
  SCENES,
  sceneMs,
  sceneOf,
  START,
  stepped,
  touched,
  type Show,
} from "./show.ts";

const after = (show: Show, ms: number): Show =>
  Array.from({ length: ms / 100 }).reduce<Show>((now) => passed(now, 100), show);

describe("the show", () => {
  it("takes 90 seconds from end to end and begins anew", () => {
    expect(SCENES.reduce((sum, _, at) => sum + sceneMs({ ...START, at }), 0)).toBe(90_000);
    expect(sceneOf(after(START, 89_900))).toBe("run");
    expect(sceneOf(after(START, 90_000))).toBe("journey");
  });
  it("waits for whoever steps, and begins anew when they have gone", () => {
    const second = stepped(START, 1);
    expect(sceneOf(after(second, 50_000))).toBe("cut");
    expect(progressOf(after(second, 50_000))).toBe(1);
    expect(after(second, IDLE_MS)).toEqual(START);
    expect(sceneOf(after(touched(after(second, 50_000)), 50_000))).toBe("cut");
  });
  it("stands still when paused, but not for ever", () => {
    const paused = pausedOrNot(after(START, 5000));
    expect(after(paused, 30_000)).toMatchObject({ at: 0, elapsedMs: 5000, paused: true });
    expect(pausedOrNot(paused)).toMatchObject({ paused: false, elapsedMs: 5000 });
    expect(after(paused, IDLE_MS)).toEqual(START);
  });
  it("never leaves its scenes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom<1 | -1>(1, -1), fc.integer({ min: 2, max: 70_000 }), fc.constant(0)), {
          maxLength: 40,
        }),
        (events) => {
          const show = events.reduce<Show>(
            (now, event) =>
              event === 1 || event === -1 ? stepped(now, event) : event === 0 ? pausedOrNot(now) : passed(now, event),
            START,
          );
          expect(SCENES).toContain(sceneOf(show));
          expect(progressOf(show)).toBeGreaterThanOrEqual(0);
          expect(progressOf(show)).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 300 },
    );
  });
});
