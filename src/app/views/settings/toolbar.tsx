/** How the next run goes: strategy, model, codec and link; the rest behind "More settings". */
import { Button, NativeSelect } from "@mantine/core";
import { Suspense } from "react";
import { allCodecs } from "#core/codec/registry.ts";
import { modeName } from "../../derive/lane-text.ts";
import { parameters } from "../../format/units.ts";
import { useFacts, useLab } from "../../lab.ts";
import { LinkSources } from "./link-sources.tsx";
import { MODE_CHOICES, namedIn } from "./choices.ts";
import { useLinkChoices } from "./link-choices.ts";
import { later, NotLoaded } from "../later.tsx";
import { Term } from "../term/term.tsx";
import css from "./toolbar.module.css";

const MoreSettings = later(() => import("./more-settings.tsx"), NotLoaded);

export function Toolbar() {
  const { actions, stores } = useLab();
  const settings = useFacts("settings", (facts) => facts);
  const links = useLinkChoices("all");
  const models = useFacts("engine", (facts) => facts.models);
  const more = useFacts("page", (facts) => facts.more);
  const names =
    models.length > 0
      ? models.map(({ name, parameters: n, blocks }) => ({
          value: name,
          label: `${name}, ${parameters(n)}, ${blocks} blocks`,
        }))
      : [{ value: settings.model, label: settings.model }];
  return (
    <section aria-label="How the next run goes" data-screen-only>
      <div className={css["bar"]}>
        <NativeSelect
          label="Strategy"
          data-testid="mode"
          value={settings.mode}
          data={MODE_CHOICES.map((mode) => ({ value: mode, label: modeName(mode) }))}
          onChange={(event) => actions.chooseMode(event.currentTarget.value)}
        />
        <NativeSelect
          label="Model"
          data-testid="model"
          value={settings.model}
          data={names}
          onChange={(event) => actions.choose({ model: event.currentTarget.value })}
        />
        <NativeSelect
          label={<Term of="codec">Codec</Term>}
          labelProps={{ labelElement: "div" }}
          aria-label="Codec"
          data-testid="codec"
          value={settings.codec}
          data={allCodecs().map(({ name, exact }) => ({
            value: name,
            label: `${namedIn("codec", name).label}${exact ? ", exact" : ""}`,
          }))}
          onChange={(event) => actions.choose({ codec: event.currentTarget.value })}
        />
        <NativeSelect
          label="Link"
          data-testid="link"
          value={links.value}
          data={links.data}
          onChange={(event) => actions.chooseLink(event.currentTarget.value)}
        />
        <Button
          variant="default"
          aria-expanded={more}
          onClick={() => stores.page.setState({ more: !more })}
          data-testid="more"
        >
          {more ? "Fewer settings" : "More settings"}
        </Button>
      </div>
      {more && (
        <Suspense fallback={null}>
          <MoreSettings />
        </Suspense>
      )}
      {more && <LinkSources />}
    </section>
  );
}
