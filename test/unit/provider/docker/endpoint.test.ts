import { describe, expect, test } from 'vitest';
import { parseDockerEndpoint } from '../../../../src/provider/docker/endpoint.ts';

const address = (protocol: 'http' | 'https', host: string, port: number) => ({ type: 'address', protocol, host, port });

describe('endpoint forms', () => {
  test.for([
    { endpoint: 'unix:///var/run/docker.sock', expected: { type: 'socket', path: '/var/run/docker.sock' } },
    { endpoint: 'unix:///run/user/1000/a b.sock', expected: { type: 'socket', path: '/run/user/1000/a b.sock' } },
    { endpoint: 'tcp://10.0.0.5:2375', expected: address('http', '10.0.0.5', 2375) },
    { endpoint: 'tcp://socket-proxy:2375/', expected: address('http', 'socket-proxy', 2375) },
    { endpoint: 'tcp://socket-proxy', expected: address('http', 'socket-proxy', 2375) },
    { endpoint: 'tcp://[::1]:2375', expected: address('http', '::1', 2375) },
    { endpoint: 'http://proxy:8080', expected: address('http', 'proxy', 8080) },
    { endpoint: 'http://proxy', expected: address('http', 'proxy', 80) },
    { endpoint: 'https://engine.example:2376', expected: address('https', 'engine.example', 2376) },
    { endpoint: 'https://engine.example', expected: address('https', 'engine.example', 443) },
  ])('$endpoint', ({ endpoint, expected }) => {
    expect(parseDockerEndpoint(endpoint, false)).toEqual(expected);
  });

  test.for([
    { endpoint: 'tcp://engine:2376', expected: address('https', 'engine', 2376) },
    { endpoint: 'tcp://engine', expected: address('https', 'engine', 2376) },
    { endpoint: 'https://engine', expected: address('https', 'engine', 443) },
    { endpoint: 'unix:///var/run/docker.sock', expected: { type: 'socket', path: '/var/run/docker.sock' } },
  ])('$endpoint with certificates', ({ endpoint, expected }) => {
    expect(parseDockerEndpoint(endpoint, true)).toEqual(expected);
  });
});

describe('refused', () => {
  test.for([
    '',
    '/var/run/docker.sock',
    'unix://docker.sock',
    'unix://',
    'ssh://me@host',
    'npipe:////./pipe/docker_engine',
    'localhost:2375',
    'tcp://',
    'tcp://host:99999',
    'tcp://host:2375/prefix',
    'http://user:secret@host',
    'http://host/?a=b',
  ])("'%s', naming the forms that work", (endpoint) => {
    expect(() => parseDockerEndpoint(endpoint, false)).toThrow(
      `--docker: cannot use '${endpoint}': use unix:///path, tcp://host:port, http://host:port or https://host:port`,
    );
  });

  test('plain HTTP with a folder of certificates', () => {
    expect(() => parseDockerEndpoint('http://engine:2375', true)).toThrow('use https:// or drop the path');
  });
});
