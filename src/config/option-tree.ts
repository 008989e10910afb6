import { nearest } from '../lib/suggest.ts';

/**
 * Rows of an option table, indexed by path. A path is dotted; `<x>` stands for one name a person chooses, `x[n]` for an
 * element of a list, a final `**` for anything from there on.
 */
export interface OptionTree<Row> {
  readonly children: Map<string, OptionTree<Row>>;
  chosen: OptionTree<Row> | undefined;
  isIndexed: boolean;
  row: Row | undefined;
  rest: Row | undefined;
}

export interface FoundOption<Row> {
  readonly row: Row;
  /** What stands for each `<x>`, as written. */
  readonly names: readonly string[];
  /** The `n` of the last `[n]`; 0 when there is none. */
  readonly index: number;
}

/** Indexes rows by the paths that `pathsOf` gives for each. */
export function buildOptionTree<Row>(rows: readonly Row[], pathsOf: (row: Row) => readonly string[]): OptionTree<Row> {
  const root = emptyTree<Row>();
  for (const row of rows) for (const path of pathsOf(row)) insert(root, path.split('.'), row);
  return root;
}

/** The row of a path, compared without regard to case; undefined when the table has none or the path stops too early. */
export function findOption<Row>(tree: OptionTree<Row>, path: readonly string[]): FoundOption<Row> | undefined {
  const names: string[] = [];
  let index = 0;
  let node: OptionTree<Row> = tree;
  for (const written of path) {
    // Nearly every element is one of the table's names or a chosen one: `descend` is for the others.
    const child = written.endsWith(']') ? undefined : childOf(node, written);
    if (child !== undefined && !child.isIndexed) {
      node = child;
      continue;
    }
    const step = descend(node, written);
    if (step === undefined) return node.rest === undefined ? undefined : { row: node.rest, names, index };
    if (step.isChosen) names.push(written);
    index = step.index ?? index;
    node = step.node;
  }
  const row = node.row ?? node.rest;
  return row === undefined ? undefined : { row, names, index };
}

/** The nearest path that exists, for "did you mean"; undefined when nothing is near. */
export function suggestPath<Row>(tree: OptionTree<Row>, path: readonly string[]): string | undefined {
  const [written, ...rest] = path;
  if (written === undefined) return tree.row === undefined && tree.rest === undefined ? undefined : '';
  const step = descend(tree, written);
  if (step !== undefined) {
    const behind = suggestPath(step.node, rest);
    if (behind !== undefined) return join(written, behind);
  }
  for (const name of guesses(tree, written)) {
    const child = tree.children.get(name);
    const behind = child === undefined ? undefined : suggestPath(child, rest);
    if (behind !== undefined) return join(withIndex(name, child, written), behind);
  }
  // A level was left out: `loadbalancer.port` for `loadbalancer.server.port`.
  for (const [name, child] of tree.children) {
    if (child.children.has(written.toLowerCase())) {
      const behind = suggestPath(child, path);
      if (behind !== undefined) return join(withIndex(name, child), behind);
    }
  }
  return undefined;
}

/** Names that may stand at the place where a path leaves the table or stops. */
export function expectedAt<Row>(tree: OptionTree<Row>, path: readonly string[]): readonly string[] {
  let node = tree;
  for (const written of path) {
    const step = descend(node, written);
    if (step === undefined) break;
    node = step.node;
  }
  return [...node.children].map(([name, child]) => withIndex(name, child));
}

interface Step<Row> {
  readonly node: OptionTree<Row>;
  readonly isChosen: boolean;
  readonly index: number | undefined;
}

function descend<Row>(node: OptionTree<Row>, written: string): Step<Row> | undefined {
  const indexed = written.endsWith(']') ? /^(.+)\[(\d{1,6})\]$/.exec(written) : null;
  const child = childOf(node, indexed?.[1] ?? written);
  if (child !== undefined && child.isIndexed === (indexed !== null)) {
    return { node: child, isChosen: false, index: indexed === null ? undefined : Number(indexed[2]) };
  }
  if (node.chosen !== undefined && child === undefined && written !== '') {
    return { node: node.chosen, isChosen: true, index: undefined };
  }
  return undefined;
}

/** Most names are written as the table has them, and most chosen names stand where nothing else may. */
function childOf<Row>({ children }: OptionTree<Row>, name: string): OptionTree<Row> | undefined {
  return children.size === 0 ? undefined : (children.get(name) ?? children.get(name.toLowerCase()));
}

function guesses<Row>(tree: OptionTree<Row>, written: string): readonly string[] {
  const name = nearest(written.replace(/\[[^\]]*\]$/, ''), tree.children.keys());
  return name === undefined ? [] : [name];
}

/** `domains[0]`: an element of a list has a number, the one that was written or the first. */
function withIndex<Row>(name: string, node: OptionTree<Row> | undefined, written = ''): string {
  if (node?.isIndexed !== true) return name;
  const [, index = '0'] = /\[(\d{1,6})\]$/.exec(written) ?? [];
  return `${name}[${index}]`;
}

function join(head: string, tail: string): string {
  return tail === '' ? head : `${head}.${tail}`;
}

function insert<Row>(root: OptionTree<Row>, path: readonly string[], row: Row): void {
  let node = root;
  for (const segment of path) {
    if (segment === '**') {
      node.rest = row;
      return;
    }
    if (segment.startsWith('<')) {
      node.chosen ??= emptyTree();
      node = node.chosen;
    } else {
      const child = node.children.getOrInsertComputed(segment.replace('[n]', '').toLowerCase(), emptyTree<Row>);
      child.isIndexed = segment.endsWith('[n]');
      node = child;
    }
  }
  node.row = row;
}

function emptyTree<Row>(): OptionTree<Row> {
  return { children: new Map(), chosen: undefined, isIndexed: false, row: undefined, rest: undefined };
}
