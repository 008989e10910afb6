import { child, textOf, type ComposeNode } from './compose-node.ts';

/** A range of more ports than these is no list of places where an app speaks HTTP. */
const MAX_RANGE = 100;

/** TCP ports of the container that `expose` and `ports` name, ascending. Those of the image are not known. */
export function portsOf(service: ComposeNode): readonly number[] {
  const found = new Set<number>();
  for (const key of ['expose', 'ports']) {
    const list = child(service, key);
    for (const item of list?.kind === 'list' ? list.items : []) {
      for (const port of item.kind === 'map' ? longForm(item) : shortForm(textOf(item) ?? '')) found.add(port);
    }
  }
  return [...found].sort((left, right) => left - right);
}

function longForm(item: ComposeNode): readonly number[] {
  const protocol = textOf(child(item, 'protocol')) ?? 'tcp';
  return shortForm(`${textOf(child(item, 'target')) ?? ''}/${protocol}`);
}

/** `80`, `8080:80`, `127.0.0.1:8080:80`, `3000-3005`, each perhaps with `/tcp` or `/udp`. */
function shortForm(text: string): readonly number[] {
  const [, first, last, protocol = 'tcp'] = /(?:^|:)(\d{1,5})(?:-(\d{1,5}))?(?:\/(\w+))?$/.exec(text.trim()) ?? [];
  if (first === undefined || protocol.toLowerCase() !== 'tcp') return [];
  const [from, to] = [Number(first), Number(last ?? first)];
  const isSane = from > 0 && to <= 65_535 && to >= from && to - from < MAX_RANGE;
  return isSane ? Array.from({ length: to - from + 1 }, (_, index) => from + index) : [];
}
