/** Prompts that were tried on the house models, one press each. */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { loadDemoPrompts, type DemoPrompt } from "../../device/demo-prompts.ts";
import { useFacts, useLab } from "../../lab.ts";
import { useExpert } from "../level.ts";
import css from "./ask.module.css";

export const DEMO_PROMPTS = "demo-prompts";
/** What a newcomer chooses from; any of them knows the model's ground. */
const FEW = 4;

export function DemoPrompts() {
  const { stores } = useLab();
  const draft = useFacts("conversation", (facts) => facts.draft);
  const [prompts, setPrompts] = useState<readonly DemoPrompt[]>([]);
  useEffect(() => {
    void loadDemoPrompts().then(setPrompts);
  }, []);
  const expert = useExpert();
  const chosen = prompts.find((each) => each.prompt === draft);
  return (
    <fieldset id={DEMO_PROMPTS} className={css["prompts"]} data-few={!expert} aria-label="Prompts to try">
      {(expert ? prompts : prompts.slice(0, FEW)).map((each) => (
        <Button
          key={each.id}
          size="compact-sm"
          variant={each === chosen ? "filled" : "default"}
          aria-pressed={each === chosen}
          onClick={() => stores.conversation.setState({ draft: each.prompt })}
        >
          {each.title}
        </Button>
      ))}
    </fieldset>
  );
}
