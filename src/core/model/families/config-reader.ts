/** Reads keys of one JSON object of a config.json, refusing what is not as it must be, by name. */
import { fail } from "../../run/failure.ts";

type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Each reader throws Failed: model-broken for what is missing or of the wrong kind. */
export class ConfigReader {
  readonly #model: string;
  readonly #json: Json;

  constructor(model: string, json: Json) {
    this.#model = model;
    this.#json = json;
  }

  get keys(): readonly string[] {
    return Object.keys(this.#json).filter((key) => this.has(key));
  }

  has(key: string): boolean {
    return this.#json[key] !== undefined && this.#json[key] !== null;
  }

  /** Whatever stands there, null where nothing does. */
  value(key: string): unknown {
    return this.has(key) ? this.#json[key] : null;
  }

  /** A positive whole number. */
  size(key: string, otherwise?: number): number {
    const value = this.positive(key, otherwise);
    return Number.isInteger(value) ? value : this.broken(`${key} is ${value}, not a whole number`);
  }

  /** A whole number from 0. */
  count(key: string, otherwise: number): number {
    return this.#json[key] === 0 ? 0 : this.size(key, otherwise);
  }

  positive(key: string, otherwise?: number): number {
    const value = this.has(key) ? this.#json[key] : otherwise;
    if (value === undefined) return this.broken(`${key} is missing`);
    return typeof value === "number" && Number.isFinite(value) && value > 0
      ? value
      : this.#not(key, value, "a positive number");
  }

  flag(key: string, otherwise = false): boolean {
    const value = this.has(key) ? this.#json[key] : otherwise;
    return typeof value === "boolean" ? value : this.#not(key, value, "true or false");
  }

  /** Refuses the other value. */
  expectFlag(key: string, wanted: boolean, otherwise = false): void {
    if (this.flag(key, otherwise) !== wanted) this.unsupported(key, String(!wanted), String(wanted));
  }

  text(key: string): string | null {
    const value = this.has(key) ? this.#json[key] : null;
    return value === null || typeof value === "string" ? value : this.#not(key, value, "a text");
  }

  /** Null where it is not there. */
  list(key: string): readonly unknown[] | null {
    const value = this.has(key) ? this.#json[key] : null;
    return value === null || Array.isArray(value) ? value : this.#not(key, value, "a list");
  }

  object(key: string): ConfigReader | null {
    const value = this.has(key) ? this.#json[key] : null;
    if (value === null) return null;
    return isObject(value) ? new ConfigReader(this.#model, value) : this.#not(key, value, "an object");
  }

  /** Whether the key holds an object, of whatever content. */
  isNested(key: string): boolean {
    return isObject(this.#json[key]);
  }

  expectIfThere(key: string, wanted: string): void {
    const found = this.text(key);
    if (found !== null && found !== wanted) this.unsupported(key, found, wanted);
  }

  unsupported(what: string, found: string, supported: string, advice?: string): never {
    const base = { code: "model-unsupported", model: this.#model, what, found, supported } as const;
    fail(advice === undefined ? base : { ...base, advice });
  }

  broken(what: string): never {
    fail({ code: "model-broken", model: this.#model, file: "config.json", what });
  }

  #not(key: string, value: unknown, wanted: string): never {
    return this.broken(`${key} is ${JSON.stringify(value)}, not ${wanted}`);
  }
}
