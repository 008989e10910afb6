import { describe, expect, test } from 'vitest';
import type { Workload } from '../../../../src/config/workload.ts';
import { buildWorkloads, parseHealth, type ContainerRow } from '../../../../src/provider/docker/container.ts';

/** One entry as Docker 20.10 and 28 give it, cut to what is read. */
const row = (changes: ContainerRow = {}): ContainerRow => ({
  Id: 'aa11',
  Names: ['/web'],
  Created: 1_795_404_066,
  Labels: { 'sluice.host': 'example.com' },
  State: 'running',
  Status: 'Up 2 minutes',
  Ports: [{ PrivatePort: 8080, Type: 'tcp' }],
  HostConfig: { NetworkMode: 'default' },
  NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2', GlobalIPv6Address: '' } } },
  ...changes,
});

const built = (changes: ContainerRow = {}): Workload => buildWorkloads([row(changes)])[0]!;
const networks = (list: Record<string, { IPAddress?: string; GlobalIPv6Address?: string } | null>) => ({
  NetworkSettings: { Networks: list },
});

test('a running container becomes a workload', () => {
  expect(buildWorkloads([row()])).toEqual([
    {
      provider: 'docker',
      id: 'aa11',
      name: 'web',
      baseName: 'web',
      createdAt: 1_795_404_066_000,
      labels: { 'sluice.host': 'example.com' },
      running: true,
      health: 'none',
      networks: [{ network: 'bridge', address: '172.17.0.2' }],
      ports: [8080],
      hostNetwork: false,
    },
  ]);
});

describe('state', () => {
  test.for([
    { state: 'running', running: true },
    { state: 'created', running: false },
    { state: 'restarting', running: false },
    { state: 'paused', running: false },
    { state: 'removing', running: false },
    { state: 'exited', running: false },
    { state: 'dead', running: false },
    { state: '', running: false },
  ])("'$state' is running: $running", ({ state, running }) => {
    expect(built({ State: state }).running).toBe(running);
  });
});

describe('health', () => {
  test.for([
    { status: 'Up 2 minutes', health: 'none' },
    { status: 'Up Less than a second (health: starting)', health: 'starting' },
    { status: 'Up 3 days (healthy)', health: 'healthy' },
    { status: 'Up 5 seconds (unhealthy)', health: 'unhealthy' },
    { status: 'Up 5 seconds (Paused)', health: 'none' },
    { status: 'Exited (137) 2 seconds ago', health: 'none' },
    { status: 'Restarting (1) 4 seconds ago', health: 'none' },
    { status: 'Created', health: 'none' },
    { status: '', health: 'none' },
  ] as const)("'$status' is $health", ({ status, health }) => {
    expect(parseHealth(status)).toBe(health);
    expect(built({ Status: status }).health).toBe(health);
  });
});

describe('names', () => {
  test.for([
    { name: 'the slash is dropped', names: ['/web'], expected: 'web' },
    { name: 'a legacy link is not the name', names: ['/other/db', '/postgres'], expected: 'postgres' },
    { name: 'the first of several', names: ['/a', '/b'], expected: 'a' },
    { name: 'podman gives no slash', names: ['web'], expected: 'web' },
  ])('$name', ({ names, expected }) => {
    expect(built({ Names: names }).name).toBe(expected);
  });

  test.for([{ names: [] }, { names: null }, { names: ['/other/db'] }])(
    'without one, the short id: $names',
    ({ names }) => {
      expect(built({ Id: '0123456789abcdef', Names: names }).name).toBe('0123456789ab');
    },
  );

  test('the base name is made of compose service and project', () => {
    const labels = { 'com.docker.compose.service': 'web', 'com.docker.compose.project': 'my_app' };
    const workload = built({ Names: ['/my_app-web-1'], Labels: labels });
    expect([workload.name, workload.baseName]).toEqual(['my_app-web-1', 'web-my-app']);
  });

  test.for([
    { name: 'only a service', labels: { 'com.docker.compose.service': 'web' } },
    { name: 'only a project', labels: { 'com.docker.compose.project': 'my_app' } },
  ])('with $name the base name is the container name', ({ labels }) => {
    expect(built({ Names: ['/plain.name'], Labels: labels }).baseName).toBe('plain-name');
  });
});

describe('ports', () => {
  test.for([
    { name: 'none', ports: [], expected: [] },
    { name: 'absent', ports: null, expected: [] },
    { name: 'ascending as numbers', ports: [{ PrivatePort: 9000 }, { PrivatePort: 80 }], expected: [80, 9000] },
    {
      name: 'once when published on IPv4 and IPv6',
      ports: [
        { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
        { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      ],
      expected: [80],
    },
    {
      name: 'TCP only',
      ports: [
        { PrivatePort: 53, Type: 'udp' },
        { PrivatePort: 443, Type: 'tcp' },
        { PrivatePort: 444, Type: 'sctp' },
      ],
      expected: [443],
    },
    { name: 'no zero', ports: [{ PrivatePort: 0, Type: 'tcp' }, { Type: 'tcp' }], expected: [] },
  ])('$name', ({ ports, expected }) => {
    expect(built({ Ports: ports }).ports).toEqual(expected);
  });
});

test('ports bound to one address of the host are told, IPv4 first; those of every address are not', () => {
  const Ports = [
    { PrivatePort: 80, Type: 'tcp', IP: '2001:db8::1', PublicPort: 8080 },
    { PrivatePort: 80, Type: 'tcp', IP: '192.0.2.7', PublicPort: 8080 },
    { PrivatePort: 81, Type: 'tcp', IP: '0.0.0.0', PublicPort: 8081 },
    { PrivatePort: 82, Type: 'tcp', IP: '::', PublicPort: 8082 },
    { PrivatePort: 83, Type: 'udp', IP: '192.0.2.7', PublicPort: 8083 },
    { PrivatePort: 84, Type: 'tcp' },
    { PrivatePort: 85, Type: 'tcp', IP: '', PublicPort: 8085 },
  ];
  expect(built({ Ports }).bindings).toEqual([
    { port: 80, address: '192.0.2.7', hostPort: 8080 },
    { port: 80, address: '2001:db8::1', hostPort: 8080 },
  ]);
});

describe('networks', () => {
  test.for([
    { name: 'none', given: networks({}), expected: [] },
    { name: 'absent', given: { NetworkSettings: null }, expected: [] },
    { name: 'no endpoint', given: networks({ a: null }), expected: [] },
    { name: 'no address yet', given: networks({ a: { IPAddress: '', GlobalIPv6Address: '' } }), expected: [] },
    {
      name: 'ordered by name',
      given: networks({ b: { IPAddress: '10.0.2.2' }, a: { IPAddress: '10.0.1.2' } }),
      expected: [
        { network: 'a', address: '10.0.1.2' },
        { network: 'b', address: '10.0.2.2' },
      ],
    },
    {
      name: 'IPv4 before IPv6',
      given: networks({ a: { IPAddress: '10.0.1.2', GlobalIPv6Address: 'fd00::2' } }),
      expected: [{ network: 'a', address: '10.0.1.2' }],
    },
    {
      name: 'IPv6 alone',
      given: networks({ a: { IPAddress: '', GlobalIPv6Address: 'fd00::2' } }),
      expected: [{ network: 'a', address: 'fd00::2' }],
    },
  ])('$name', ({ given, expected }) => {
    expect(built(given).networks).toEqual(expected);
  });

  test('the host network is a flag, not an address', () => {
    const workload = built({ HostConfig: { NetworkMode: 'host' }, ...networks({ host: { IPAddress: '' } }) });
    expect([workload.hostNetwork, workload.networks]).toEqual([true, []]);
  });
});

describe('network_mode container:…', () => {
  const vpn = row({ Id: 'ffff', Names: ['/vpn'], ...networks({ edge: { IPAddress: '10.0.9.9' } }) });
  const side = (mode: string) =>
    row({ Id: 'aaaa', Names: ['/side'], HostConfig: { NetworkMode: mode }, ...networks({}), Ports: [] });

  test.for(['container:ffff', 'container:vpn'])('%s has the addresses of that container', (mode) => {
    const [workload] = buildWorkloads([side(mode), vpn]);
    expect(workload).toMatchObject({ name: 'side', networks: [{ network: 'edge', address: '10.0.9.9' }], ports: [] });
  });

  test('of a container on the host network is on the host network', () => {
    const host = row({ Id: 'ffff', HostConfig: { NetworkMode: 'host' }, ...networks({ host: {} }) });
    expect(buildWorkloads([side('container:ffff'), host])[0]?.hostNetwork).toBe(true);
  });

  test('of a container that is gone has no address', () => {
    expect(buildWorkloads([side('container:gone')])[0]).toMatchObject({ networks: [], hostNetwork: false });
  });
});

describe('the list', () => {
  test('is ordered by id, so that the order of the engine is no change', () => {
    const rows = ['c3', 'a1', 'b2'].map((id) => row({ Id: id }));
    expect(buildWorkloads(rows).map(({ id }) => id)).toEqual(['a1', 'b2', 'c3']);
    expect(buildWorkloads(rows.toReversed())).toEqual(buildWorkloads(rows));
  });

  test('leaves out what has no id and keeps the others', () => {
    const odd = [null, {}, { Id: '' }, { Id: 7 }] as unknown as ContainerRow[];
    expect(buildWorkloads([...odd, row({ Id: 'a1' })]).map(({ id }) => id)).toEqual(['a1']);
  });

  test('takes an entry with nothing but an id', () => {
    expect(buildWorkloads([{ Id: 'a1' }])).toEqual([
      {
        provider: 'docker',
        id: 'a1',
        name: 'a1',
        baseName: 'a1',
        createdAt: 0,
        labels: {},
        running: false,
        health: 'none',
        networks: [],
        ports: [],
        hostNetwork: false,
      },
    ]);
  });

  test('may be empty', () => {
    expect(buildWorkloads([])).toEqual([]);
  });
});
