/** Names of a segment graph's inputs and outputs; caches carry the block's place in the segment. */
export const PORTS = {
  ids: "ids", // int32 [1, n]
  positions: "positions", // int32 [1, n]: where the ids stand, for an embedding that learned them
  hidden: "hidden", // float32 [1, n, d]
  wanted: "wanted", // int32 [m]: which of the n positions the head computes
  lastPosition: "last_position", // int32 [1]
  total: "total", // int32 [1]
  start: "start", // int64 [1]: position of the step's first token
  cosine: "cosine", // float32 [context, headSize / 2]
  sine: "sine",
  logits: "logits", // float32 [1, m, vocabulary]
  output: "output", // float32 [1, n, d]
  pastKey: (block: number): string => `past_key_${block}`,
  pastValue: (block: number): string => `past_value_${block}`,
  presentKey: (block: number): string => `present_key_${block}`,
  presentValue: (block: number): string => `present_value_${block}`,
  rows: "rows", // float32 [1, n, blocks · 2 · kvHeads · headSize]: of each block its new keys, then its new values
  embeds: "embeds", // bool [], of a whole model's graph: whether the embedding runs
  runs: (block: number): string => `runs_${block}`, // bool []: whether the block does
  heads: "heads", // bool []: whether the head does
  noRows: "no_rows", // float32 [1, n, 0]: what a block that does not run adds to the rows
} as const;
