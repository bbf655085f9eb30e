/** The explanation around a term. It is a chunk of its own: neither it nor the glossary delays the first paint. */
import { Tooltip } from "@mantine/core";
import type { ReactElement } from "react";
import { glossaryEntry, type GlossaryKey } from "#core/glossary/glossary.ts";
import css from "./term.module.css";

/** `className` alone would dress the word too. */
const STYLES = { tooltip: css["meaning"] ?? "" };
const EVENTS = { hover: true, focus: true, touch: true };
/** Inside a landmark, as all of the page's text is; in the dialog that stands in front of the page, where one does: nothing is shown over that. */
const PLACE = { target: "main:not(:has(~ dialog)), dialog" };

interface Props {
  readonly of: GlossaryKey;
  readonly children: ReactElement;
}

export default function Explained({ of, children }: Props) {
  return (
    <Tooltip
      label={glossaryEntry(of).short}
      classNames={STYLES}
      events={EVENTS}
      portalProps={PLACE}
      multiline
      interactive
    >
      {children}
    </Tooltip>
  );
}
