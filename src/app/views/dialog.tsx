/** Something in front of the page, until it is closed: the browser's own dialog, which holds the focus, gives it back, and closes at Escape. */
import { Button } from "@mantine/core";
import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import css from "./dialog.module.css";

interface Props {
  readonly title: string;
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, wide = false, onClose, children }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close(); // while it is still there: only then does the focus go back
  }, []);
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- a short cut for the pointer: Escape and the button do the same
    <dialog
      ref={dialog}
      className={css["dialog"]}
      data-wide={wide}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className={css["within"]}>
        <header className={css["head"]}>
          <h2 id={id}>{title}</h2>
          <Button size="compact-sm" variant="subtle" aria-label="Close" onClick={onClose}>
            ×
          </Button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
