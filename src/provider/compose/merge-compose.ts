import type { ComposeEntry, ComposeMap, ComposeNode } from './compose-node.ts';

/** Keys of a service whose later value replaces the earlier one even where both are lists. */
const REPLACED: ReadonlySet<string> = new Set(['command', 'entrypoint', 'test']);

/**
 * Lays one compose file, or one service, over another as compose does: maps by key, lists one behind the other, everything else is
 * replaced. `!reset` removes and `!override` replaces.
 */
export function mergeCompose(base: ComposeMap, over: ComposeMap): ComposeMap {
  const entries = new Map<string, ComposeEntry>(base.entries);
  for (const [key, entry] of over.entries) {
    const { value } = entry;
    const earlier = entries.get(key);
    if (value.tag === '!reset') entries.delete(key);
    else if (earlier === undefined) entries.set(key, entry);
    else entries.set(key, { key: entry.key, value: mergeValue(key, earlier.value, value) });
  }
  return { ...over, entries };
}

function mergeValue(key: string, base: ComposeNode, over: ComposeNode): ComposeNode {
  if (over.tag === '!override' || REPLACED.has(key)) return over;
  if (base.kind === 'map' && over.kind === 'map') return { ...mergeCompose(base, over), place: base.place };
  if (base.kind === 'list' && over.kind === 'list') return { ...over, items: [...base.items, ...over.items] };
  // A key without value says nothing, other than in a label or a variable, whose value it empties.
  if (over.kind === 'scalar' && over.isNull && base.kind !== 'scalar') return base;
  return over;
}
