import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { ROUTER_NODE_FLAGS } from '../support/router-process.ts';

/** A proxy under measurement, on core 0 alone. */
export interface Peer {
  readonly name: string;
  readonly pid: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  stop(): Promise<void>;
  /** Another one of the kind, which has served nothing yet. */
  startFresh(): Promise<Peer>;
}

export interface PeerInputs {
  readonly folder: string;
  readonly backendPort: number;
  /** What answers `/ws`. */
  readonly echoPort: number;
  /** What answers `/bench.Echo/`, over plain HTTP/2. */
  readonly grpcPort: number;
  /** PEM of key and certificate for the TLS listeners of the peers. */
  readonly keyPem: string;
  readonly chainPem: string;
}

type StartPeer = (inputs: PeerInputs, httpPort: number, httpsPort: number) => Promise<readonly string[]>;

/** What each proxy would be run with by a careful person: keep-alive to the backend, access log off, one worker. */
const COMMANDS: Readonly<Record<string, StartPeer>> = {
  sluice: async ({ folder, backendPort, echoPort, grpcPort, keyPem, chainPem }, httpPort, httpsPort) => {
    const file = join(folder, 'services.yaml');
    const url = `http://127.0.0.1:${backendPort}`;
    const services = {
      plain: { servers: [url], labels: { 'sluice.host': '127.0.0.1', 'sluice.tls': 'off' } },
      secure: { servers: [url], labels: { 'sluice.host': 'localhost' } },
      grpc: { servers: [`h2c://127.0.0.1:${grpcPort}`], labels: { 'sluice.host': 'localhost/bench.Echo' } },
      socket: {
        servers: [`http://127.0.0.1:${echoPort}`],
        labels: { 'sluice.host': '127.0.0.1/ws', 'sluice.tls': 'off' },
      },
    };
    await mkdir(join(folder, 'certs'), { recursive: true });
    await writeFile(join(folder, 'certs', 'localhost.key'), keyPem);
    await writeFile(join(folder, 'certs', 'localhost.crt'), chainPem);
    // JSON is YAML.
    await writeFile(file, JSON.stringify(services));
    return [
      ...[process.execPath, ...ROUTER_NODE_FLAGS, new URL('../../src/main.ts', import.meta.url).pathname],
      ...['--docker', 'off', '--file', file],
      ...['--http', `127.0.0.1:${httpPort}`, '--https', `127.0.0.1:${httpsPort}`, '--admin', 'off', '--workers', '1'],
      ...['--data', join(folder, 'data'), '--acme-ca', 'internal', '--log-level', 'error'],
      ...['--certs', join(folder, 'certs')],
      // All load comes from one address.
      ...['--max-connections-per-address', '20000'],
      // As nginx below: h2load begins no second connection.
      ...['--keepalive-requests', '1000000'],
      '--http2',
    ];
  },
  haproxy: async ({ folder, backendPort, echoPort, grpcPort, keyPem, chainPem }, httpPort, httpsPort) => {
    await writeFile(join(folder, 'haproxy.pem'), chainPem + keyPem);
    await writeFile(
      join(folder, 'haproxy.cfg'),
      `global
  nbthread 1
  maxconn 9900
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 75s
  timeout tunnel 1h
  timeout server 60s
  timeout http-request 10s
frontend f
  bind 127.0.0.1:${httpPort}
  bind 127.0.0.1:${httpsPort} ssl crt ${join(folder, 'haproxy.pem')} alpn h2,http/1.1
  acl known hdr(host) -i -m beg 127.0.0.1 localhost
  use_backend w if { path /ws }
  use_backend g if { path_beg /bench.Echo/ }
  use_backend b if known
backend b
  server s 127.0.0.1:${backendPort}
backend w
  server s 127.0.0.1:${echoPort}
backend g
  server s 127.0.0.1:${grpcPort} proto h2
`,
    );
    return ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')];
  },
  nginx: async ({ folder, backendPort, echoPort, grpcPort, keyPem, chainPem }, httpPort, httpsPort) => {
    await writeFile(join(folder, 'nginx-key.pem'), keyPem);
    await writeFile(join(folder, 'nginx-chain.pem'), chainPem);
    await writeFile(
      join(folder, 'nginx.conf'),
      `user root; daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log error;
events { worker_connections 20000; }
http {
  access_log off; keepalive_requests 1000000; client_max_body_size 0;
  client_body_temp_path ${folder}/nb; proxy_temp_path ${folder}/np; fastcgi_temp_path ${folder}/nf;
  uwsgi_temp_path ${folder}/nu; scgi_temp_path ${folder}/ns;
  upstream b { server 127.0.0.1:${backendPort}; keepalive 256; keepalive_requests 1000000; }
  upstream g { server 127.0.0.1:${grpcPort}; keepalive 256; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${httpPort}; listen 127.0.0.1:${httpsPort} ssl http2; server_name localhost 127.0.0.1;
    ssl_certificate ${folder}/nginx-chain.pem; ssl_certificate_key ${folder}/nginx-key.pem;
    ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    location / {
      proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Real-IP $remote_addr;
      proxy_max_temp_file_size 0;
    }
    location /bench.Echo/ { grpc_pass grpc://g; grpc_set_header Host $host; }
    location = /ws {
      proxy_pass http://127.0.0.1:${echoPort}; proxy_http_version 1.1; proxy_read_timeout 1h;
      proxy_set_header Connection upgrade; proxy_set_header Upgrade $http_upgrade;
    }
  }
}
`,
    );
    return ['nginx', '-c', join(folder, 'nginx.conf')];
  },
  caddy: async ({ folder, ...ports }, httpPort, httpsPort) => {
    await writeFile(
      join(folder, 'caddy.json'),
      JSON.stringify({
        admin: { disabled: true },
        logging: { logs: { default: { level: 'PANIC' } } },
        apps: {
          http: {
            servers: {
              plain: caddyServer(httpPort, ports, false),
              secure: caddyServer(httpsPort, ports, true),
            },
          },
          tls: {
            certificates: {
              load_files: [{ certificate: `${folder}/nginx-chain.pem`, key: `${folder}/nginx-key.pem` }],
            },
          },
        },
      }),
    );
    return ['caddy', 'run', '--config', join(folder, 'caddy.json')];
  },
};

function caddyServer(
  port: number,
  { backendPort, echoPort, grpcPort }: Pick<PeerInputs, 'backendPort' | 'echoPort' | 'grpcPort'>,
  isTls: boolean,
): object {
  return {
    listen: [`127.0.0.1:${port}`],
    automatic_https: { disable: true },
    ...(isTls ? { tls_connection_policies: [{ alpn: ['h2', 'http/1.1'] }] } : {}),
    routes: [
      {
        match: [{ path: ['/ws'] }],
        handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: `127.0.0.1:${echoPort}` }] }],
      },
      {
        match: [{ path: ['/bench.Echo/*'] }],
        handle: [
          {
            handler: 'reverse_proxy',
            transport: { protocol: 'http', versions: ['h2c', '2'] },
            upstreams: [{ dial: `127.0.0.1:${grpcPort}` }],
          },
        ],
      },
      {
        match: [{ host: ['localhost', '127.0.0.1'] }],
        handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: `127.0.0.1:${backendPort}` }] }],
      },
    ],
  };
}

export const PEER_NAMES = ['sluice', 'haproxy', 'nginx', 'caddy'] as const;

/** Starts a proxy pinned to core 0 and resolves when both its ports accept. */
export async function startPeer(name: string, inputs: PeerInputs): Promise<Peer> {
  const folder = join(inputs.folder, name);
  await mkdir(folder, { recursive: true });
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  // Caddy reads the certificate files that nginx's step writes.
  if (name === 'caddy') {
    await writeFile(join(folder, 'nginx-key.pem'), inputs.keyPem);
    await writeFile(join(folder, 'nginx-chain.pem'), inputs.chainPem);
  }
  const command = await COMMANDS[name]!({ ...inputs, folder }, httpPort, httpsPort);
  const env = { ...process.env, GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child: ChildProcess = spawn('taskset', ['-c', '0', ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  process.once('exit', () => child.kill('SIGKILL'));
  for (const port of [httpPort, httpsPort]) {
    await waitFor(`${name} to listen`, async () => (await accepts(port)) || undefined);
  }
  return {
    name,
    pid: child.pid!,
    httpPort,
    httpsPort,
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
    // Its own folder: two of one kind must not share what they store.
    startFresh: () => startPeer(name, { ...inputs, folder: join(inputs.folder, 'fresh') }),
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
