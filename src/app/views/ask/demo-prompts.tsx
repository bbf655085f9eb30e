/** Prompts that were tried on the house models, one press each. */
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { loadDemoPrompts, type DemoPrompt } from "../../device/demo-prompts.ts";
import { useFacts, useLab } from "../../lab.ts";
import css from "./ask.module.css";

export const DEMO_PROMPTS = "demo-prompts";

export function DemoPrompts() {
  const { stores } = useLab();
  const draft = useFacts("conversation", (facts) => facts.draft);
  const [prompts, setPrompts] = useState<readonly DemoPrompt[]>([]);
  useEffect(() => {
    void loadDemoPrompts().then(setPrompts);
  }, []);
  const chosen = prompts.find((each) => each.prompt === draft);
  return (
    <fieldset id={DEMO_PROMPTS} className={css["prompts"]} aria-label="Prompts to try">
      {prompts.map((each) => (
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
