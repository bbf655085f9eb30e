/**
 * An address is data, never a command to others: whatever it says of a server elsewhere, nothing is
 * sent there before somebody presses the button that names it.
 */
import { createServer, type Server } from "node:http";
import { expect, test, type Page } from "@playwright/test";
import { openLab, ready, visit } from "./lab.ts";
import { SPARE_PORT, TEST_URL } from "./servers.ts";

const HOST = `127.0.0.1:${SPARE_PORT}`;
const SECRET = "Please+book+a+table+at+Zanzibar";
const own = new URL(TEST_URL).host;

/** Counts connections, not requests: a handshake would tell already that somebody is there. */
let listener: Server;
let connections = 0;
const paths: string[] = [];

test.beforeAll(async () => {
  listener = createServer((request, response) => {
    paths.push(request.url ?? "");
    response.writeHead(404, { "access-control-allow-origin": "*" }).end();
  });
  listener.on("connection", () => connections++);
  await new Promise<void>((resolve) => listener.listen(SPARE_PORT, "127.0.0.1", resolve));
});
test.afterAll(() => void listener.close());
test.beforeEach(() => {
  connections = 0;
  paths.length = 0;
});

const HOSTILE = [
  `edge=http://${HOST}&run=1&prompt=${SECRET}`,
  `run=1&edge=http://${HOST}&mode=edge-only&prompt=${SECRET}`,
  `edge=ws://${HOST}&run=1&prompt=${SECRET}`,
  `edge=HTTP://${HOST}&run=1&prompt=${SECRET}`,
  `edge=http://${own}@${HOST}&run=1&prompt=${SECRET}`,
  `edge=http://localhost:${SPARE_PORT}&run=1&prompt=${SECRET}`,
  `%65dge=http://${HOST}&run=1&prompt=${SECRET}`,
  `edge=http://${HOST}/&access=open-sesame&run=1&prompt=${SECRET}`,
  `access=open-sesame&edge=http://${HOST}&mode=speculative&run=1&prompt=${SECRET}`,
  `path=4,12@http://${HOST}&run=1&prompt=${SECRET}`,
  `path=4,8@http://${own},12@http://${HOST}&run=1&prompt=${SECRET}`,
  `path=4,8@http://${HOST}/f32,12@http://${HOST}&run=1&access=x&prompt=${SECRET}`,
  `edge=http://${HOST}&experiment=where-to-cut&run=1`,
  `edge=http://${HOST}&mode=auto&run=1&prompt=${SECRET}`,
];

test.describe("nothing goes elsewhere by itself", () => {
  /** One for all: loading it anew takes a third of what opening another does. */
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await browser.newPage();
  });
  test.afterAll(() => page.close());

  for (const [nth, address] of HOSTILE.entries())
    // A title is the same in every worker, a port is not.
    test(`#${address.replaceAll(String(SPARE_PORT), "PORT")}`, async () => {
      await openLab(page, `/?${nth}`, address); // another document each time
      await expect(page.getByTestId("elsewhere")).toContainText(`:${SPARE_PORT}`);
      await page.waitForTimeout(700);
      expect(await page.getByTestId("stop").count(), "nothing runs").toBe(0);
      expect(connections, paths.join(" ")).toBe(0);
    });
});

test("a run that is started by hand meanwhile goes to the page's own edge", async ({ page }) => {
  await openLab(page, "/", `edge=http://${HOST}&cut=4&maxTokens=3&prompt=${SECRET}&access=open-sesame`);
  await page.getByTestId("run").click();
  await expect(page.getByTestId("verdict")).toContainText("a token", { timeout: 30_000 });
  expect(connections).toBe(0);
});

test("the button that names the server is what opens it, once and for this address only", async ({ page }) => {
  await openLab(page, "/", `edge=http://${HOST}&cut=4`);
  await page.getByRole("button", { name: `Use http://${HOST}` }).click();
  await expect.poll(() => connections).toBeGreaterThan(0);
  await expect(page.getByTestId("elsewhere")).toHaveCount(0);
  const before = connections;
  await visit(page, "/", `edge=http://${HOST}&cut=5&run=1&prompt=${SECRET}`);
  await expect(page.getByTestId("elsewhere")).toBeVisible();
  expect(connections, "another link asks again").toBe(before);
});

test("going on without it takes it out of the address", async ({ page }) => {
  await openLab(page, "/", `edge=http://${HOST}&cut=4`);
  await page.getByTestId("stay-here").click();
  await expect(page.getByTestId("elsewhere")).toHaveCount(0);
  expect(page.url()).not.toContain(String(SPARE_PORT));
  await page.reload();
  await ready(page);
  expect(connections).toBe(0);
});
