/** The links that can be chosen: presets, the recorded day, figures of one's own, and whatever the address named. */
import { LINK_PRESETS } from "#core/link/presets.ts";
import { linkOf } from "../../derive/link-facts.ts";
import { useFacts } from "../../lab.ts";
import { CUSTOM } from "./choices.ts";

const PRESETS = LINK_PRESETS.map(({ name, label }) => ({ value: name, label }));
const LINKS = {
  presets: PRESETS,
  all: [
    ...PRESETS,
    { value: "trace:synthetic-day", label: "Trace: a synthetic day" },
    { value: CUSTOM, label: "Custom" },
  ],
} as const;

interface LinkChoices {
  readonly value: string;
  readonly data: { readonly value: string; readonly label: string }[];
}

/** The chosen one is always among them. */
export function useLinkChoices(which: keyof typeof LINKS): LinkChoices {
  const link = useFacts("settings", (facts) => facts.link);
  const { name } = linkOf(link);
  const value = typeof link === "string" ? link : CUSTOM;
  const listed = LINKS[which].some((each) => each.value === value);
  return { value, data: [...LINKS[which], ...(listed ? [] : [{ value, label: name }])] };
}
