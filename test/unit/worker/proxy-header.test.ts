import { describe, expect, test } from 'vitest';
import { INCOMPLETE, MALFORMED, ProxyHeader } from '../../../src/worker/proxy-header.ts';
import { V2_SIGNATURE, v1Of, v2Addresses, v2Header, v2Of } from '../../support/proxy-header.ts';

const IPV4 = v2Addresses('192.0.2.1', '198.51.100.7');
const IPV6 = v2Addresses('2001:db8::1', '2001:db8::2');
const LONGEST_V1 = `PROXY UNKNOWN ${'f'.repeat(107 - 16)}\r\n`;
const IPV6_FULL = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

const GOOD: readonly { readonly what: string; readonly header: string; readonly source: string | undefined }[] = [
  { what: 'v1 IPv4', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n', source: '192.0.2.1' },
  { what: 'v1 least', header: 'PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n', source: '0.0.0.0' },
  {
    what: 'v1 most of IPv4',
    header: 'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n',
    source: '255.255.255.255',
  },
  { what: 'v1 IPv6', header: 'PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n', source: '2001:db8::1' },
  { what: 'v1 longest IPv6', header: `PROXY TCP6 ${IPV6_FULL} ${IPV6_FULL} 65535 65535\r\n`, source: IPV6_FULL },
  { what: 'v1 IPv6 spelled out', header: 'PROXY TCP6 2001:0DB8:0:0:0:0:0:1 ::1 1 1\r\n', source: '2001:db8::1' },
  { what: 'v1 mapped IPv4', header: 'PROXY TCP6 ::ffff:192.0.2.1 ::1 1 1\r\n', source: '192.0.2.1' },
  { what: 'v1 UNKNOWN', header: 'PROXY UNKNOWN\r\n', source: undefined },
  { what: 'v1 UNKNOWN with anything', header: 'PROXY UNKNOWN 1 2 \0\xff\r\n', source: undefined },
  { what: 'v1 UNKNOWN of 107 bytes', header: LONGEST_V1, source: undefined },
  { what: 'v2 IPv4', header: v2Header(0x21, 0x11, IPV4), source: '192.0.2.1' },
  { what: 'v2 IPv6', header: v2Header(0x21, 0x21, IPV6), source: '2001:db8::1' },
  { what: 'v2 mapped IPv4', header: v2Header(0x21, 0x21, mapped()), source: '192.0.2.1' },
  { what: 'v2 IPv4 with TLVs', header: v2Of('192.0.2.1', '\x04\0\x03abc'), source: '192.0.2.1' },
  { what: 'v2 longest block', header: v2Of('192.0.2.1', '\x04'.repeat(4096 - 12)), source: '192.0.2.1' },
  { what: 'v2 LOCAL', header: v2Header(0x20, 0x00, ''), source: undefined },
  { what: 'v2 LOCAL with addresses', header: v2Header(0x20, 0x11, IPV4), source: undefined },
  { what: 'v2 LOCAL of an unknown family', header: v2Header(0x20, 0xff, 'abc'), source: undefined },
  { what: 'v2 UNSPEC', header: v2Header(0x21, 0x00, ''), source: undefined },
  { what: 'v2 UNSPEC with TLVs', header: v2Header(0x21, 0x00, '\x04\0\x01a'), source: undefined },
  { what: 'v2 UNIX', header: v2Header(0x21, 0x31, '\0'.repeat(216)), source: undefined },
  { what: 'v2 datagrams over IPv4', header: v2Header(0x21, 0x12, IPV4), source: undefined },
];

/** Each is refused at its last byte, if not before. */
const BAD: readonly { readonly what: string; readonly header: string }[] = [
  { what: 'a request', header: 'G' },
  { what: 'a TLS handshake', header: '\x16' },
  { what: 'lower case', header: 'p' },
  { what: 'POST', header: 'PO' },
  { what: 'no space', header: 'PROXYT' },
  { what: 'an empty line', header: 'PROXY \r\n' },
  { what: 'LF alone', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 1 1\n' },
  { what: 'UNKNOWN with LF alone', header: 'PROXY UNKNOWN\n' },
  { what: 'UNKNOWN run together', header: 'PROXY UNKNOWNS\r\n' },
  { what: 'UNKNOWN with CR inside', header: 'PROXY UNKNOWN a\rb\r\n' },
  { what: 'lower-case protocol', header: 'PROXY tcp4 192.0.2.1 198.51.100.7 1 1\r\n' },
  { what: 'another protocol', header: 'PROXY UDP4 192.0.2.1 198.51.100.7 1 1\r\n' },
  { what: 'two spaces', header: 'PROXY TCP4  192.0.2.1 198.51.100.7 1 1\r\n' },
  { what: 'a space at the end', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 1 1 \r\n' },
  { what: 'a tab', header: 'PROXY TCP4 192.0.2.1\t198.51.100.7 1 1\r\n' },
  { what: 'a part missing', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 1\r\n' },
  { what: 'a part too many', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 1 1 1\r\n' },
  { what: 'a port too large', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 65536 1\r\n' },
  { what: 'a destination port too large', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 1 65536\r\n' },
  { what: 'a port with a leading zero', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 01 1\r\n' },
  { what: 'a port that is signed', header: 'PROXY TCP4 192.0.2.1 198.51.100.7 +1 1\r\n' },
  { what: 'an octet too large', header: 'PROXY TCP4 192.0.2.256 198.51.100.7 1 1\r\n' },
  { what: 'an octet with a leading zero', header: 'PROXY TCP4 192.0.2.01 198.51.100.7 1 1\r\n' },
  { what: 'a wrong destination', header: 'PROXY TCP4 192.0.2.1 198.51.100 1 1\r\n' },
  { what: 'IPv6 as TCP4', header: 'PROXY TCP4 ::1 ::1 1 1\r\n' },
  { what: 'IPv4 as TCP6', header: 'PROXY TCP6 192.0.2.1 198.51.100.7 1 1\r\n' },
  { what: 'a zone', header: 'PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n' },
  { what: 'two gaps', header: 'PROXY TCP6 1::2::3 ::1 1 1\r\n' },
  { what: 'a group too long', header: 'PROXY TCP6 12345::1 ::1 1 1\r\n' },
  { what: 'a host name', header: 'PROXY TCP4 localhost localhost 1 1\r\n' },
  { what: 'a NUL', header: 'PROXY TCP4 192.0.2.1\0 198.51.100.7 1 1\r\n' },
  { what: 'a line of 108 bytes', header: `PROXY UNKNOWN ${'f'.repeat(93)}` },
  { what: 'v2 broken signature', header: '\r\n\r\n\0\r\nQUIX' },
  { what: 'v2 version 1', header: v2Header(0x11, 0x11, '', 12) },
  { what: 'v2 version 3', header: v2Header(0x31, 0x11, '', 12) },
  { what: 'v2 another command', header: v2Header(0x22, 0x11, '', 12) },
  { what: 'v2 IPv4 block too short', header: v2Header(0x21, 0x11, '', 11) },
  { what: 'v2 IPv6 block too short', header: v2Header(0x21, 0x21, '', 35) },
  { what: 'v2 UNIX block too short', header: v2Header(0x21, 0x31, '', 215) },
  { what: 'v2 another family', header: v2Header(0x21, 0x41, '', 12) },
  { what: 'v2 another transport', header: v2Header(0x21, 0x13, '', 12) },
  { what: 'v2 IPv4 without a transport', header: v2Header(0x21, 0x10, '', 12) },
  { what: 'v2 block too long', header: v2Header(0x21, 0x11, '', 4097) },
  { what: 'v2 LOCAL block too long', header: v2Header(0x20, 0x00, '', 4097) },
];

function mapped(): string {
  const address = `${'\0'.repeat(10)}\xff\xff\xc0\0\x02\x01`;
  return `${address}${address}\0\x01\0\x01`;
}

/** Feeds the text cut into pieces of this size. */
function feed(text: string, size: number): { readonly result: number; readonly source: string | undefined } {
  const header = new ProxyHeader();
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    const result = header.read(chunk, 0);
    if (result === MALFORMED) return { result: MALFORMED, source: undefined };
    if (result !== INCOMPLETE) return { result: at + result, source: header.source };
  }
  return { result: INCOMPLETE, source: undefined };
}

describe('a header', () => {
  test.for(GOOD)('$what, in one piece with a request behind it', ({ header, source }) => {
    expect(feed(`${header}GET / HTTP/1.1\r\n`, 1e6)).toEqual({ result: header.length, source });
  });

  test.for(GOOD)('$what, cut at every place', ({ header, source }) => {
    const bytes = Buffer.from(`${header}\x16rest`, 'latin1');
    for (let cut = 1; cut <= header.length; cut++) {
      const reader = new ProxyHeader();
      const first = reader.read(bytes.subarray(0, cut), 0);
      if (cut < header.length) {
        expect(first).toBe(INCOMPLETE);
        expect(reader.read(bytes, cut)).toBe(header.length);
      } else expect(first).toBe(header.length);
      expect(reader.source).toBe(source);
    }
  });

  test.for(GOOD)('$what, byte by byte', ({ header, source }) => {
    expect(feed(`${header}X`, 1)).toEqual({ result: header.length, source });
  });

  test.for(GOOD)('$what, ending too early', ({ header }) => {
    expect(feed(header.slice(0, -1), 7).result).toBe(INCOMPLETE);
  });
});

describe('no header', () => {
  test.for(BAD)('$what', ({ header }) => {
    for (const size of [1, 5, 1e6]) expect(feed(`${header}more`, size).result).toBe(MALFORMED);
  });

  test.for(BAD)('$what, known at its last byte', ({ header }) => {
    expect(feed(header, 1).result).toBe(MALFORMED);
  });
});

test('bytes before the start of the reading are left alone', () => {
  const header = new ProxyHeader();
  expect(header.read(Buffer.from(`xx${v1Of('192.0.2.9')}`), 2)).toBe(2 + v1Of('192.0.2.9').length);
  expect(header.source).toBe('192.0.2.9');
});

test('no text is taken for a header by chance', () => {
  // Every first byte but the two that begin a header is refused at once.
  for (let byte = 0; byte < 256; byte++) {
    const expected = byte === 0x50 || byte === 0x0d ? INCOMPLETE : MALFORMED;
    expect(new ProxyHeader().read(Buffer.of(byte), 0)).toBe(expected);
  }
  expect(V2_SIGNATURE).toHaveLength(12);
});
