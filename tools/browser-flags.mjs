/**
 * Flags for a headless Chromium that tests, records or measures: WebGPU on, nothing fetched in the
 * background. The adapter is SwiftShader, which computes on the CPU; CUTLAYER_GPU=1 takes the
 * machine's own GPU.
 */
export const BROWSER_FLAGS = /** @type {readonly string[]} */ ([
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  ...(process.env["CUTLAYER_GPU"] === "1" ? [] : ["--use-webgpu-adapter=swiftshader"]),
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]);
