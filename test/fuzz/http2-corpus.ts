import { chance, pick, type Random } from '../support/random.ts';
import { block, FLAG, frame, PREFACE, request, settings, TYPE, uint32 } from '../support/http2-wire.ts';

const { END_HEADERS, END_STREAM, PADDED, PRIORITY } = FLAG;
const NAMES = [
  'a',
  'cookie',
  'content-length',
  'te',
  'host',
  'connection',
  'A',
  '',
  ':path',
  'x y',
  'expect',
  'x-long',
];
const VALUES = ['', '0', '5', '40', 'trailers', 'localhost', 'a\r\nb', '\0', ' x', '100-continue', 'v'.repeat(300)];
const PATHS = ['/', '/none', '*', '', '/a b', '/%2e%2e/x', '//'];

const bytes = (random: Random, most: number): Buffer =>
  Buffer.from(Array.from({ length: random.below(most) }, () => random.below(256)));

/** A block of fields: a request, or trailers, or any representations of RFC 7541. */
function anyBlock(random: Random): Buffer {
  const more = Array.from({ length: random.below(3) }, () => [pick(random, NAMES), pick(random, VALUES)] as const);
  switch (random.below(7)) {
    case 6:
      return request({ ':method': 'CONNECT' }, [[':protocol', chance(random, 90) ? 'websocket' : 'x'], ...more]);
    case 0:
      return block(more);
    case 1:
      return Buffer.concat([Buffer.from([0x82, 0x87, 0x84, 0x41, 1, 0x61]), anyFields(random)]);
    case 2:
      return anyFields(random);
    default: {
      const method = pick(random, ['GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'PUT']);
      return request({ ':method': method, ':path': chance(random, 60) ? '/' : pick(random, PATHS) }, more);
    }
  }
}

function anyFields(random: Random): Buffer {
  const text = (): Buffer => {
    const octets = bytes(random, 12);
    return Buffer.concat([Buffer.from([octets.length | (chance(random, 40) ? 0x80 : 0)]), octets]);
  };
  const parts = Array.from({ length: random.below(8) }, () => {
    switch (random.below(5)) {
      case 0:
        return Buffer.from([0x80 | random.below(75)]);
      case 1:
        return Buffer.concat([Buffer.from([0x40]), text(), text()]);
      case 2:
        return Buffer.concat([Buffer.from([0x40 | random.below(64)]), text()]);
      case 3:
        return Buffer.from([0x3f, ...Array<number>(random.below(4)).fill(0x80), random.below(64)]);
      default:
        return Buffer.concat([Buffer.from([0x10]), text(), text()]);
    }
  });
  return Buffer.concat(parts);
}

/** One frame, or a block in several, most often such as a client may send. */
function anyFrame(random: Random): Buffer[] {
  const id = chance(random, 90) ? 1 + 2 * random.below(6) : random.below(12);
  const end = chance(random, 50) ? END_STREAM : 0;
  switch (random.below(14)) {
    case 0:
      return [settings([pick(random, [1, 2, 3, 4, 4, 4, 5, 6, 99]), pick(random, [0, 1, 10, 70_000, 0x7fff_ffff])])];
    case 1:
      return [frame(TYPE.PING, random.below(2), 0, Buffer.alloc(8))];
    case 2:
      return [frame(TYPE.RST_STREAM, 0, id, uint32(random.below(14)))];
    case 3:
      return [
        frame(TYPE.WINDOW_UPDATE, 0, chance(random, 40) ? 0 : id, uint32(pick(random, [0, 1, 100, 9000, 1 << 20]))),
      ];
    case 4:
      return [frame(TYPE.PRIORITY, 0, id, uint32(random.below(9)), 5)];
    case 5:
      return [frame(pick(random, [TYPE.GOAWAY, TYPE.PUSH_PROMISE, 10, 77]), 0, random.below(3), bytes(random, 20))];
    case 6: {
      const padding = random.below(30);
      return [
        frame(
          TYPE.DATA,
          PADDED | end,
          id,
          Buffer.concat([Buffer.from([padding]), Buffer.alloc(random.below(40) + padding)]),
        ),
      ];
    }
    case 7:
    case 8:
      return [frame(TYPE.DATA, end, id, Buffer.alloc(pick(random, [0, 1, 5, 40, 3000, 16_384])))];
    case 9: {
      const fields = anyBlock(random);
      const at = random.below(fields.length + 1);
      const first = Buffer.concat([Buffer.alloc(5, 9), fields.subarray(0, at)]);
      return [
        frame(TYPE.HEADERS, PRIORITY | end, id, first),
        frame(TYPE.CONTINUATION, END_HEADERS, id, fields.subarray(at)),
      ];
    }
    default:
      return [frame(TYPE.HEADERS, END_HEADERS | end, id, anyBlock(random))];
  }
}

/** Some frame is bent, doubled, dropped, or cut short. */
function bend(random: Random, list: Buffer[]): void {
  const at = random.below(list.length);
  const one = Buffer.from(list[at]!);
  switch (random.below(6)) {
    case 0:
      list.splice(at, 1);
      return;
    case 1:
      list.push(one);
      return;
    case 2:
      list[at] = one.subarray(0, random.below(one.length + 1));
      return;
    case 3:
      // Type, flags, or the last octet of the id.
      one[pick(random, [3, 4, 8])] = random.below(256);
      break;
    default:
      for (let i = 0; i <= random.below(3); i++) one[random.below(one.length)] = random.below(256);
  }
  list[at] = one;
}

/** What a client may say on a connection: some frames, some of which are bent. */
export function anyConnection(random: Random): Buffer {
  const list = [settings(), ...Array.from({ length: 1 + random.below(10) }, () => anyFrame(random)).flat()];
  for (let i = random.below(4); i > 1 && list.length > 0; i--) bend(random, list);
  return Buffer.concat([chance(random, 99) ? PREFACE : bytes(random, 24), ...list]);
}
