import { describe, expect, test } from 'vitest';
import type { Workload } from '../../../../src/config/workload.ts';
import { buildWorkloads } from '../../../../src/provider/docker/container.ts';
import { decidePlace } from '../../../../src/provider/docker/own-place.ts';

const ROUTER = '2e6ebfd8b59045eda1e33c6fa0d5a9d289cd4ccf3c067593fdca013830e5fdb3';
const OTHER = 'ff0c442f76b5ab30fa91261c3c2c5ef78767a4752d08f0c8cb70d42968eb0cb6';

const container = (id: string, networks: readonly string[], changes: object = {}) => ({
  Id: id,
  State: 'running',
  HostConfig: { NetworkMode: networks[0] ?? 'default' },
  NetworkSettings: {
    Networks: Object.fromEntries(networks.map((name, index) => [name, { IPAddress: `10.0.${index}.2` }])),
  },
  ...changes,
});

const workloads: readonly Workload[] = buildWorkloads([container(ROUTER, ['web', 'db']), container(OTHER, ['web'])]);

const mounts = (folder: string) => `
2088 1920 0:203 / /proc rw,nosuid - proc proc rw
2127 1920 254:1 ${folder}/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/vda1 rw
2128 1920 254:1 ${folder}/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw
2129 1920 254:1 ${folder}/hosts /etc/hosts rw,relatime - ext4 /dev/vda1 rw
`;

describe('the router finds itself', () => {
  test.for([
    { name: 'by its host name, the short id', hostname: ROUTER.slice(0, 12), mountinfo: '' },
    { name: 'by its host name, the whole id', hostname: ROUTER, mountinfo: '' },
    { name: 'by its mounts', hostname: 'edge-1', mountinfo: mounts(`/var/lib/docker/containers/${ROUTER}`) },
    { name: 'with a data root of its own', hostname: 'edge-1', mountinfo: mounts(`/srv/d/containers/${ROUTER}`) },
    {
      name: 'under podman',
      hostname: 'edge-1',
      mountinfo: mounts(`/containers/storage/overlay-containers/${ROUTER}/userdata`),
    },
  ])('$name', ({ hostname, mountinfo }) => {
    const self = { hostname, mountinfo };
    const found = decidePlace(
      workloads.filter(({ id }) => id === ROUTER || !hostname.startsWith('ff')),
      self,
    );
    expect(found).toEqual({ networks: ['db', 'web'] });
  });
});

describe('the router reaches every bridge', () => {
  test.for([
    { name: 'on the host', hostname: 'vps', mountinfo: '24 30 0:22 / /proc rw - proc proc rw\n' },
    { name: 'where /proc is missing', hostname: 'vps', mountinfo: '' },
    { name: 'in a container of another engine', hostname: 'c'.repeat(12), mountinfo: mounts(`/c/${'d'.repeat(64)}`) },
    { name: 'with a host name that is hexadecimal but too short to be an id', hostname: '2e6ebfd', mountinfo: '' },
    {
      name: 'with a container folder mounted somewhere else',
      hostname: 'vps',
      mountinfo: `1 2 254:1 /var/lib/docker/containers/${ROUTER} /backup rw - ext4 /dev/vda1 rw\n`,
    },
  ])('$name', (self) => {
    expect(decidePlace(workloads, self)).toEqual({ networks: undefined });
  });

  test('in a container on the host network', () => {
    const own = buildWorkloads([container(ROUTER, ['host'])]);
    expect(decidePlace(own, { hostname: ROUTER.slice(0, 12), mountinfo: '' })).toEqual({ networks: undefined });
  });

  test('when the container of that id is not running', () => {
    const own = buildWorkloads([container(ROUTER, ['web'], { State: 'exited' })]);
    expect(decidePlace(own, { hostname: ROUTER.slice(0, 12), mountinfo: '' })).toEqual({ networks: undefined });
  });
});

test('a router behind another container has the networks of that one', () => {
  const own = container(ROUTER, [], { HostConfig: { NetworkMode: `container:${OTHER}` } });
  const place = decidePlace(buildWorkloads([own, container(OTHER, ['vpn'])]), {
    hostname: ROUTER.slice(0, 12),
    mountinfo: '',
  });
  expect(place).toEqual({ networks: ['vpn'] });
});
