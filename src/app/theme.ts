/** Mantine in our own clothes: ink for what acts, square-ish corners, our fonts. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = ["#f5f4f1", "#e6e4df", "#cbc9c4", "#aeadaa", "#8d8e8e", "#6c6f72", "#454b52", "#2c3137", "#1d2125", "#16191d"];

export const theme = createTheme({
  colors: { ink },
  primaryColor: "ink",
  primaryShade: { light: 9, dark: 1 },
  autoContrast: true,
  luminanceThreshold: 0.4,
  defaultRadius: 4,
  fontFamily: "var(--font-text)",
  fontFamilyMonospace: "var(--font-mono)",
  focusRing: "never",
  cursorType: "pointer",
  respectReducedMotion: true,
});
