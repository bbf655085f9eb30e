/** Tokens come in by the address or by hand, go to their own edge, and stay out of everything that leaves the page. */
import { describe, expect, test } from "vitest";
import { fromAddress, toLink } from "#core/run/config/address.ts";
import { unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { scriptedDevice } from "../testing/scripted-device.ts";
import { createAccessTokens, takeAccess, withAccess } from "./access.ts";

const HASH = "#mode=split&access=open%20sesame%26&cut=4&run=1";
const config = (edge?: string) => unwrap(parseConfig({ prompt: "x", ...(edge === undefined ? {} : { edge }) }));

describe("a token in the address", () => {
  test("is taken out, and the rest is the address it was", () => {
    const { hash, token } = takeAccess(HASH);
    expect(token).toBe("open sesame&");
    expect(hash).toBe("#mode=split&cut=4&run=1");
    expect(unwrap(fromAddress(hash))).toMatchObject({ run: true, config: { cut: 4 } });
  });

  test("alone leaves nothing, none leaves everything, an empty one is none", () => {
    expect(takeAccess("#access=a")).toEqual({ hash: "", token: "a" });
    expect(takeAccess("#cut=4")).toEqual({ hash: "#cut=4", token: null });
    expect(takeAccess("")).toEqual({ hash: "", token: null });
    expect(takeAccess("#access=")).toEqual({ hash: "", token: null });
  });
});

describe("a kept token", () => {
  test("goes with every request to its own edge and to no other", async () => {
    const { device, asked } = scriptedDevice(["a"]);
    const tokens = createAccessTokens(null);
    const lab = withAccess(device, tokens);
    await lab.run(config(), {}, () => undefined);
    tokens.keep(undefined, "mine");
    await lab.run(config(), { check: false }, () => undefined);
    await lab.run(config("https://other.example:8080"), {}, () => undefined);
    await lab.run(config(), { access: "given" }, () => undefined);
    expect(asked.map(({ options }) => options)).toEqual([
      {},
      { check: false, access: "mine" },
      {},
      { access: "given" },
    ]);
  });

  test("outlives the page in the tab's own storage", () => {
    const stored = new Map<string, string>();
    const storage = {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    };
    createAccessTokens(storage).keep(undefined, "mine");
    expect(createAccessTokens(storage).of(undefined)).toBe("mine");
    expect(createAccessTokens(storage).of("https://other.example")).toBeUndefined();
  });

  test("is in no shared link and in no record", async () => {
    const { device, asked } = scriptedDevice(["a"]);
    const tokens = createAccessTokens(null);
    tokens.keep(undefined, "open-sesame");
    const record = await withAccess(device, tokens).run(config(), {}, () => undefined);
    expect(asked[0]?.options.access).toBe("open-sesame");
    expect(JSON.stringify(record)).not.toContain("sesame");
    expect(toLink(`http://localhost/${HASH}`, record.config, { run: true })).not.toContain("sesame");
  });
});
