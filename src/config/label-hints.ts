import { findOption, type OptionTree } from './option-tree.ts';

/** More dots in one name are no name of a person. */
const MAX_PARTS = 4;

/** The label that was meant by one whose router, service or middleware has a dot in its name: `http.routers.my.app.rule`. */
export function withoutDots<Row>(path: readonly string[], tree: OptionTree<Row>): string | undefined {
  const [root = '', kind = '', ...rest] = path;
  if (root.toLowerCase() !== 'http') return undefined;
  for (let count = 2; count <= MAX_PARTS && count < rest.length; count++) {
    const mended = [root, kind, rest.slice(0, count).join('-'), ...rest.slice(count)];
    if (findOption(tree, mended) !== undefined) return mended.join('.');
  }
  return undefined;
}
