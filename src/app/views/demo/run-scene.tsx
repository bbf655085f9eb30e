/** The run as an address: a QR code of the page under the name by which others reach it. */
import { toLink } from "#core/run/config/address.ts";
import type { RunRecord } from "#core/run/record.ts";
import { baseForOthers, basesOf } from "../../derive/page-bases.ts";
import { useFacts } from "../../lab.ts";
import { QrCode } from "../qr-code.tsx";
import css from "./demo.module.css";

const NONE: readonly string[] = [];

export function RunScene({ record }: { readonly record: RunRecord | undefined }) {
  const urls = useFacts("engine", (facts) => facts.edge?.urls ?? NONE);
  const base = baseForOthers(basesOf(window.location.href, urls));
  if (record === undefined) return <p>No recorded run.</p>;
  // The scanning device chooses its own engine.
  const { backend: _backend, threads: _threads, edge: _edge, ...config } = record.config;
  const link = toLink(base, { ...config, backend: "auto", threads: 0 }, { run: true });
  return (
    <div className={css["scan"]}>
      <QrCode text={link} className={css["qr"]} />
      <p className={css["url"]} data-testid="demo-link">
        <a href={link}>{link}</a>
      </p>
    </div>
  );
}
