/** The browser's name and version for a record's provenance: client hints where there are any, else the user agent. */

/** Client hints, which TypeScript's DOM library does not have: only Chromium speaks them. */
interface ClientHints {
  readonly userAgentData?: {
    readonly brands: readonly { readonly brand: string; readonly version: string }[];
    readonly platform: string;
  };
}

const AGENTS = [
  /(Firefox)\/(\d+)/,
  /(Edg)\/(\d+)/,
  /(OPR)\/(\d+)/,
  /(HeadlessChrome)\/(\d+)/,
  /(Chrome)\/(\d+)/,
  /Version\/(\d+).*(Safari)/,
] as const;

export function browserName(navigator: { readonly userAgent: string } & ClientHints): string {
  const brands = navigator.userAgentData?.brands.filter(({ brand }) => !/not.?a.?brand/i.test(brand)) ?? [];
  const brand = brands.find(({ brand }) => brand !== "Chromium") ?? brands[0];
  const platform = navigator.userAgentData?.platform ?? /\(([^;)]+)/.exec(navigator.userAgent)?.[1] ?? "";
  const name = brand !== undefined ? `${brand.brand} ${brand.version}` : fromAgent(navigator.userAgent);
  return platform === "" ? name : `${name}, ${platform}`;
}

function fromAgent(agent: string): string {
  const found = AGENTS.map((pattern) => pattern.exec(agent)).find((match) => match !== null);
  if (found === undefined || found === null) return agent;
  const [first = "", second = ""] = found.slice(1);
  return /^\d/.test(first) ? `${second} ${first}` : `${first} ${second}`;
}
