/** Name, and the way to what is not on the one screen. */
import { Button, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useFacts, useLab } from "../lab.ts";
import type { Panel } from "../stores/page.ts";
import css from "./page.module.css";

const PANELS: readonly (readonly [Panel, string])[] = [
  ["preflight", "Preflight"],
  ["plan", "Plan"],
  ["frames", "Frames"],
  ["record", "Record"],
  ["share", "Share"],
];

export function TopBar() {
  const { stores } = useLab();
  return (
    <section className={css["top"]} aria-label="Cutlayer">
      <span className={css["mark"]}>
        <Mark />
        Cutlayer <small>a split-inference lab in the browser</small>
      </span>
      <nav className={css["tools"]} aria-label="Panels">
        <Chapters lesson={false} name="Experiments" />
        <Chapters lesson name="Lessons" />
        {PANELS.map(([panel, name]) => (
          <Button
            key={panel}
            size="compact-sm"
            variant="subtle"
            aria-haspopup="dialog"
            data-testid={`open-${panel}`}
            onClick={() => stores.page.setState({ panel })}
          >
            {name}
          </Button>
        ))}
        <SchemeToggle />
      </nav>
    </section>
  );
}

/** To the experiments and back to the one screen. */
function Chapters({ lesson, name }: { readonly lesson: boolean; readonly name: string }) {
  const { stores } = useLab();
  const chosen = useFacts("page", (facts) => facts.experiment);
  const open = useFacts("page", (facts) => facts.experiment !== null && facts.lesson === lesson);
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      aria-pressed={open}
      data-testid={lesson ? "open-lessons" : "open-experiments"}
      onClick={() => stores.page.setState({ experiment: open ? null : (chosen ?? ""), lesson })}
    >
      {name}
    </Button>
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <Button size="compact-sm" variant="subtle" onClick={() => setColorScheme(other)} data-testid="scheme">
      {other === "dark" ? "Dark" : "Light"}
    </Button>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden>
      <path d="M1 4h4v16H1zM6.500 4h4v16h-4z" fill="var(--part-device)" />
      <path d="M15.500 4h3v16h-3zM20 4h3v16h-3z" fill="var(--part-edge)" />
      <path d="M13 1v22" stroke="var(--ink)" strokeWidth="1.6" />
    </svg>
  );
}
