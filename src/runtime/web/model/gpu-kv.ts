/**
 * Keys and values in GPU buffers of fixed capacity, [1, kvHeads, capacity, headSize] a block each.
 * The attention kernel reads and writes the same buffer; only moving a cut ever copies it out.
 */
import type { KvCache, KvShape } from "#engine/ports.ts";
import { copyRows, spread } from "#engine/model/host-kv.ts";

// The usage flags by their numbers in the WebGPU specification: TypeScript's library types the API without its constants.
const MAP_READ = 0x0001;
const COPY_SRC = 0x0004;
const COPY_DST = 0x0008;
const STORAGE = 0x0080;

export interface GpuKvEntry {
  readonly keys: GPUBuffer;
  readonly values: GPUBuffer;
}

export class GpuKv implements KvCache {
  readonly shape: KvShape;
  readonly capacity: number;
  readonly buffers: GpuKvEntry[];
  readonly #device: GPUDevice;

  constructor(device: GPUDevice, shape: KvShape, capacity: number) {
    this.#device = device;
    this.shape = shape;
    this.capacity = capacity;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = (): GPUBuffer => device.createBuffer({ size: this.#tensorBytes, usage });
    this.buffers = Array.from({ length: shape.blocks }, () => ({ keys: buffer(), values: buffer() }));
  }

  get dims(): readonly number[] {
    return [1, this.shape.kvHeads, this.capacity, this.shape.headSize];
  }

  get bytes(): number {
    return 2 * this.buffers.length * this.#tensorBytes;
  }

  async read(block: number, positions: number): Promise<{ keys: Float32Array; values: Float32Array }> {
    const { keys, values } = this.#entry(block);
    const packed = async (buffer: GPUBuffer): Promise<Float32Array> =>
      copyRows(await this.#download(buffer), this.capacity, positions, positions, this.shape);
    return { keys: await packed(keys), values: await packed(values) };
  }

  write(block: number, positions: number, keys: Float32Array, values: Float32Array): Promise<void> {
    const entry = this.#entry(block);
    this.#upload(entry.keys, keys, positions);
    this.#upload(entry.values, values, positions);
    return Promise.resolve();
  }

  close(): void {
    for (const { keys, values } of this.buffers.splice(0)) {
      keys.destroy();
      values.destroy();
    }
  }

  get #tensorBytes(): number {
    return 4 * this.shape.kvHeads * this.capacity * this.shape.headSize;
  }

  #entry(block: number): GpuKvEntry {
    const entry = this.buffers[block];
    if (entry === undefined) throw new Error(`no block ${block} in a cache of ${this.buffers.length}`);
    return entry;
  }

  #upload(buffer: GPUBuffer, packed: Float32Array, positions: number): void {
    const whole = new Float32Array(this.#tensorBytes / 4);
    spread(packed, positions, whole, this.capacity, this.shape);
    this.#device.queue.writeBuffer(buffer, 0, whole);
  }

  async #download(buffer: GPUBuffer): Promise<Float32Array> {
    const staging = this.#device.createBuffer({ size: this.#tensorBytes, usage: MAP_READ | COPY_DST });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, this.#tensorBytes);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_READ);
    const copy = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return copy;
  }
}
