/** What this tab can do, before anything large is fetched; what it has stored, and how to be rid of it. */
import { Button } from "@mantine/core";
import { loadedPlugins } from "#core/plugin/plugins.ts";
import type { Preflight } from "#core/run/worker-api.ts";
import { count, duration, size } from "../../format/units.ts";
import { useFacts, useLab } from "../../lab.ts";
import { Words } from "../term/words.tsx";
import css from "./panels.module.css";

const yes = (value: boolean): string => (value ? "yes" : "no");
const engineName = {
  webgpu: "WebGPU",
  wasm: "WebAssembly",
  auto: "either engine",
  "edge-only": "the edge alone",
} as const;

export function PreflightPanel() {
  const { actions } = useLab();
  const preflight = useFacts("engine", (facts) => facts.preflight);
  const storage = useFacts("engine", (facts) => facts.storage);
  const plan = useFacts("engine", (facts) => facts.downloadPlan);
  const preparing = useFacts("engine", (facts) => facts.preparing);
  return (
    <div className={css["body"]} data-testid="preflight">
      {preflight === null ? <p>Looking at this tab{"\u2026"}</p> : <Findings preflight={preflight} />}
      <h3>Weights</h3>
      {plan !== null && (
        <p>
          The chosen run needs {size(plan.neededBytes)} in this tab: {size(plan.heldBytes)} are here,{" "}
          {size(plan.missingBytes)} would be fetched.
        </p>
      )}
      <div className={css["row"]}>
        <Button onClick={() => void actions.prepare()} loading={preparing} data-testid="prepare">
          Fetch and open now
        </Button>
        {storage !== null && (
          <>
            <span data-testid="storage">
              {size(storage.bytes)} in {count(storage.shards)} shards stored here
              {storage.quotaBytes === null ? "" : ` of ${size(storage.quotaBytes)} allowed`}
            </span>
            <Button
              variant="default"
              onClick={() => void actions.clearStorage()}
              disabled={storage.bytes === 0}
              data-testid="clear-storage"
            >
              Clear
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

function Findings({ preflight }: { readonly preflight: Preflight }) {
  const { webgpu, wasm, microBenchmark, engineBytes, storage } = preflight;
  return (
    <>
      <p data-testid="recommendation">
        Recommended here: <strong>{engineName[preflight.recommended]}</strong>.
      </p>
      {preflight.advice.length > 0 && (
        <ul className={css["advice"]}>
          {preflight.advice.map((sentence) => (
            <li key={sentence}>
              <Words>{sentence}</Words>
            </li>
          ))}
        </ul>
      )}
      <dl className={css["list"]}>
        <dt>WebGPU</dt>
        <dd>
          <Words>
            {webgpu.kind === "present"
              ? `${webgpu.adapter}${webgpu.software ? ", a software adapter" : ""}`
              : webgpu.why}
          </Words>
        </dd>
        {webgpu.kind === "present" && (
          <>
            <dt>
              <Words>Half precision (f16)</Words>
            </dt>
            <dd>{yes(webgpu.f16)}</dd>
            <dt>Largest buffer</dt>
            <dd>{size(webgpu.maxBufferBytes)}</dd>
          </>
        )}
        <dt>WebAssembly</dt>
        <dd>{wasm.kind === "present" ? `yes${wasm.simd ? ", with SIMD" : ""}` : wasm.why}</dd>
        <dt>Threads</dt>
        <dd>
          {preflight.threads} of {preflight.cores} cores
        </dd>
        <dt>Isolated, secure</dt>
        <dd>
          {yes(preflight.crossOriginIsolated)}, {yes(preflight.secureContext)}
        </dd>
        <dt>Clock resolution</dt>
        <dd>{duration(preflight.clockResolutionMs)}</dd>
        <dt>Micro-benchmark</dt>
        <dd>
          {microBenchmark.gflops.toFixed(2)} Gflop/s in JavaScript, {duration(microBenchmark.elapsedMs)}
        </dd>
        <dt>Engine to fetch</dt>
        <dd>
          WebGPU {engineBytes.webgpu === null ? "not measured" : size(engineBytes.webgpu)}, WebAssembly{" "}
          {engineBytes.wasm === null ? "not measured" : size(engineBytes.wasm)}
        </dd>
        {loadedPlugins().length > 0 && (
          <>
            <dt>Plugins</dt>
            {loadedPlugins().map(({ file, sha256, adds }) => (
              <dd key={sha256}>
                {file} ({sha256.slice(0, 12)}): {adds.map(({ kind, name }) => `${kind} ${name}`).join(", ")}
              </dd>
            ))}
          </>
        )}
        <dt>Storage</dt>
        <dd>
          {storage.kind === "opfs"
            ? "private file system"
            : storage.kind === "cache"
              ? "Cache API"
              : "memory only: gone when the tab closes"}
        </dd>
      </dl>
    </>
  );
}
