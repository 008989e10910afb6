import { describe, expect, test } from 'vitest';
import { parseBoolean, parseInteger, parseItems, parseList } from '../../../src/config/label-value.ts';
import { formatListenAddress, parseListenAddress } from '../../../src/config/listen-address.ts';
import { parseServerUrl } from '../../../src/config/server-url.ts';

test.for([
  { texts: ['1', 't', 'T', 'TRUE', 'true', 'True', ' true '], value: true },
  { texts: ['0', 'f', 'F', 'FALSE', 'false', 'False'], value: false },
  { texts: ['', 'yes', 'no', 'on', 'off', 'tRUE', '2'], value: undefined },
])('booleans: $texts', ({ texts, value }) => {
  expect(texts.map(parseBoolean)).toEqual(texts.map(() => value));
});

test.for([
  { text: '80', value: 80 },
  { text: ' -7 ', value: -7 },
  { text: '+7', value: 7 },
  { text: '007', value: 7 },
  { text: '', value: undefined },
  { text: '1.5', value: undefined },
  { text: '1e3', value: undefined },
  { text: '0x10', value: undefined },
  { text: '9007199254740993', value: undefined },
])('the integer "$text" is $value', ({ text, value }) => {
  expect(parseInteger(text)).toBe(value);
});

test.for([
  { text: '', items: [] },
  { text: 'a', items: ['a'] },
  { text: ' a , b,,c ', items: ['a', 'b', 'c'] },
])('the list "$text"', ({ text, items }) => {
  expect(parseList(text)).toEqual(items);
});

test('items of a list have the column at which they begin', () => {
  expect(parseItems(' a ,, b c,d')).toEqual([
    { text: 'a', column: 2 },
    { text: 'b c', column: 7 },
    { text: 'd', column: 11 },
  ]);
});

describe('listen addresses', () => {
  test.for([
    { text: ':80', host: undefined, port: 80, written: ':80' },
    { text: '80', host: undefined, port: 80, written: ':80' },
    { text: '*:80', host: undefined, port: 80, written: ':80' },
    { text: '0.0.0.0:80', host: '0.0.0.0', port: 80, written: '0.0.0.0:80' },
    { text: '[::1]:443', host: '::1', port: 443, written: '[::1]:443' },
    { text: 'localhost:8090', host: '127.0.0.1', port: 8090, written: '127.0.0.1:8090' },
  ])('$text', ({ text, host, port, written }) => {
    const address = parseListenAddress(text);
    expect(address).toEqual({ host, port });
    expect(address && formatListenAddress(address)).toBe(written);
  });

  test.for(['', ':', ':0', ':65536', 'example.com:80', '::1:80', '[::1]', 'http://:80', ':80:80', ':http'])(
    '"%s" is none',
    (text) => {
      expect(parseListenAddress(text)).toBeUndefined();
    },
  );
});

describe('server URLs', () => {
  test.for([
    { text: 'http://10.0.0.7', scheme: 'http', host: '10.0.0.7', port: 80 },
    { text: 'https://App.intern', scheme: 'https', host: 'app.intern', port: 443 },
    { text: 'h2c://10.0.0.7:50051/', scheme: 'h2c', host: '10.0.0.7', port: 50_051 },
    { text: 'HTTP://[FD00::7]:8080', scheme: 'http', host: 'fd00::7', port: 8080 },
  ])('$text', ({ text, ...url }) => {
    expect(parseServerUrl(text)).toEqual(url);
  });

  test.for([
    { text: 'http://10.0.0.7/base', message: 'has a path, which is not used' },
    { text: 'http://10.0.0.7:0', message: 'has an impossible port' },
    { text: 'http://10.0.0.7:70000', message: 'has an impossible port' },
    { text: '10.0.0.7:80', message: 'is not a server URL' },
    { text: 'ftp://10.0.0.7', message: 'is not a server URL' },
    { text: 'http://user@10.0.0.7', message: 'is not a server URL' },
    { text: 'http://', message: 'is not a server URL' },
  ])('$text $message', ({ text, message }) => {
    expect(parseServerUrl(text)).toMatchObject({ message });
  });
});
