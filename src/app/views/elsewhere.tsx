/** What an address wants to use elsewhere, by name, before anything goes there: nothing does without the press of the button that says where. */
import { Button } from "@mantine/core";
import { useFacts, useLab } from "../lab.ts";
import css from "./page.module.css";

export function Elsewhere() {
  const { actions } = useLab();
  const origins = useFacts("page", (facts) => facts.elsewhere);
  if (origins.length === 0) return null;
  const named = origins.join(" and ");
  return (
    <div className={css["failure"]} role="alert" data-grave={false} data-testid="elsewhere">
      <div>
        <strong>This address names another server: {named}.</strong> Requests and answers would go there. Nothing has
        been sent to it.
      </div>
      <div>
        <Button size="compact-sm" onClick={() => actions.goElsewhere()} data-testid="go-elsewhere">
          Use {named}
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => actions.stayHere()} data-testid="stay-here">
          Go on without it
        </Button>
      </div>
    </div>
  );
}
