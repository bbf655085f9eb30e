/**
 * Structured logs. What goes in is named at each call: sessions by the start of their id, codes,
 * sizes, times; never a prompt, a text or a token id, and no request's query or body.
 */
import { pino, type Logger } from "pino";

export type Log = Logger;

export interface LogTarget {
  write(line: string): void;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const createLog = (level: LogLevel, target: LogTarget = process.stdout): Log =>
  pino({ level, base: null }, target);

/** An error as fields: its stack says where, its message might quote what a client wrote only if one of our own does. */
export const errorFields = (thrown: unknown): { readonly error: string; readonly stack: string | undefined } =>
  thrown instanceof Error
    ? { error: `${thrown.name}: ${thrown.message}`, stack: thrown.stack }
    : { error: String(thrown), stack: undefined };
