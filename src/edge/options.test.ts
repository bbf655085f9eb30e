import { describe, expect, test } from "vitest";
import { OPTION_NAMES, readOptions, USAGE } from "./options.ts";

const options = (...argv: readonly string[]) => {
  const read = readOptions(argv);
  if (read.kind !== "options") throw new Error(JSON.stringify(read));
  return read.options;
};

describe("options", () => {
  test("have defaults", () => {
    expect(options()).toMatchObject({
      port: 8080,
      host: null,
      models: [],
      backend: "cpu",
      threads: 1,
      precision: "stored",
      hub: { folder: null, limitBytes: 50e9 },
      tls: { kind: "none" },
      accessToken: null,
      sessions: 128,
      kvBytes: 1 << 30,
      idleTimeoutMs: 300_000,
      queueLength: 256,
      batch: 64,
      drainMs: 8_000,
      prefixBytes: 0,
      redis: null,
      upstream: null,
      trustForwarded: false,
    });
  });

  test("name the servers beside and behind this one", () => {
    expect(options("--upstream", "http://10.0.0.9:8000/", "--redis", "redis://10.0.0.8:6379/1")).toMatchObject({
      upstream: "http://10.0.0.9:8000/v1",
      redis: "redis://10.0.0.8:6379/1",
      advertise: null,
    });
    expect(options("--upstream", "https://models.example/v1/").upstream).toBe("https://models.example/v1");
    expect(options("--redis", "redis://r", "--port", "0", "--advertise", "http://a:1/").advertise).toBe("http://a:1");
  });

  test("are read", () => {
    const read = options(
      "--port",
      "0",
      "--model",
      "a",
      "--model",
      "b",
      "--plugin",
      "x.js",
      "--plugin",
      "y.js",
      "--backend",
      "webgpu",
      "--allow-origin",
      "https://lab.example/",
      "--allow-origin",
      "*",
      "--cert",
      "c.pem",
      "--key",
      "k.pem",
      "--kv-memory",
      "2",
    );
    expect(read).toMatchObject({
      port: 0,
      models: ["a", "b"],
      plugins: ["x.js", "y.js"],
      backend: "webgpu",
      allowedOrigins: ["https://lab.example", "*"],
      tls: { kind: "files", cert: "c.pem", key: "k.pem" },
      kvBytes: 2 << 20,
    });
    expect(options("--allow-host", "Lab.Example", "--allow-host", "*", "--max-sessions", "9")).toMatchObject({
      allowedHosts: ["lab.example", "*"],
      sessions: 9,
      sessionsPerAddress: 5,
    });
    expect(options("--next", "http://192.168.0.7:8080/", "--next", "wss://second.example").next).toEqual([
      "http://192.168.0.7:8080",
      "wss://second.example",
    ]);
    expect(options().next).toEqual([]);
    expect(options("--https").tls).toEqual({ kind: "self-signed" });
    expect(readOptions(["--help"]).kind).toBe("help");
  });

  test("the help names what one types, and every flag", () => {
    expect(USAGE).toMatch(/^Usage: npm start -- \[options\]\n/);
    const named = [...USAGE.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag);
    expect(new Set(named)).toEqual(new Set(["check", ...OPTION_NAMES]));
  });

  test.each([
    ["--port", "70000"],
    ["--port", "1e3"],
    ["--port", ""],
    ["--backend", "cuda"],
    ["--threads", "-1"],
    ["--allow-origin", "lab.example"],
    ["--allow-origin", "https://lab.example/page"],
    ["--allow-origin", "file:///x"],
    ["--allow-host", "https://lab.example"],
    ["--allow-host", "lab.example:8080"],
    ["--next", "second:8080"],
    ["--next", "http://second/?a=b"],
    ["--max-sessions-per-address", "0"],
    ["--share-prefixes", "-1"],
    ["--redis", "localhost:6379"],
    ["--redis", "redis://localhost", "--port", "0"],
    ["--advertise", "here"],
    ["--upstream", "ftp://models.example"],
    ["--upstream", "https://models.example/v1?key=x"],
    ["--cert", "only.pem"],
    ["--access-token", ""],
    ["--log-level", "loud"],
    ["--colour", "red"],
    ["stray"],
  ])("%s %s is refused in a sentence", (...argv) => {
    const read = readOptions(argv);
    expect(read.kind).toBe("wrong");
    expect(read.kind === "wrong" && read.sentence).toMatch(/^[-A-Z].*/);
  });
});
