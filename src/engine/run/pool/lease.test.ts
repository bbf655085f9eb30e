import { describe, expect, it } from "vitest";
import { Leases, type Lease } from "./lease.ts";

function lease(log: string[], name: string, closes = true): Lease {
  const close = async (): Promise<void> => {
    log.push(name);
    if (!closes) throw new Error(`${name} cannot be closed`);
  };
  return {
    tiers: {
      start: () => {
        throw new Error("not asked for");
      },
      edge: null,
      mover: null,
      rewind: () => undefined,
      memory: () => ({ weightBytes: 0, kvBytes: 0 }),
      close,
    },
    ids: [],
    sound: true,
  };
}

describe("leases", () => {
  it("keep the new one where closing the one before throws, and say so", async () => {
    const log: string[] = [];
    const leases = new Leases();
    await leases.keep("a", lease(log, "first", false));
    const second = lease(log, "second");
    await expect(leases.keep("a", second)).rejects.toThrow("first cannot be closed");
    expect(leases.take("a")).toBe(second);
    expect(log).toEqual(["first"]);
  });
  it("close all that have to go, also behind one that throws", async () => {
    const log: string[] = [];
    const leases = new Leases();
    for (const name of ["1", "2", "3", "4", "5"]) await leases.keep(name, lease(log, name, name !== "2"));
    expect(log).toEqual(["1"]);
    await expect(leases.keepOnly("5")).rejects.toThrow("2 cannot be closed");
    expect(log).toEqual(["1", "2", "3", "4"]);
    await leases.close();
    expect(log).toEqual(["1", "2", "3", "4", "5"]);
  });
});
