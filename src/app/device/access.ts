/**
 * Access tokens of edge servers that ask for one. A token comes once in the address (`#access=…`)
 * or is typed in, is kept for as long as this tab lives, and goes to the device beside the config:
 * it is no key of it, so no record, export or shared address can hold one. Each is kept for the
 * edge it was given for, and goes to no other that a link may name.
 */
import type { DeviceApi } from "#core/run/worker-api.ts";

export interface AccessTokens {
  /** `edge` as the config has it; undefined is the server of the page. */
  of(edge: string | undefined): string | undefined;
  keep(edge: string | undefined, token: string): void;
}

/** `storage` is null where the browser refuses one: then tokens last until the page is reloaded. */
export function createAccessTokens(storage: Pick<Storage, "getItem" | "setItem"> | null): AccessTokens {
  const kept = new Map<string, string>();
  const key = (edge: string | undefined): string => `cutlayer.access ${edge ?? ""}`;
  return {
    of: (edge) => kept.get(key(edge)) ?? storage?.getItem(key(edge)) ?? undefined,
    keep(edge, token) {
      kept.set(key(edge), token);
      storage?.setItem(key(edge), token);
    },
  };
}

/** A hash without its `access=`, and what that said; null when it said nothing. */
export function takeAccess(hash: string): { readonly hash: string; readonly token: string | null } {
  const parts = hash.replace(/^#/, "").split("&");
  const others = parts.filter((part) => !part.startsWith("access="));
  const token = new URLSearchParams(parts.find((part) => part.startsWith("access="))).get("access");
  const rest = others.join("&");
  return { hash: rest === "" ? "" : `#${rest}`, token: token === "" ? null : token };
}

/** The device, with each request carrying the token of the edge that it names. */
export function withAccess(device: DeviceApi, tokens: AccessTokens): DeviceApi {
  const carrying = <O extends { readonly access?: string }>(options: O, edge: string | undefined): O => {
    const access = options.access ?? tokens.of(edge);
    return access === undefined ? options : { ...options, access };
  };
  return {
    ...device,
    models: (edge, options = {}) => device.models(edge, carrying(options, edge ?? undefined)),
    prepare: (config, onEvent, options = {}) => device.prepare(config, onEvent, carrying(options, config.edge)),
    candidates: (text, onEvent, options = {}) => device.candidates(text, onEvent, carrying(options, text.config.edge)),
    run: (config, options, onEvent) => device.run(config, carrying(options, config.edge), onEvent),
  };
}
