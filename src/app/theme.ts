/** Mantine in our own clothes: ink for what acts, rounded corners, our fonts. */
import {
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";

const ink: MantineColorsTuple = [
  "#f5f4f1",
  "#e6e4df",
  "#cbc9c4",
  "#aeadaa",
  "#8d8e8e",
  "#6c6f72",
  "#454b52",
  "#2c3137",
  "#1d2125",
  "#16191d",
];

/** Mantine's dark surfaces in the page's own greys. */
const dark: MantineColorsTuple = [
  "#eeece6",
  "#c2c3c1",
  "#9b9fa3",
  "#7d8288",
  "#4a4f55",
  "#2e3237",
  "#1a1d21",
  "#16181b",
  "#121417",
  "#0c0d0f",
];

/** What acts is ink on paper, in both schemes. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const given = defaultVariantColorsResolver(input);
  if (input.variant === "filled")
    return { ...given, background: "var(--ink)", hover: "var(--ink-soft)", color: "var(--paper)" };
  if (input.variant === "outline")
    return { ...given, color: "var(--ink)", border: "1.5px solid var(--ink)", hover: "var(--raised)" };
  if (input.variant === "subtle") return { ...given, color: "var(--ink)", hover: "var(--rule)" };
  return given;
};

export const theme = createTheme({
  colors: { ink, dark },
  primaryColor: "ink",
  primaryShade: { light: 9, dark: 1 },
  variantColorResolver,
  defaultRadius: 8,
  fontFamily: "var(--font-text)",
  fontFamilyMonospace: "var(--font-mono)",
  focusRing: "never",
  cursorType: "pointer",
  respectReducedMotion: true,
});
