/** Everything else that a run can vary, each with its unit. */
import { NativeSelect, Switch, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { BACKENDS, EXITS, OBJECTIVES, type Backend, type ExitChoice } from "#core/run/config.ts";
import { LOOKUP } from "#core/speculation/lookup.ts";
import { allPolicies } from "#core/speculation/policies/registry.ts";
import { allRules } from "#core/speculation/rules/registry.ts";
import { useFacts, useLab } from "../../lab.ts";
import type { Settings } from "../../stores/settings.ts";
import { namedIn } from "./choices.ts";
import { NumberField } from "./number-field.tsx";
import { Words } from "../term/words.tsx";
import css from "./toolbar.module.css";

type NumberKey = { [K in keyof Settings]-?: Settings[K] extends number ? K : never }[keyof Settings];

interface Field {
  readonly key: NumberKey;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const SAMPLING: readonly Field[] = [
  { key: "maxTokens", label: "Tokens at most", min: 1, max: 4096, step: 1 },
  { key: "temperature", label: "Temperature, 0 is greedy", min: 0, max: 5, step: 0.1 },
  { key: "topK", label: "Top-k, 0 keeps all", min: 0, max: 1_000_000, step: 1 },
  { key: "topP", label: "Top-p, 1 keeps all", min: 0.01, max: 1, step: 0.05 },
  { key: "seed", label: "Seed", min: 0, max: 4_294_967_295, step: 1 },
];
const DRAFTING: readonly Field[] = [
  { key: "windows", label: "Windows in flight", min: 1, max: 8, step: 1 },
  { key: "threshold", label: "Sure enough to skip the edge, cooperative", min: 0, max: 1, step: 0.05 },
];
const TIERS: readonly Field[] = [
  { key: "threads", label: "Wasm threads, 0 chooses", min: 0, max: 64, step: 1 },
  { key: "tail", label: "Tail blocks, u-split", min: 1, max: 64, step: 1 },
  { key: "edgeLoad", label: "Edge\u2019s pass repeated, times", min: 1, max: 64, step: 1 },
  { key: "clients", label: "Clients, all but one simulated", min: 1, max: 64, step: 1 },
];
const PLANNER: readonly Field[] = [
  { key: "maxTpotMs", label: "ms a token at most, 0 any", min: 0, max: 100_000, step: 10 },
  { key: "maxDeviceMb", label: "MB in this tab at most, 0 any", min: 0, max: 100_000, step: 10 },
  { key: "minDeviceBlocks", label: "Blocks kept here at least", min: 0, max: 1000, step: 1 },
  { key: "maxEdgeKvMb", label: "MB of KV cache at the edge at most, 0 any", min: 0, max: 100_000, step: 1 },
  { key: "busyClients", label: "Others at the edge", min: 0, max: 1000, step: 1 },
];

const LENGTHS = Array.from({ length: 12 }, (_, at) => String(at + 1));
const lengthOf = (text: string): number | string => (LENGTHS.includes(text) ? Number(text) : text);

const EXIT_NAMES: Readonly<Record<ExitChoice, string>> = {
  trained: "trained, where the model has one",
  own: "the model's own norm and head",
};

const LINK_FIELDS = [
  ["uplinkMbps", "Up, Mbit/s, 0 unshaped"],
  ["downlinkMbps", "Down, Mbit/s, 0 unshaped"],
  ["rttMs", "RTT, ms"],
  ["jitterMs", "Jitter, ms"],
  ["loss", "Loss, share of packets"],
] as const;

export default function MoreSettings() {
  const { actions } = useLab();
  const settings = useFacts("settings", (facts) => facts);
  const models = useFacts("engine", (facts) => facts.models);
  const drafts = [...new Set([settings.draftModel, ...models.map(({ name }) => name), LOOKUP])].map((value) => ({
    value,
    label: value === LOOKUP ? "None: looked up in the text" : value,
  }));
  const custom = typeof settings.link === "string" ? null : settings.link;
  const numbers = (fields: readonly Field[]) =>
    fields.map(({ key, label, min, max, step }) => (
      <NumberField
        key={key}
        label={label}
        min={min}
        max={max}
        step={step}
        value={settings[key]}
        onChoose={(value) => actions.choose({ [key]: value })}
      />
    ));
  return (
    <div className={css["more"]} data-testid="more-settings">
      <Group name="Sampling">{numbers(SAMPLING)}</Group>
      <Group name="Drafting, where a strategy drafts">
        <NativeSelect
          {...explained("Draft model")}
          data-testid="draft-model"
          value={settings.draftModel}
          data={drafts}
          onChange={(event) => actions.choose({ draftModel: event.currentTarget.value })}
        />
        <NativeSelect
          {...explained("Draft length")}
          data-testid="draft-length"
          value={String(settings.draftLength)}
          data={[...LENGTHS, ...allPolicies().map(({ name }) => namedIn("policy", name))]}
          onChange={(event) => actions.choose({ draftLength: lengthOf(event.currentTarget.value) })}
        />
        <NativeSelect
          {...explained("Verification rule")}
          value={settings.verify}
          data-testid="verify"
          data={allRules().map(({ name }) => namedIn("rule", name))}
          onChange={(event) => actions.choose({ verify: event.currentTarget.value })}
        />
        <NativeSelect
          {...explained("Exit, split speculation")}
          data-testid="exit"
          value={settings.exit}
          data={EXITS.map((exit) => ({ value: exit, label: EXIT_NAMES[exit] }))}
          onChange={(event) =>
            actions.choose({ exit: EXITS.find((exit) => exit === event.currentTarget.value) ?? "trained" })
          }
        />
        {numbers(DRAFTING)}
      </Group>
      <Group name="This tab and the edge">
        <NativeSelect
          {...explained("Engine of this tab")}
          value={settings.backend}
          data={[...BACKENDS]}
          onChange={(event) => actions.choose({ backend: asBackend(event.currentTarget.value) })}
        />
        {numbers(TIERS)}
        <TextInput
          label="Edge server, if another"
          placeholder="https://edge.example:8080"
          defaultValue={settings.edge ?? ""}
          onBlur={(event) => actions.chooseEdge(event.currentTarget.value.trim())}
          onKeyDown={(event) => event.key === "Enter" && actions.chooseEdge(event.currentTarget.value.trim())}
        />
        <Switch
          label={<Words>KV cache</Words>}
          checked={settings.kvCache}
          onChange={(event) => actions.choose({ kvCache: event.currentTarget.checked })}
        />
      </Group>
      <Group name="Planner, under the strategy Planned">
        <NativeSelect
          label="Aims at"
          data-testid="objective"
          value={settings.objective}
          data={OBJECTIVES.map((value) => ({ value, label: value.replaceAll("-", " ") }))}
          onChange={(event) =>
            actions.choose({ objective: OBJECTIVES.find((each) => each === event.currentTarget.value) ?? "least-time" })
          }
        />
        {numbers(PLANNER)}
      </Group>
      <Group name="Link">
        {custom !== null &&
          LINK_FIELDS.map(([key, label]) => (
            <NumberField
              key={key}
              label={label}
              min={0}
              max={key === "loss" ? 0.99 : 1_000_000}
              fractions
              value={custom[key]}
              onChoose={(value) => actions.choose({ link: { ...custom, [key]: value } })}
            />
          ))}
        <label className={css["file"]}>
          Replay a recorded link: CSV or Mahimahi
          <input
            type="file"
            data-testid="trace-file"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file !== undefined) void file.text().then((source) => actions.chooseTrace(file.name, source));
            }}
          />
        </label>
      </Group>
    </div>
  );
}

function Group({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <fieldset className={css["group"]}>
      <legend>
        <Words>{name}</Words>
      </legend>
      {children}
    </fieldset>
  );
}

/** A label whose words explain themselves: one of them may be a button, which a label would press. */
const explained = (label: string) =>
  ({ label: <Words>{label}</Words>, labelProps: { labelElement: "div" }, "aria-label": label }) as const;

const asBackend = (value: string): Backend => BACKENDS.find((backend) => backend === value) ?? "auto";
