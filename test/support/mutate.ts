import { pick, type Random } from './random.ts';

const DELIMITERS = ['\r', '\n', '\0', ' ', '\t', ':', ',', ';', '\r\n', '\r\n\r\n'];
const TOKENS = [
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Host: b.test\r\n',
  'Connection: close\r\n',
  'Connection: Content-Length\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Expect: 100-continue\r\n',
  'Upgrade: h2c\r\nConnection: upgrade\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  'chunked',
  'HTTP/1.0',
  'HTTP/1.1',
  'HTTP/2.0',
  'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  '0\r\n\r\n',
  '\x0b',
  '\x85',
  '\xa0',
  '\x7f',
  '%2e',
  '%00',
  '%c0%ae',
  '../',
  '\\',
  '#',
  '0x',
  '+',
  '-',
  '_',
  '"',
  '999999999999999',
  '9999999999999999',
  'ffffffffffffff',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  ' ',
];

/** Breaks or bends a message by one to four random changes; `other` lends its bytes to splices. */
export function mutate(random: Random, text: string, other: string): string {
  let result = text;
  for (let left = 1 + random.below(4) * random.below(2); left > 0; left--) result = mutateOnce(random, result, other);
  return result;
}

function mutateOnce(random: Random, text: string, other: string): string {
  const at = place(random, text);
  switch (random.below(11)) {
    case 0: {
      const byte = (text.charCodeAt(at) || 0) ^ (1 << random.below(8));
      return text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
    }
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + pick(random, DELIMITERS) + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(at + 1 + random.below(4));
    case 4:
      return changeLine(random, text, (line) => line + line);
    case 5:
      return changeLine(random, text, () => '');
    case 6:
      return changeLine(random, text, (line) => pick(random, TOKENS) + line);
    case 7:
      return text.slice(0, at);
    case 8:
      return text.slice(0, at) + other.slice(place(random, other));
    case 9:
      return changeNumber(random, text);
    default:
      return text.slice(0, at) + pick(random, TOKENS) + text.slice(at);
  }
}

/** Mostly inside the head or near it, where structure is. */
function place(random: Random, text: string): number {
  const far = random.below(4) === 0 ? text.length : Math.min(text.length, 400);
  return random.below(far + 1);
}

function changeLine(random: Random, text: string, change: (line: string) => string): string {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0 && starts.length < 64; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const index = random.below(starts.length);
  const end = starts[index + 1] ?? text.length;
  return text.slice(0, starts[index]) + change(text.slice(starts[index], end)) + text.slice(end);
}

function changeNumber(random: Random, text: string): string {
  const from = place(random, text);
  const match = /[0-9]+/.exec(text.slice(from, from + 200));
  if (match === null) return text;
  const at = from + match.index;
  const number = Number(match[0].slice(0, 15));
  const changed = pick(random, [
    `${number + 1}`,
    `${Math.max(0, number - 1)}`,
    `${number * 2}`,
    `0${match[0]}`,
    `${match[0]}0`,
    `-${match[0]}`,
    `+${match[0]}`,
    number.toString(16),
    `${match[0]} `,
    `${match[0]},${match[0]}`,
    '18446744073709551616',
    '4294967296',
    '9007199254740993',
    '',
  ]);
  return text.slice(0, at) + changed + text.slice(at + match[0].length);
}
