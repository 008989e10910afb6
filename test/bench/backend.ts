import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/lab/wait-for.ts';

/** nginx as the app behind every proxy, on core 1 beside the load. */
export async function startBackend(parent: string): Promise<{ readonly port: number; stop(): void }> {
  const folder = join(parent, 'backend');
  await mkdir(join(folder, 'www'), { recursive: true });
  await writeFile(join(folder, 'www', '10k'), 'x'.repeat(10_240));
  await writeFile(join(folder, 'www', '1m'), 'x'.repeat(1 << 20));
  const port = await freePort();
  const body = 'x'.repeat(100);
  const headers = [
    'Cache-Control "no-cache, private"',
    'ETag "W/12345"',
    'Vary Accept-Encoding',
    'X-Frame-Options DENY',
    'X-Request-Id 0123456789abcdef',
  ]
    .map((header) => `add_header ${header};`)
    .join(' ');
  await writeFile(
    join(folder, 'nginx.conf'),
    `user root; daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log error;
events { worker_connections 20000; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; client_max_body_size 0;
  client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; sendfile on; default_type text/plain;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location = / { return 200 "${body}"; }
    location = /headers { ${headers} return 200 "${body}"; }
    location = /post { return 200 "ok"; }
    location ~ ^/p[0-9]+/ { return 200 "${body}"; }
    location / { root ${folder}/www; }
  }
}
`,
  );
  const child = spawn('taskset', ['-c', '1', 'nginx', '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
  process.once('exit', () => child.kill('SIGTERM'));
  await waitFor('the backend to listen', () => isOpen(port));
  return { port, stop: () => void child.kill('SIGTERM') };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
