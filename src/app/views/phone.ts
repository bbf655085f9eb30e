/** How the page stands; the stylesheets break at the same widths. */
import { useMediaQuery } from "@mantine/hooks";

const useQuery = (query: string): boolean => useMediaQuery(query, false, { getInitialValueInEffect: false }) ?? false;

/** As on a phone: the strip upright, the request above it. */
export const usePhone = (): boolean => useQuery("(max-width: 47.99em)");

/** In one column. */
export const useNarrow = (): boolean => useQuery("(max-width: 61.99em)");
