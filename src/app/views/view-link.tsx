/** A link to a view of the page: it opens in place, and is an address like any other for a new tab. */
import type { MouseEvent, ReactNode } from "react";
import { Button } from "@mantine/core";
import { addressOf, type View } from "../control/routing.ts";
import { useFacts, useLab } from "../lab.ts";

interface ViewLinkProps {
  readonly to: View;
  /** Says that this view is the one that is open. */
  readonly current: boolean;
  readonly testId: string;
  readonly children: ReactNode;
}

export function ViewLink({ to, current, testId, children }: ViewLinkProps) {
  const { href, onClick } = useView(to);
  return (
    <Button
      component="a"
      href={href}
      onClick={onClick}
      size="compact-sm"
      variant="subtle"
      aria-current={current ? "page" : undefined}
      data-testid={testId}
    >
      {children}
    </Button>
  );
}

export function useView(to: View): { readonly href: string; readonly onClick: (event: MouseEvent) => void } {
  const { stores } = useLab();
  useFacts("settings", (facts) => facts); // they are part of the address
  return {
    href: addressOf(stores, to),
    onClick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      stores.page.setState(to);
      window.scrollTo(0, 0);
    },
  };
}
