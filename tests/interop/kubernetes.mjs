// SPDX-License-Identifier: Apache-2.0
// Owns judging Kubernetes objects by the schemas of its API. Reads a JSON array of objects, writes
// one of faults: what a schema says, and names that no schema looked for.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const require = createRequire(import.meta.url);

// Each name of `value` that is read through the view leaves `unread`.
function view(value, path, unread) {
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [
    name, view(member, `${path}/${name}`, unread)]);
  const copy = Array.isArray(value) ? members.map(([, member]) => member)
    : Object.fromEntries(members);
  if (Array.isArray(value)) return copy;
  for (const [name] of members) unread.add(`${path}/${name}`);
  return new Proxy(copy, {
    get(target, name) {
      if (typeof name === "string") unread.delete(`${path}/${name}`);
      return target[name];
    },
  });
}

function faultsOf(object) {
  const { prototype } = require(`kubernetes-models/${object.apiVersion}/${object.kind}`)[object.kind];
  const unread = new Set();
  const faults = [];
  try {
    prototype.validate.call(view(object, object.kind, unread));
  } catch (error) {
    faults.push(`${object.kind}: ${error.message}`);
  }
  return [...faults, ...[...unread].map((path) => `${path}: unknown`)];
}

process.stdout.write(JSON.stringify(JSON.parse(await text(process.stdin)).flatMap(faultsOf)));
