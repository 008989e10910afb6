import type { Workload } from './load.ts';

/** A row of the proxy table: one workload, and whom it is compared with. */
export interface Row {
  readonly name: string;
  readonly isTls: boolean;
  readonly workload: Workload;
  readonly peers: readonly string[];
}

const BROWSER: Readonly<Record<string, string>> = {
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-US,en;q=0.5',
  'Cache-Control': 'no-cache',
  Cookie: 'session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes',
  DNT: '1',
  Pragma: 'no-cache',
  Referer: 'http://localhost/dashboard/overview?tab=activity',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'same-origin',
  'Upgrade-Insecure-Requests': '1',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
};

function get(path: string, overrides: Partial<Workload> = {}): Workload {
  return { path, method: 'GET', headers: {}, bodyBytes: 0, connections: 32, ...overrides };
}

/** 16 connections with eight requests at a time on each. */
function http2(path: string, overrides: Partial<Workload> = {}): Workload {
  return get(path, { connections: 16, streams: 8, ...overrides });
}

/** A message of 100 bytes behind its prefix. */
const GRPC: Partial<Workload> = {
  method: 'POST',
  headers: { 'content-type': 'application/grpc', te: 'trailers' },
  body: Buffer.concat([Buffer.from([0, 0, 0, 0, 100]), Buffer.alloc(100, 'x')]),
};

const ALL = ['haproxy', 'nginx', 'caddy'];

export const ROWS: readonly Row[] = [
  { name: 'small GET', isTls: false, workload: get('/'), peers: ALL },
  { name: 'GET, 13 browser headers', isTls: false, workload: get('/headers', { headers: BROWSER }), peers: ALL },
  { name: '10 KB body down', isTls: false, workload: get('/10k'), peers: ALL },
  { name: '1 MB body down', isTls: false, workload: get('/1m', { connections: 8 }), peers: ALL },
  { name: '10 KB POST', isTls: false, workload: get('/post', { method: 'POST', bodyBytes: 10_240 }), peers: ALL },
  { name: 'small GET, TLS keep-alive', isTls: true, workload: get('/'), peers: ALL },
  { name: '1 MB body down, TLS', isTls: true, workload: get('/1m', { connections: 8 }), peers: ALL },
  { name: 'h2 small GET', isTls: true, workload: http2('/'), peers: ALL },
  { name: 'h2 GET, 13 browser headers', isTls: true, workload: http2('/headers', { headers: BROWSER }), peers: ALL },
  { name: 'h2 10 KB body down', isTls: true, workload: http2('/10k'), peers: ALL },
  { name: 'h2 1 MB body down', isTls: true, workload: http2('/1m'), peers: ALL },
  { name: 'h2 small GET, one at a time', isTls: true, workload: http2('/', { streams: 1 }), peers: ALL },
  { name: 'h2 gRPC unary call', isTls: true, workload: http2('/bench.Echo/Say', GRPC), peers: ALL },
];
