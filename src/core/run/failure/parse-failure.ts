/** Failures arrive over the wire as JSON, and are read once. */
import { readWith } from "../../schema/read.ts";
import { failure, type Failure, type Result } from "../failure.ts";

export const parseFailure = (value: unknown): Result<Failure> => readWith(failure, value, "failure");
