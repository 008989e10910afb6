import { type Alias, type Document, type Node, visit } from 'yaml';

/** What the aliases of a document stand for. Found in one walk: the library's own way is a walk for each of them. */
const targetsOf = new WeakMap<Document, ReadonlyMap<Alias, Node>>();

/**
 * What an alias stands for: the last node before it that has its anchor; null when there is none. The document must not have changed
 * since its first alias was asked for. Throws RangeError on a document that is nested thousands of times.
 */
export function resolveAlias(alias: Alias, document: Document): Node | null {
  return targetsOf.getOrInsertComputed(document, findTargets).get(alias) ?? null;
}

function findTargets(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias: (_key, alias) => {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value: (_key, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}
