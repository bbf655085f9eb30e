/** Comlink ships its Node adapter as `.mjs` with types beside it that only the `.js` name would find. */
declare module "comlink/dist/esm/node-adapter.mjs" {
  export { default } from "comlink/dist/esm/node-adapter";
}
