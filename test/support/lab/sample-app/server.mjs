// A site to put behind the router in tests. Environment: PORT, NAME, BOOT_DELAY_MS, BOOT_FILE (it
// listens when that is there), KEEP_ALIVE_MS, IGNORE_TERM,
// CLOSE_DELAY_MS (from the stop signal to the closed listener), STOP_SIGNALS, EXECUTED_FILE (gets a line for each /execute).
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { acceptWebSocket } from './websocket.mjs';

const { PORT = '8080', NAME = hostname(), BOOT_DELAY_MS = '0', KEEP_ALIVE_MS = '5000', IGNORE_TERM } = process.env;
const { CLOSE_DELAY_MS = '0', STOP_SIGNALS = 'SIGTERM,SIGINT', EXECUTED_FILE = '/executed' } = process.env;
const { BOOT_FILE } = process.env;
const CHUNK = Buffer.alloc(64 * 1024, 'sluice ');
const routes = {
  '/headers': headers,
  '/slow': slow,
  '/upload': upload,
  '/download': download,
  '/health': health,
  '/execute': execute,
};
let isHealthy = true;

const server = createServer({ keepAliveTimeout: Number(KEEP_ALIVE_MS) }, (request, response) => {
  const url = new URL(request.url, 'http://app');
  response.setHeader('x-app', NAME);
  (routes[url.pathname] ?? hello)(request, response, url.searchParams);
});

function hello(request, response) {
  response.setHeader('content-type', 'text/plain');
  response.end(`hello from ${NAME}\n`);
}

// What arrived, as JSON.
function headers(request, response) {
  const { method, url, headers, httpVersion, socket } = request;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ name: NAME, method, url, httpVersion, remote: socket.remoteAddress, headers }));
}

// Half of the answer at once, the rest after ?ms= (default 1000).
function slow(request, response, query) {
  response.write('slow ');
  setTimeout(() => response.end('done\n'), Number(query.get('ms') ?? 1000));
}

// Length and SHA-256 of the body.
function upload(request, response) {
  const hash = createHash('sha256');
  let bytes = 0;
  request.on('data', (chunk) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  request.on('end', () => response.end(JSON.stringify({ bytes, sha256: hash.digest('hex') })));
}

// Notes ?id= where it outlives the container, then answers.
function execute(request, response, query) {
  appendFileSync(EXECUTED_FILE, `${query.get('id')}\n`);
  request.resume();
  request.on('end', () => response.end('executed\n'));
}

// ?bytes= of body, honouring back-pressure.
function download(request, response, query) {
  let left = Number(query.get('bytes') ?? 1024);
  response.setHeader('content-length', left);
  const pump = () => {
    while (left > 0) {
      const piece = CHUNK.subarray(0, Math.min(left, CHUNK.length));
      left -= piece.length;
      if (!response.write(piece) && left > 0) {
        response.once('drain', pump);
        return;
      }
    }
    response.end();
  };
  pump();
}

// 200 or 503; POST /health?healthy=false changes it.
function health(request, response, query) {
  if (request.method === 'POST') isHealthy = query.get('healthy') !== 'false';
  response.statusCode = isHealthy ? 200 : 503;
  response.end(isHealthy ? 'healthy\n' : 'unhealthy\n');
}

server.on('upgrade', (request, socket) => acceptWebSocket(request, socket, NAME));
setTimeout(boot, Number(BOOT_DELAY_MS));

function boot() {
  if (BOOT_FILE !== undefined && !existsSync(BOOT_FILE)) setTimeout(boot, 20);
  else server.listen(Number(PORT), () => console.log(`${NAME} listens on ${PORT}`));
}

for (const signal of STOP_SIGNALS.split(',')) {
  process.on(signal, () => {
    if (IGNORE_TERM) return;
    setTimeout(() => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
    }, Number(CLOSE_DELAY_MS));
  });
}
