/** Name, and the way to what is not on the one screen. */
import { Button, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { VIEWS, type Panel } from "#core/run/config/address.ts";
import { SCREEN } from "../control/routing.ts";
import { useFacts, useLab } from "../lab.ts";
import { ROOMS } from "./rooms.tsx";
import { useView, ViewLink } from "./view-link.tsx";
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
  const home = useView(SCREEN);
  const atHome = useFacts("page", (facts) => facts.experiment === null && facts.view === null && !facts.demo);
  const panelOpen = useFacts("page", (facts) => facts.panel);
  return (
    <section className={css["top"]} aria-label="Cutlayer">
      <a className={css["mark"]} {...home} aria-current={atHome ? "page" : undefined} data-testid="home">
        <Mark />
        Cutlayer <small>a split-inference lab in the browser</small>
      </a>
      <nav className={css["tools"]} aria-label="Panels">
        <ViewLink to={SCREEN} current={atHome} testId="open-try">
          Try
        </ViewLink>
        <Chapters lesson={false} name="Lab" />
        <Chapters lesson name="Lessons" />
        <Rooms />
        {PANELS.map(([panel, name]) => (
          <Button
            key={panel}
            size="compact-sm"
            variant="subtle"
            aria-haspopup="dialog"
            aria-expanded={panelOpen === panel}
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

function Rooms() {
  const view = useFacts("page", (facts) => facts.view);
  return VIEWS.map((each) => {
    const { name } = ROOMS[each];
    return (
      name !== null && (
        <ViewLink key={each} to={{ ...SCREEN, view: each }} current={view === each} testId={`open-${each}`}>
          {name}
        </ViewLink>
      )
    );
  });
}

/** To the experiments, or the lessons: to the chapter that was open last. */
function Chapters({ lesson, name }: { readonly lesson: boolean; readonly name: string }) {
  const chosen = useFacts("page", (facts) => facts.experiment);
  const open = useFacts(
    "page",
    ({ experiment, view, ...facts }) => experiment !== null && view === null && facts.lesson === lesson,
  );
  return (
    <ViewLink
      to={{ ...SCREEN, experiment: chosen ?? "", lesson }}
      current={open}
      testId={lesson ? "open-lessons" : "open-experiments"}
    >
      {name}
    </ViewLink>
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
