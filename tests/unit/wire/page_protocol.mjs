/**
 * Compares the server's protocol (JSON on standard input) with static/js/core/protocol.js, and prints each difference on a
 * separate line.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const path = process.argv[2];
const server = JSON.parse(readFileSync(0, "utf8"));
const page = await import(pathToFileURL(path).href);
const differences = [];

function compare(name, ofServer, ofPage) {
  const texts = [JSON.stringify(ofServer), JSON.stringify(ofPage)];
  if (texts[0] !== texts[1]) differences.push(`${name}: the server has ${texts[0]}, the page has ${texts[1]}`);
}

for (const [name, value] of Object.entries(server.constants)) compare(name, value, page[name]);
for (const name of Object.keys(page)) {
  if (typeof page[name] === "function" || name in server.constants) continue;
  differences.push(`${name}: the page has it, and the server is not asked`);
}

const frame = Buffer.from(server.data_frame.bytes, "hex");
const bytes = frame.buffer.slice(frame.byteOffset, frame.byteOffset + frame.length);
compare("offset of a binary frame", server.data_frame.offset, page.decode_frame(bytes).offset);
compare("binary frame", server.data_frame.bytes, Buffer.from(page.encode_frame(server.data_frame.offset, page.decode_frame(bytes).bytes)).toString("hex"));

/** The fields that the typedefs name for each type of message: {type: [field, ...]}. */
function fields_by_type() {
  const text = readFileSync(path, "utf8").replaceAll(/\n \*( |$)/gm, "\n");
  const fields = {};
  for (const [, block] of text.matchAll(/@typedef \{object\} \w+([\s\S]*?)(?=@typedef|\*\/)/g)) {
    const type = /@property \{"(\w+)"\} type/.exec(block)?.[1];
    if (type) fields[type] = [...block.matchAll(/@property \{[^\n]*?\} \[?(\w+)\]?/g)].map(([, name]) => name);
  }
  for (const [, type, rest] of text.matchAll(/\{type: "(\w+)"([^{}]*)\}/g)) fields[type] = ["type", ...names_of(rest)];
  return fields;
}

/** The names in the inside of an object's type, without those of a tuple's parts. @param {string} members */
function names_of(members) {
  return [...members.replaceAll(/\[[^\]]*\]/g, "").matchAll(/(\w+)\??: /g)].map(([, name]) => name);
}

/** The fields of each kind of observation: {kind: [field, ...]}. */
function fields_by_kind() {
  const text = readFileSync(path, "utf8");
  const [, common, kinds] = /@typedef \{\{([^}]*)\} & \(([\s\S]*?)\)\} Observation/.exec(text);
  const fields = {};
  for (const [, names, rest] of kinds.matchAll(/\{kind: ([^,]*)([^}]*)\}/g)) {
    for (const [, kind] of names.matchAll(/"(\w+)"/g)) {
      fields[kind] = [...known.observation, "kind", ...names_of(common), ...names_of(rest)];
    }
  }
  return fields;
}

const known = fields_by_type();
for (const [type, text] of Object.entries({ ...server.server_frames, ...server.client_frames })) {
  compare(`fields of ${type}`, Object.keys(JSON.parse(text)).sort(), known[type]?.sort());
  delete known[type];
}
for (const [type, text] of Object.entries(server.server_frames)) {
  try {
    if (page.decode_message(text) === null) differences.push(`${type}: the page does not know it`);
  } catch (error) {
    differences.push(`${type}: ${error.message}`);
  }
}
const known_kinds = { input_times: known.input_times, ...fields_by_kind() };
for (const [kind, fields] of Object.entries(server.observations)) {
  compare(`fields of ${kind}`, [...fields].sort(), known_kinds[kind]?.sort());
  delete known_kinds[kind];
}
for (const kind of Object.keys(known_kinds)) differences.push(`${kind}: the page observes it, and the server does not read it`);
for (const type of ["input_times", "observation"]) delete known[type];
for (const type of Object.keys(known)) differences.push(`${type}: the page has it, and the server sent none`);

process.stdout.write(differences.map((line) => `${line}\n`).join(""));
