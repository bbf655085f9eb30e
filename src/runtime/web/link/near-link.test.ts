import { expect, test } from "vitest";
import type { EdgeSession } from "#engine/ports.ts";
import type { EdgeLink, LinkSetting } from "#engine/link/edge-link.ts";
import type { Hello } from "#wire/messages.ts";
import { nearLink } from "./near-link.ts";

const NOBODY_DRAFTS = { verify: null, draft: null } as unknown as Hello;
const DEVICE_DRAFTS = { verify: "coupled", draft: null } as unknown as Hello;
const EDGE_DRAFTS = { verify: "coupled", draft: { model: "m", revision: "r", length: 4 } } as unknown as Hello;
const UNSHAPED: LinkSetting = { name: "loopback", figures: null, trace: null, seed: 1 };
const SHAPED: LinkSetting = {
  name: "5g",
  figures: { uplinkMbps: 1, downlinkMbps: 1, rttMs: 20, jitterMs: 0, loss: 0 },
  trace: null,
  seed: 1,
};

function twoLinks(): { readonly link: EdgeLink; readonly log: string[] } {
  const log: string[] = [];
  const fake = (name: string, realRttMs: number): EdgeLink => ({
    url: "http://localhost/",
    open: async () => {
      log.push(`open ${name}`);
      return {} as EdgeSession;
    },
    shape: async (setting) => void log.push(`shape ${name} ${setting.name}`),
    report: async () => ({ met: null, realRttMs }),
    close: async () => void log.push(`close ${name}`),
  });
  return { link: nearLink(fake("near", 1), fake("far", 2)), log };
}

test("unshaped, a session in which nobody drafts here is opened in this worker, and reported from there", async () => {
  const { link, log } = twoLinks();
  await link.shape(UNSHAPED);
  await link.open(NOBODY_DRAFTS);
  await link.open(EDGE_DRAFTS);
  expect(log).toEqual(["shape near loopback", "shape far loopback", "open near", "open near"]);
  expect(await link.report()).toEqual({ met: null, realRttMs: 1 });
});

test("a shaped one, and one whose answers come while a draft computes, are opened in the other", async () => {
  const { link, log } = twoLinks();
  await link.open(DEVICE_DRAFTS);
  await link.shape(SHAPED);
  await link.open(NOBODY_DRAFTS);
  expect(log.filter((line) => line.startsWith("open"))).toEqual(["open far", "open far"]);
  expect(await link.report()).toEqual({ met: null, realRttMs: 2 });
});

test("a link that changes is shaped wherever its sessions are, and both are closed", async () => {
  const { link, log } = twoLinks();
  await link.open(NOBODY_DRAFTS);
  await link.shape(SHAPED);
  await link.close();
  expect(log).toEqual(["open near", "shape near 5g", "shape far 5g", "close near", "close far"]);
});
