/** What cannot be loaded is replaced, and the page around it stays. */
import { Suspense } from "react";
import { renderToReadableStream } from "react-dom/server";
import { expect, test } from "vitest";
import { later, NotLoaded } from "./later.tsx";

async function rendered(Part: ReturnType<typeof later<object>>): Promise<string> {
  const stream = await renderToReadableStream(
    <main>
      around
      <Suspense fallback={null}>
        <Part />
      </Suspense>
    </main>,
  );
  await stream.allReady;
  return new Response(stream).text();
}

test("a part whose server is gone is said to be missing", async () => {
  const gone = later<object>(() => Promise.reject(new TypeError("Failed to fetch")), NotLoaded);
  const text = await rendered(gone);
  expect(text).toContain("around");
  expect(text).toContain("could not be loaded");
});

test("a part that is there is itself", async () => {
  const there = later<object>(() => Promise.resolve({ default: () => <b>itself</b> }), NotLoaded);
  expect(await rendered(there)).toContain("<b>itself</b>");
});
