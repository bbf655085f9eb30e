/** The part of `fetch` that this layer uses, so that tests can be the network. */

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The browser's own, called as it insists on being called. */
export const webFetch: Fetch = (url, init) => globalThis.fetch(url, init);
