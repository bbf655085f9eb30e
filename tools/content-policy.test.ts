import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { contentPolicy } from "./content-policy.ts";

test("a script that stands in the page runs by its hash, and no other does", () => {
  const script = "\n  go();\n";
  const policy = contentPolicy(`<head><script>${script}</script><script type="module" src="/a.js"></script></head>`);
  const scripts = policy.split("; ").find((rule) => rule.startsWith("script-src"));
  const hash = createHash("sha256").update(script).digest("base64");
  expect(scripts).toBe(`script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'`);
  expect(policy).toContain("object-src 'none'");
});
