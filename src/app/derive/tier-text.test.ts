import { describe, expect, test } from "vitest";
import { MODEL } from "../testing/scripted-device.ts";
import { zonesOf } from "./strip.ts";
import { describeDevice, deviceLine, edgeLine, memoryLine, weightBytes } from "./tier-text.ts";

const software = {
  runtime: "onnxruntime-web",
  backend: "webgpu",
  adapter: "SwiftShader",
  software: true,
  threads: 1,
} as const;

describe("the tiers in words", () => {
  test("a software adapter is called one", () => {
    expect(describeDevice(software)).toBe("WebGPU on SwiftShader, a software adapter");
    expect(deviceLine({ recorded: null, device: null, preflight: null, backend: "auto" })).toBe(
      "looking at this machine",
    );
    expect(deviceLine({ recorded: software, device: null, preflight: null, backend: "auto" })).toContain("SwiftShader");
  });

  test("a run without an engine in this tab does not speak for one that has blocks here", () => {
    const none = { ...software, backend: "none", adapter: null } as const;
    expect(deviceLine({ recorded: null, device: none, preflight: null, backend: "auto" })).toBe(
      "looking at this machine",
    );
  });

  test("an edge that was never asked is not described", () => {
    expect(edgeLine({ recorded: null, live: null, used: true, answers: false })).toBe("not reached yet");
    expect(edgeLine({ recorded: null, live: null, used: true, answers: true })).toContain("answers");
    expect(
      edgeLine({
        recorded: null,
        live: { version: "1", runtime: "onnxruntime-node", provider: "cpu", threads: 2, cores: 4 },
        used: true,
        answers: true,
      }),
    ).toBe("onnxruntime-node, CPU, 2 threads");
  });

  test("a tied embedding and head is one shard", () => {
    const [tab, edge] = zonesOf(12, { mode: "split", cut: 4, tail: 1 });
    const [whole] = zonesOf(12, { mode: "device-only", cut: 4, tail: 1 });
    if (tab === undefined || edge === undefined || whole === undefined) throw new Error("no zones");
    expect(weightBytes(tab, MODEL)).toBe(2400);
    expect(weightBytes(edge, MODEL)).toBe(2800);
    expect(weightBytes(whole, MODEL)).toBe(3200);
    expect(memoryLine(tab, MODEL, { weightBytes: 5000, kvBytes: 7 })).toContain("5,000");
    expect(memoryLine({ tier: "tab", pieces: [] }, MODEL, null)).toBe("holds no weights");
  });
});
