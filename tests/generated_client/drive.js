// Drives a host with a client made from its description: drive.js DESCRIPTION URL.
//
// Each answer must match the description of its operation.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { OpenAPIClientAxios } from "openapi-client-axios";

const [description, url] = process.argv.slice(2);
const definition = JSON.parse(readFileSync(description, "utf8"));
const api = new OpenAPIClientAxios({
  definition,
  withServer: { url },
  // The answers of failed requests are also checked.
  axiosConfigDefaults: { headers: { Authorization: "the-writer-key" }, validateStatus: () => true },
});
const client = await api.init();
const used = new Set();
// Where the last answer left the store: each request asks for it.
let position;

// How a value differs from its schema.
function unlike(schema, value, place = "the answer") {
  if (schema.$ref) return unlike(definition.components.schemas[schema.$ref.split("/").pop()], value, place);
  if (schema.oneOf) {
    const fits = (of) => { try { unlike(of, value, place); return true; } catch { return false; } };
    assert(schema.oneOf.some(fits), `${place} is none of what it may be: ${JSON.stringify(value)}`);
    return;
  }
  const is = { integer: Number.isInteger, array: Array.isArray }[schema.type] ?? ((of) => typeof of === schema.type);
  assert(is(value), `${place} is no ${schema.type}: ${JSON.stringify(value)}`);
  if (schema.enum) assert(schema.enum.includes(value), `${place} is ${value}`);
  if (schema.type === "array") value.forEach((item, at) => unlike(schema.items, item, `${place}[${at}]`));
  if (schema.type !== "object") return;
  for (const name of schema.required ?? []) assert(name in value, `${place} has no ${name}`);
  for (const [name, of] of Object.entries(value)) {
    if (schema.additionalProperties === true && !schema.properties[name]) continue;
    assert(schema.properties[name], `${place} has ${name}, which is not described`);
    unlike(schema.properties[name], of, `${place}.${name}`);
  }
}

// Calls an operation, checks the answer against the description, and returns its data.
async function call(operation, status, parameters, body, config) {
  const atLeast = position === undefined ? {} : { atLeast: position };
  const answer = await client[operation]({ ...parameters, ...atLeast }, body, config);
  assert.equal(answer.status, status, `${operation}: ${JSON.stringify(answer.data)}`);
  const { responses } = api.getOperation(operation);
  const { content } = responses[status] ?? responses.default;
  if (content) unlike(content["application/json"].schema, answer.data, operation);
  used.add(operation);
  // A request that is refused early has none.
  position = answer.headers["x-viewlink-position"] ?? (status < 400 ? "missing" : position);
  if (position) assert.match(position, /^[0-9a-f]{32}-\d+-[0-9a-f]{32}$/, `the position of ${operation}`);
  return { data: answer.data, tag: answer.headers.etag };
}

const project = { projectKey: "described" };
const view = { ...project, viewKey: "my-view" };
const flags = { ...view, resourceType: "flags" };

const made = await call("createView", 200, project, { key: "My-View", name: "Mine", maintainerTeamKey: "web" });
assert.equal(made.data.key, "my-view");
assert.equal(made.data.maintainer.maintainerTeam.key, "web");
await call("createView", 409, project, { key: "my-view", name: "again" });

const linked = await call("linkResource", 200, flags, { keys: ["checkout-v2", "search-v3"], comment: "new" });
assert.deepEqual([linked.data.successCount, linked.data.failedResources], [2, []]);
const segment = { environmentId: "env", segmentKey: "beta" };
await call("linkResource", 200, { ...view, resourceType: "segments" }, { segmentIdentifiers: [segment] });

const report = await call("unlinkResource", 200, flags, { keys: ["checkout-v2", "no-such-flag", "?"], comment: "" });
assert.deepEqual([report.data.successCount, report.data.failureCount], [1, 2]);
assert.deepEqual(report.data.failedResources.map((of) => of.code), ["not_linked", "invalid_key"]);
const ignored = await call("unlinkResource", 200, { ...flags, onMissing: "ignore", dryRun: true }, { keys: ["none"] });
assert.equal(ignored.data.failureCount, 0);
await call("unlinkResource", 400, flags, { keys: [], fliter: "x" });

for (const resourceType of ["flags", "segments"]) {
  const page = await call("getLinkedResources", 200, { ...view, resourceType, limit: 1, sort: "linkedAt" });
  assert.equal(page.data.totalCount, 1, resourceType);
}
const of = await call("getLinkedViews", 200, { ...project, resourceType: "segments", resourceKey: "beta", environmentId: "env" });
assert.equal(of.data.items[0].key, "my-view");
await call("getLinkedViews", 400, { ...project, resourceType: "segments", resourceKey: "beta" });

const expand = ["maintainer", "flagsSummary", "segmentsSummary", "resourceSummary"];
const views = await call("getViews", 200, { ...project, expand, filter: 'key startsWith "my"' });
assert.deepEqual(views.data.items[0].resourceSummary, { flagCount: 1, segmentCount: 1, totalCount: 2 });
const read = await call("getView", 200, { ...view, expand });
assert.equal(read.data.flagsSummary.count, 1);
await call("getView", 304, { ...view, "If-None-Match": read.tag });
await call("getView", 404, { ...view, viewKey: "none" });

await call("updateView", 400, view, { archived: true });
const changed = await call("updateView", 200, { ...view, "If-Match": read.tag }, { name: "Ours", tags: ["b", "a"] });
assert.deepEqual([changed.data.name, changed.data.tags], ["Ours", ["a", "b"]]);
await call("deleteView", 412, { ...view, "If-Match": read.tag });
const dry = await call("deleteView", 200, { ...view, dryRun: true });
assert.equal(dry.data.unlinkedCount.flags, 1);
await call("deleteView", 204, view);

const wanted = { name: "Described", requireViewAssociationForNewFlags: true };
const put = await call("putProject", 200, project, wanted);
assert.deepEqual([put.data.name, put.data.requireViewAssociationForNewFlags], ["Described", true]);
const steps = [{ op: "replace", path: "/requireViewAssociationForNewSegments", value: true }];
await call("updateProject", 200, project, steps);
await call("updateProject", 400, project, { titel: "x" });
assert.equal((await call("getProject", 200, project)).data.requireViewAssociationForNewSegments, true);
await call("getProject", 404, { projectKey: "none" });

await call("createView", 200, project, { key: "new", name: "New ones" });
const flag = { ...project, key: "described-flag" };
const start = (await call("getChanges", 200, { limit: 1000 })).data.position;
await call("createFlag", 400, project, { key: flag.key });
const registered = { key: flag.key, name: "A flag", tags: ["a"], status: ["new", "active"], viewKeys: ["new"] };
await call("createFlag", 200, { ...project, dryRun: true }, registered);
const created = await call("createFlag", 201, project, registered);
assert.deepEqual([created.data.name, created.data.status], ["A flag", ["active", "new"]]);
await call("createFlag", 409, project, registered);
assert.deepEqual((await call("getFlag", 200, flag)).data, created.data);
const flagged = await call("getFlags", 200, { ...project, filter: "status:active", sort: "name" });
assert.deepEqual(flagged.data.items.map((of) => of.key), [flag.key]);

const place = { ...project, environment: "env" };
const beta = { ...place, key: "described-segment" };
await call("createSegment", 201, place, { key: beta.key, external: "elsewhere", viewKeys: ["new"] });
assert.equal((await call("getSegment", 200, beta)).data.environmentId, "env");
assert.equal((await call("getSegments", 200, { ...place, filter: "external exists true" })).data.totalCount, 1);

const changes = await call("getChanges", 200, { after: start, project: "described" });
assert.deepEqual(changes.data.items.map((of) => of.kind), ["steps", "steps"]);
await call("getChanges", 400, { after: "somewhere" });

const fresh = { ...project, viewKey: "new" };
await call("copyView", 200, { ...fresh, newKey: "copied" });
await call("copyView", 409, { ...fresh, newKey: "copied" });
await call("viewOverlap", 200, { ...fresh, otherKey: "copied" });
const near = await call("nearViews", 200, { ...fresh, minJaccard: 0.9 });
assert.deepEqual(near.data.items.map((of) => of.viewKey), ["copied"]);
const to = { ...project, viewKey: "copied", otherKey: "new", resourceType: "flags" };
const moved = await call("moveLinks", 200, to, { keys: [flag.key, "none"] });
assert.deepEqual([moved.data.successCount, moved.data.failureCount], [1, 1]);
await call("renameView", 200, { ...project, viewKey: "copied", newKey: "renamed" });
const listed = await call("listProjects", 200, { limit: 100 });
assert(listed.data.items.some((of) => of.key === "described"));
const history = await call("viewHistory", 200, { ...project, viewKey: "renamed", limit: 1 });
assert.equal(history.data.items[0].events[0].kind, "viewRenamed");
const { revision } = history.data.items[0];
const older = await call("viewHistory", 200, { ...project, viewKey: "renamed", before: revision });
assert(older.data.items.every((of) => of.revision < revision));
const name = { ...project, resourceType: "flags", resourceKey: flag.key };
assert((await call("resourceHistory", 200, name)).data.items.length > 0);
const reverted = await call("revertChange", 200, { ...project, revision });
assert.deepEqual([reverted.data.successCount, reverted.data.failures], [1, []]);
const back = await call("revertView", 200, { ...fresh, revision, dryRun: true });
assert.equal(back.data.failureCount, 0);
await call("renameView", 200, { ...project, viewKey: "copied", newKey: "renamed" });
await call("deleteView", 204, { ...project, viewKey: "renamed" });

const followed = { ...fresh, resourceType: "flags" };
assert.equal((await call("replaceResources", 200, followed, { keys: [flag.key, "another"] })).data.linkedCount, 1);
await call("replaceResources", 200, followed, { keys: [] });
assert.equal((await call("followFilter", 200, followed, { filter: "tags:a" })).data.linkedCount, 1);
assert.equal((await call("getView", 200, fresh)).data._follows[0].filter, 'tags contains ["a"]');
await call("createFlag", 201, project, { key: "found", name: "Found", tags: ["a"], viewKeys: ["new"] });
await call("deleteFlag", 204, { ...project, key: "found" });
assert.equal((await call("unfollowFilter", 200, { ...followed, links: "remove" })).data.unlinkedResources.length, 1);

assert.equal((await call("deleteSegment", 200, { ...beta, dryRun: true })).data.unlinkedCount, 1);
await call("deleteSegment", 204, beta);
await call("deleteFlag", 204, flag);
await call("getFlag", 404, flag);
await call("deleteFlag", 404, flag);

const all = api.getOperations().map((operation) => operation.operationId);
assert.deepEqual([...used].sort(), all.sort());
console.log(`openapi-client-axios: ${used.size} operations driven`);
