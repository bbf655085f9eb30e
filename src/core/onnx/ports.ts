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
  // Of a piece, in which rows lie along the first axis
  before: "before", // bool []: whether the first half is computed
  attended: "attended", // float32 [n, 1, heads · headSize]
  rowPositions: "row_positions", // int64 [n, 1]: rows of many sequences, each where it is in its own
  query: "query", // float32 [1, n, heads · headSize], of a graph that only attends; and the next two
  key: "key",
  value: "value",
  projections: "projections", // float32 [n, 1, (heads + 2 kvHeads) · headSize]: query, key and value, turned
} as const;
