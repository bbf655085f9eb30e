/** A number that may be half typed: it counts as soon as it is one within its bounds; what does not is gone when the field is left. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { Words } from "../term/words.tsx";

/** A word in it may be a button, which a label of its own would press. */
const LABEL = { labelElement: "div" } as const;

interface Props {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Of the arrow keys; a whole one asks for whole numbers, unless fractions are said to be allowed. */
  readonly step?: number;
  readonly fractions?: boolean;
  readonly widthPx?: number;
  readonly disabled?: boolean;
  readonly onChoose: (value: number) => void;
}

export function NumberField({
  label,
  value,
  min,
  max,
  step = 1,
  fractions = !Number.isInteger(step),
  widthPx,
  disabled = false,
  onChoose,
}: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <TextInput
      type="number"
      label={<Words>{label}</Words>}
      labelProps={LABEL}
      aria-label={label}
      {...(widthPx === undefined ? {} : { w: widthPx })}
      min={min}
      max={max}
      step={fractions ? "any" : step}
      value={typed ?? String(value)}
      disabled={disabled}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        const number = event.currentTarget.valueAsNumber;
        if (number >= min && number <= max && (fractions || Number.isInteger(number))) onChoose(number);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
