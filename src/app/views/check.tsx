/** A box to tick, the browser's own, with its words: a finger meets both. */
import type { ComponentProps, ReactNode } from "react";
import css from "./check.module.css";

export const Check = ({ children, ...input }: ComponentProps<"input"> & { readonly children?: ReactNode }) => (
  <label className={css["check"]}>
    <input type="checkbox" {...input} />
    {children}
  </label>
);
