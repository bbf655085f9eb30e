/** The cut under the hand: pointer and handle stay together, whatever points, whichever way, over every link. */
import { expect, test, type CDPSession, type Page } from "@playwright/test";
import { LINK_PRESETS } from "#core/link/presets.ts";
import { openLab } from "./lab.ts";

test.use({ contextOptions: { reducedMotion: "no-preference" } });

const address = (link: string, cut = 4): string =>
  `mode=split&model=concierge-10m&cut=${cut}&codec=f16&backend=wasm&link=${link}`;

interface Hand {
  down(x: number, y: number): Promise<unknown>;
  move(x: number, y: number): Promise<unknown>;
  up(): Promise<unknown>;
}

const mouse = ({ mouse: each }: Page): Hand => ({
  down: async (x, y) => {
    await each.move(x, y);
    await each.down();
  },
  move: (x, y) => each.move(x, y),
  up: () => each.up(),
});

const touch = (session: CDPSession): Hand => ({
  down: (x, y) => session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] }),
  move: (x, y) => session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x, y }] }),
  up: () => session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] }),
});

const pen = (session: CDPSession): Hand => {
  const last = { x: 0, y: 0 };
  const send = (type: "mouseMoved" | "mousePressed" | "mouseReleased", x: number, y: number): Promise<unknown> => {
    Object.assign(last, { x, y });
    const held = type === "mouseReleased" ? 0 : 1;
    return session.send("Input.dispatchMouseEvent", { type, x, y, button: "left", buttons: held, pointerType: "pen" });
  };
  return {
    down: (x, y) => send("mousePressed", x, y),
    move: (x, y) => send("mouseMoved", x, y),
    up: () => send("mouseReleased", last.x, last.y),
  };
};

const HANDS: Readonly<Record<string, (page: Page) => Promise<Hand>>> = {
  mouse: (page) => Promise.resolve(mouse(page)),
  touch: async (page) => touch(await page.context().newCDPSession(page)),
  pen: async (page) => pen(await page.context().newCDPSession(page)),
};

interface Seen {
  /** The handle's middle, in the strip's direction. */
  readonly at: number;
  readonly cut: number;
  readonly text: string;
  readonly smallestBlock: number;
}

/** What is drawn one frame after what was done. */
const seen = (page: Page, upright: boolean): Promise<Seen> =>
  page.evaluate(async (standing) => {
    await new Promise(requestAnimationFrame);
    const size = (box: DOMRect): number => (standing ? box.height : box.width);
    const handle = document.querySelector("[data-testid='cut-handle']");
    const foot = document.querySelector<HTMLElement>("[data-testid='cut-foot']");
    if (handle === null || foot === null) throw new Error("no strip");
    const box = handle.getBoundingClientRect();
    const blocks = [...document.querySelectorAll("[data-kind='block']")];
    return {
      at: (standing ? box.top : box.left) + size(box) / 2,
      cut: Number(handle.getAttribute("aria-valuenow")),
      text: foot.innerText,
      smallestBlock: Math.min(...blocks.map((block) => size(block.getBoundingClientRect()))),
    };
  }, upright);

/** Drags the handle in steps of `pixels` until it has come so far, and looks at every step. */
async function drag(page: Page, hand: Hand, upright: boolean, to: number, pixels: number): Promise<void> {
  // What was let go comes to rest at its stop.
  await page.getByTestId("strip").evaluate(async (strip) => {
    await Promise.allSettled(strip.getAnimations({ subtree: true }).map(({ finished }) => finished));
  });
  const box = await page.getByTestId("cut-handle").boundingBox();
  if (box === null) throw new Error("no handle");
  // Held beside its middle, where a hand holds it.
  const [x, y] = [box.x + box.width * (upright ? 0.8 : 0.7), box.y + box.height * (upright ? 0.7 : 0.8)];
  const offset = (upright ? y - box.height / 2 - box.y : x - box.width / 2 - box.x) || 0;
  await hand.down(x, y);
  const from = upright ? y : x;
  const toward = Math.sign(to - from);
  const texts = new Map<number, string>();
  for (let at = from; toward * (to - at) > 0; at += toward * pixels) {
    await (upright ? hand.move(x, at) : hand.move(at, y));
    const now = await seen(page, upright);
    const apart = Math.abs(at - offset - now.at);
    expect(apart, `cut ${now.cut}: pointer at ${at}, handle at ${now.at}`).toBeLessThan(now.smallestBlock / 2);
    texts.set(now.cut, now.text);
  }
  await hand.up();
  expect(texts.size, "it went past several cuts").toBeGreaterThan(4);
  for (const [cut, text] of texts) if (cut >= 0 && cut <= 12) expect(text).toContain(`Cut after ${cut} of 12`);
}

/** Both ways between the places of the first and the last cut but one. */
async function bothWays(page: Page, hand: Hand, upright: boolean, pixels: number): Promise<void> {
  const strip = await page.getByTestId("strip").boundingBox();
  const gap = await page.getByTestId("link-gap").boundingBox();
  if (strip === null || gap === null) throw new Error("no strip");
  const [start, length, width] = upright ? [strip.y, strip.height, gap.height] : [strip.x, strip.width, gap.width];
  const room = length - width;
  await drag(page, hand, upright, start + room * 0.78, pixels);
  await drag(page, hand, upright, start + room * 0.24, pixels);
}

for (const [name, handOf] of Object.entries(HANDS))
  test.describe(`the cut under a ${name}`, () => {
    test.use({ hasTouch: name === "touch" });
    test("pointer and handle stay together at 390, 1440 and 1920 px, over 5G and loopback", async ({ page }) => {
      await openLab(page, "/", address("5g"));
      const hand = await handOf(page);
      for (const width of [390, 1440, 1920]) {
        await page.setViewportSize({ width, height: 1080 });
        await page.getByTestId("strip").scrollIntoViewIfNeeded();
        for (const link of ["5g", "loopback"]) {
          await page.getByTestId("link").selectOption(link);
          await bothWays(page, hand, width < 768, width < 768 ? 5 : 23);
        }
      }
    });
  });

test("pointer and handle stay together over every link of the list", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openLab(page, "/", address("loopback"));
  for (const { name } of LINK_PRESETS) {
    await page.getByTestId("link").selectOption(name);
    await bothWays(page, mouse(page), false, 61);
  }
});

test("dragged past its ends the handle waits there, and what is let go stands at a stop", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openLab(page, "/", address("5g"));
  const handle = page.getByTestId("cut-handle");
  const box = await handle.boundingBox();
  if (box === null) throw new Error("no handle");
  await page.mouse.move(box.x + 14, box.y + 90);
  await page.mouse.down();
  await page.mouse.move(1439, box.y + 90, { steps: 6 });
  await expect(handle).toHaveAttribute("aria-valuetext", /this tab runs the whole model/);
  await page.mouse.move(1, box.y + 90, { steps: 6 });
  await expect(handle).toHaveAttribute("aria-valuetext", /the edge server runs the whole model/);
  await page.mouse.move(box.x + 14, box.y + 90, { steps: 6 });
  await page.mouse.up();
  await expect(handle).toHaveAttribute("aria-valuenow", "4");
  await expect
    .poll(async () => Math.abs(((await handle.boundingBox())?.x ?? 0) - box.x), {
      message: "it comes back to where it was",
    })
    .toBeLessThan(1);
});

test("with the forecast there, each cut on the way says its own", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openLab(page, "/", address("5g"));
  const forecast = page.getByTestId("forecast");
  await expect(forecast).toContainText("Modelled");
  const handle = await page.getByTestId("cut-handle").boundingBox();
  if (handle === null) throw new Error("no handle");
  const y = handle.y + 90;
  await page.mouse.move(handle.x + 14, y);
  await page.mouse.down();
  const said = new Map<number, string>();
  for (let x = handle.x + 14; x < handle.x + 320; x += 16) {
    await page.mouse.move(x, y);
    const { cut } = await seen(page, false);
    said.set(cut, (await forecast.innerText()).split(" a token")[0] ?? "");
  }
  await page.mouse.up();
  expect(said.size).toBeGreaterThan(4);
  expect(new Set(said.values()).size, [...said.values()].join("; ")).toBeGreaterThan(2);
});
