import { expect, test } from 'vitest';
import { decodeAuthorization, decodeDirectory, decodeOrder } from '../../../src/acme/acme-objects.ts';

const URL = 'https://ca.test/x';
const directory = { newNonce: 'https://ca.test/n', newAccount: 'https://ca.test/a', newOrder: 'https://ca.test/o' };
const order = {
  status: 'pending',
  identifiers: [
    { type: 'dns', value: 'A.test' },
    { type: 'ip', value: '192.0.2.7' },
  ],
  authorizations: ['https://ca.test/authz/1', 7],
  finalize: 'https://ca.test/finalize',
};
const authorization = {
  status: 'pending',
  identifier: { type: 'dns', value: 'A.test' },
  challenges: [{ type: 'http-01', url: 'https://ca.test/chal/1', token: 'abc' }],
};

test('a directory is read, unknown members are passed over', () => {
  const value = {
    ...directory,
    renewalInfo: 'https://ca.test/ari',
    newAuthz: 'https://ca.test/z',
    meta: {
      externalAccountRequired: true,
      profiles: { classic: 'https://ca.test/classic' },
      caaIdentities: ['ca.test', 7],
      termsOfService: 'https://ca.test/terms',
    },
  };
  expect(decodeDirectory(value, URL)).toEqual({
    ...directory,
    keyChange: undefined,
    renewalInfo: 'https://ca.test/ari',
    externalAccountRequired: true,
    profiles: ['classic'],
    caaIdentities: ['ca.test'],
    termsOfService: 'https://ca.test/terms',
  });
  expect(decodeDirectory(directory, URL)).toEqual({
    ...directory,
    keyChange: undefined,
    renewalInfo: undefined,
    externalAccountRequired: false,
    profiles: [],
    caaIdentities: [],
    termsOfService: undefined,
  });
});

test('an order with authorizations beyond any number of names makes no sense', () => {
  const authorizations = Array.from({ length: 201 }, (_, index) => `https://ca.test/authz/${index}`);
  expect(() => decodeOrder({ ...order, authorizations }, URL, undefined)).toThrow('201 authorizations in one order');
});

test('an order is read', () => {
  expect(decodeOrder(order, URL, 5)).toEqual({
    url: URL,
    status: 'pending',
    names: ['a.test', '192.0.2.7'],
    authorizations: ['https://ca.test/authz/1'],
    finalize: 'https://ca.test/finalize',
    certificate: undefined,
    error: undefined,
    retryAt: 5,
  });
});

test('the error of an order is a problem of its own, not of the request', () => {
  const error = { type: 'urn:ietf:params:acme:error:caa', detail: 'no', status: 403 };
  expect(decodeOrder({ ...order, status: 'invalid', error }, URL, undefined).error).toMatchObject({
    type: 'caa',
    status: 0,
  });
});

test('an authorization is read, challenges nobody knows included, unreadable ones not', () => {
  const challenges = [
    ...authorization.challenges,
    { type: 'dns-persist-01', url: 'https://ca.test/chal/2', token: 'x' },
    { type: 'later-02', url: 'https://ca.test/chal/3' },
    null,
    'nonsense',
  ];
  const decoded = decodeAuthorization({ ...authorization, challenges, wildcard: true }, URL, undefined);
  expect(decoded).toMatchObject({ name: 'a.test', isWildcard: true, status: 'pending' });
  expect(decoded.challenges.map(({ type }) => type)).toEqual(['http-01', 'dns-persist-01']);
});

test.for([
  { name: 'no object', decode: () => decodeDirectory('<html>', URL) },
  { name: 'a list', decode: () => decodeDirectory([], URL) },
  { name: 'a directory without newOrder', decode: () => decodeDirectory({ ...directory, newOrder: undefined }, URL) },
  { name: 'a directory with a number for a URL', decode: () => decodeDirectory({ ...directory, newNonce: 1 }, URL) },
  { name: 'an order without a status', decode: () => decodeOrder({ ...order, status: undefined }, URL, undefined) },
  { name: 'an order with a new status', decode: () => decodeOrder({ ...order, status: 'fine' }, URL, undefined) },
  { name: 'an order without names', decode: () => decodeOrder({ ...order, identifiers: undefined }, URL, undefined) },
  { name: 'an order with a broken name', decode: () => decodeOrder({ ...order, identifiers: [{}] }, URL, undefined) },
  { name: 'an order without finalize', decode: () => decodeOrder({ ...order, finalize: null }, URL, undefined) },
  { name: 'an order that is null', decode: () => decodeOrder(null, URL, undefined) },
  {
    name: 'an authorization without an identifier',
    decode: () => decodeAuthorization({ ...authorization, identifier: undefined }, URL, undefined),
  },
  {
    name: 'an authorization without challenges',
    decode: () => decodeAuthorization({ ...authorization, challenges: {} }, URL, undefined),
  },
  {
    name: 'an authorization whose status is a property of every object',
    decode: () => decodeAuthorization({ ...authorization, status: 'constructor' }, URL, undefined),
  },
])('$name is garbage', ({ decode }) => {
  expect(decode).toThrow(expect.objectContaining({ name: 'AcmeTransportError', code: 'garbage', url: URL }));
});
