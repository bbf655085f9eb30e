/** Name, the ways to the views, and how much and in which light they are shown. */
import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { VIEWS } from "#core/run/config/address.ts";
import { SCREEN } from "../control/routing.ts";
import { useFacts, useLab } from "../lab.ts";
import { useExpert } from "./level.ts";
import { ROOMS, type Room } from "./rooms.tsx";
import { useView, ViewLink } from "./view-link.tsx";
import css from "./top-bar.module.css";

export function TopBar() {
  const home = useView(SCREEN);
  const expert = useExpert();
  const atHome = useFacts("page", (facts) => facts.experiment === null && facts.view === null && !facts.demo);
  return (
    <section className={css["top"]} aria-label="Cutlayer">
      <a className={css["mark"]} {...home} aria-current={atHome ? "page" : undefined} data-testid="home">
        <Mark />
        <span>Cutlayer</span>
      </a>
      <nav className={css["views"]} data-many={expert} aria-label="Views">
        <ViewLink to={SCREEN} current={atHome} testId="open-try">
          Try
        </ViewLink>
        <Chapters lesson={false} name="Lab" always={expert} />
        <Rooms shown={(room) => expert && room.from === "expert"} />
        <Chapters lesson name="Lessons" always />
        <Rooms shown={(room, open) => room.from === "beginner" || (open && !(expert && room.from === "expert"))} />
      </nav>
      <div className={css["how"]}>
        <LevelSwitch />
        <SchemeToggle />
      </div>
    </section>
  );
}

function Rooms({ shown }: { readonly shown: (room: Room, open: boolean) => boolean }) {
  const view = useFacts("page", (facts) => facts.view);
  return VIEWS.filter((each) => shown(ROOMS[each], view === each)).map((each) => (
    <ViewLink key={each} to={{ ...SCREEN, view: each }} current={view === each} testId={`open-${each}`}>
      {ROOMS[each].name}
    </ViewLink>
  ));
}

/** Everything, or what a newcomer needs. */
function LevelSwitch() {
  const { stores } = useLab();
  const expert = useExpert();
  return (
    <button
      type="button"
      role="switch"
      aria-checked={expert}
      className={css["level"]}
      data-testid="level"
      onClick={() => stores.page.setState({ level: expert ? "beginner" : "expert" })}
    >
      <i aria-hidden />
      Show <span>everything</span>
      <span>all</span>
    </button>
  );
}

interface ChaptersProps {
  readonly lesson: boolean;
  readonly name: string;
  /** And not only while one of them is open. */
  readonly always: boolean;
}

/** To the experiments, or the lessons: to the chapter that was open last. */
function Chapters({ lesson, name, always }: ChaptersProps) {
  const chosen = useFacts("page", (facts) => facts.experiment);
  const open = useFacts(
    "page",
    ({ experiment, view, ...facts }) => experiment !== null && view === null && facts.lesson === lesson,
  );
  if (!always && !open) return null;
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
    <button
      type="button"
      className={css["scheme"]}
      aria-label={other === "dark" ? "Dark theme" : "Light theme"}
      title={other === "dark" ? "Dark theme" : "Light theme"}
      onClick={() => setColorScheme(other)}
      data-testid="scheme"
    >
      <svg viewBox="0 0 24 24" aria-hidden>
        <circle cx="12" cy="12" r="9" fill="none" stroke="currentcolor" strokeWidth="2" />
        <path d="M12 3a9 9 0 0 1 0 18z" fill="currentcolor" />
      </svg>
    </button>
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
