import { mapOf, type ComposeEntry, type ComposeNode, type ComposeScalar } from './compose-node.ts';

/** Keys of a service that may be a list of `NAME=VALUE`, or of names alone, where they could be a map. */
const LISTED = ['labels', 'environment', 'networks'];

/**
 * A service whose lists of `NAME=VALUE` are maps, so that files can be merged by name and there is one form to read. What has no
 * `=` becomes an entry without value; what is no text stays in a list, where whoever reads the labels finds it.
 */
export function normaliseService(service: ComposeNode): ComposeNode {
  if (service.kind !== 'map') return service;
  const entries = new Map(service.entries);
  for (const key of LISTED) normaliseKey(entries, key);
  const deploy = entries.get('deploy');
  if (deploy?.value.kind === 'map') {
    const inner = new Map(deploy.value.entries);
    normaliseKey(inner, 'labels');
    entries.set('deploy', { ...deploy, value: { ...deploy.value, entries: inner } });
  }
  return { ...service, entries };
}

function normaliseKey(entries: Map<string, ComposeEntry>, key: string): void {
  const entry = entries.get(key);
  if (entry?.value.kind !== 'list') return;
  const { items, place, tag } = entry.value;
  const named = new Map<string, ComposeEntry>();
  for (const item of items) {
    if (item.kind === 'scalar') {
      const [name, value] = splitEntry(item);
      named.set(name, { key: item.place, value });
    } else {
      named.set(UNNAMED + String(named.size), { key: item.place, value: item });
    }
  }
  entries.set(key, { ...entry, value: mapOf(named, place, tag) });
}

/** Begins the name of a list item that is no text; no name of a person begins so. */
export const UNNAMED = '\0';

/** `NAME=VALUE` cut at its first `=`. The columns of its faults count from the value's start. */
function splitEntry(item: ComposeScalar): readonly [string, ComposeScalar] {
  const at = item.text.indexOf('=');
  if (at < 0) return [item.text, { ...item, text: '', raw: '', isNull: true, tag: undefined }];
  const rawAt = item.raw.indexOf('=') + 1;
  const faults = item.faults.map((fault) => ({ ...fault, column: Math.max(1, fault.column - rawAt) }));
  return [item.text.slice(0, at), { ...item, text: item.text.slice(at + 1), raw: item.raw.slice(rawAt), faults }];
}
