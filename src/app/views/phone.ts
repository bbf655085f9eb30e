/** Whether the page stands as on a phone: the strip upright, the request above it. The stylesheets break at the same width. */
import { useMediaQuery } from "@mantine/hooks";

export const usePhone = (): boolean =>
  useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false }) ?? false;
