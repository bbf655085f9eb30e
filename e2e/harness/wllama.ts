/**
 * llama.cpp in the browser (@wllama/wllama), asked for greedy tokens on one thread: the arm that
 * device-only on wasm is raced against. It lies in `.cache/peers`, where the benchmark puts it.
 */
export interface WllamaRequest {
  /** Where the harness page finds the GGUF file. */
  readonly model: string;
  /** As text, control tokens written out: a list of ids it does not take. */
  readonly prompt: string;
  readonly tokens: number;
}

export interface WllamaResult {
  /** Between one token and the next. */
  readonly stepMs: readonly number[];
  readonly text: string;
}

interface Chunk {
  readonly choices: readonly { readonly text: string }[];
}

/** As much of it as is used here. */
interface Wllama {
  loadModel(blobs: readonly Blob[], options: Readonly<Record<string, unknown>>): Promise<void>;
  createCompletion(
    options: Readonly<Record<string, unknown>> & { readonly onData: (chunk: Chunk) => void },
  ): Promise<void>;
}

type WllamaModule = { readonly Wllama: new (paths: Readonly<Record<string, string>>) => Wllama };

const PACKAGE = "/.cache/peers/node_modules/@wllama/wllama/esm";

/** By model file, opened once: compiled code that has not warmed up would be no comparison. */
const opened = new Map<string, Promise<Wllama>>();

export async function wllama({ model, prompt, tokens }: WllamaRequest): Promise<WllamaResult> {
  const opening = opened.get(model) ?? open(model);
  opened.set(model, opening);
  const engine = await opening;
  const atMs: number[] = [];
  let text = "";
  await engine.createCompletion({
    prompt,
    max_tokens: tokens,
    temperature: 0,
    cache_prompt: false,
    stream: true,
    onData: ({ choices }) => {
      atMs.push(performance.now());
      text += choices[0]?.text ?? "";
    },
  });
  // The last chunk says that it is over.
  return { text, stepMs: atMs.slice(1, -1).map((at, place) => at - (atMs[place] ?? 0)) };
}

async function open(model: string): Promise<Wllama> {
  const { Wllama: Engine } = (await import(/* @vite-ignore */ `${PACKAGE}/index.js`)) as WllamaModule;
  const engine = new Engine({ default: `${PACKAGE}/wasm/wllama.wasm` });
  const file = await (await fetch(model)).blob();
  await engine.loadModel([file], { n_ctx: 512, n_threads: 1, n_gpu_layers: 0, n_parallel: 1 });
  return engine;
}
