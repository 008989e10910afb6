// Answers with what arrived: enough to see the router at work.
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const server = createServer((request, response) => {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`, `container: ${hostname()}`];
  for (const [name, value] of Object.entries(request.headers)) lines.push(`${name}: ${value}`);
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(`${lines.join('\n')}\n`);
});

server.listen(8080);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
