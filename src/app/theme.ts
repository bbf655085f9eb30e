/** Mantine in our own clothes: ink for what acts, square-ish corners, our fonts. */
import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple, type VariantColorsResolver } from "@mantine/core";

const ink: MantineColorsTuple = ["#f5f4f1", "#e6e4df", "#cbc9c4", "#aeadaa", "#8d8e8e", "#6c6f72", "#454b52", "#2c3137", "#1d2125", "#16191d"];

/** What acts is ink on paper, in both schemes. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const given = defaultVariantColorsResolver(input);
  if (input.variant === "filled") return { ...given, background: "var(--ink)", hover: "var(--ink-soft)", color: "var(--paper)" };
  if (input.variant === "outline") return { ...given, color: "var(--ink)", border: "1.5px solid var(--ink)", hover: "var(--raised)" };
  if (input.variant === "subtle") return { ...given, color: "var(--ink)", hover: "var(--rule)" };
  return given;
};

export const theme = createTheme({
  colors: { ink },
  primaryColor: "ink",
  primaryShade: { light: 9, dark: 1 },
  variantColorResolver,
  defaultRadius: 4,
  fontFamily: "var(--font-text)",
  fontFamilyMonospace: "var(--font-mono)",
  focusRing: "never",
  cursorType: "pointer",
  respectReducedMotion: true,
});
