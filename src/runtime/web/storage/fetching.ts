/** The part of `fetch` that this layer uses, so that tests can be the network. */
import type { Failure } from "#core/run/failure.ts";

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** As `fetch`, with the access token that `token` has at the time; without one as it is. */
export const bearing =
  (fetch: Fetch, token: () => string | undefined): Fetch =>
  (url, init = {}) => {
    const given = token();
    const headers = given === undefined ? {} : { headers: { ...headersOf(init), Authorization: `Bearer ${given}` } };
    return fetch(url, { ...init, ...headers });
  };

const headersOf = ({ headers }: RequestInit): Readonly<Record<string, string>> =>
  Object.fromEntries(new Headers(headers ?? {}).entries());

/** Why a server that asks for a token says no. */
export const deniedBy = (status: number): Failure | null =>
  status === 401
    ? { code: "access-denied", why: "this edge server gives its models to those who have its access token" }
    : null;

/** The browser's own, called as it insists on being called. */
export const webFetch: Fetch = (url, init) => globalThis.fetch(url, init);
