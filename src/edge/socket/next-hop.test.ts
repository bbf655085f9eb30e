/** A hop behind that does not answer: the step is given up, named, and the next one gets its own time. */
import { expect, test } from "vitest";
import { Failed } from "#core/run/failure.ts";
import { whenAborted } from "#engine/cancellation.ts";
import type { Channel, EdgeSession } from "#engine/ports.ts";
import { hello } from "../testing/harness.ts";
import { NextHop } from "./next-hop.ts";

const stop = {
  endpoint: "http://second",
  segment: { embedding: false, from: 2, to: 4, head: true },
  codec: "f32",
} as const;

test("a step that is not back in time ends with the hop's name, and takes no later one with it", async () => {
  let asked = 0;
  const session: Pick<EdgeSession, "ask" | "close"> = {
    ask: (_, signal) => {
      asked++;
      return new Promise((__, reject) => void whenAborted(signal, () => reject(new Failed({ code: "stopped" }))));
    },
    close: () => Promise.resolve(),
  };
  const welcome = { maxMessageBytes: 1 << 20 };
  const channel: Channel = { open: async () => ({ ...session, welcome }) as unknown as EdgeSession };
  const segment = { embedding: false, from: 1, to: 2, head: false };
  const opened = await NextHop.open(hello({ segment, onward: [stop] }), 4, channel, 40);
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  const step = { position: 0, count: 1, want: "last", payload: new Uint8Array(16) } as const;
  const late = {
    failure: { code: "edge-unreachable", url: "http://second", why: "it did not answer a step within 0.04 s" },
  };
  expect(await opened.value.forward(step)).toMatchObject(late);
  expect(await opened.value.forward(step)).toMatchObject(late);
  expect(asked).toBe(2);
  const under = opened.value.forward(step);
  await opened.value.close();
  expect(await under).toMatchObject({ failure: { code: "stopped" } }); // the session is over: that is nobody's lateness
});
