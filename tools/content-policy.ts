/**
 * What the page's own documents may load and run, written into the built page: there a static host
 * has it like the edge server. Scripts are this site's files, and the few lines that stand in the
 * document itself, by their hash; nothing that was put into the page as text runs.
 */
import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/** Styles in elements are what Mantine and the charts place things with. A run may name an edge server anywhere. */
export const contentPolicy = (html: string): string =>
  [
    "default-src 'self'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...inlineScripts(html).map((text) => `'sha256-${sha256(text)}'`)].join(
      " ",
    ),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "connect-src 'self' http: https: ws: wss: data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");

const inlineScripts = (html: string): readonly string[] =>
  [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => text);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64");

export const writesContentPolicy = (): Plugin => ({
  name: "content-policy",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (html) => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: contentPolicy(html) },
        injectTo: "head-prepend",
      },
    ],
  },
});
