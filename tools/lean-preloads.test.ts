import { expect, test } from "vitest";
import { entriesOf } from "./lean-preloads.ts";

test("what comes with the page is all that its own script imports, and no worker's", () => {
  const bundle = {
    "index.js": { type: "chunk", isEntry: true, facadeModuleId: "/x/index.html", imports: ["a.js"] },
    "a.js": { type: "chunk", imports: ["b.js", "index.js"] },
    "b.js": { type: "chunk", imports: [] },
    "later.js": { type: "chunk", imports: ["b.js"] },
    "device.js": { type: "chunk", isEntry: true, facadeModuleId: "/x/workers/device.ts", imports: ["c.js"] },
    "c.js": { type: "chunk" },
    "index.css": { type: "asset" },
  };
  const { withPage, workers } = entriesOf(bundle);
  expect([...withPage].sort()).toEqual(["a.js", "b.js", "index.js"]);
  expect([...workers]).toEqual(["device.js"]);
});
