import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseServicesFile } from '../../../../src/provider/file/parse-services-file.ts';

describe('entries', () => {
  test('servers and labels', () => {
    const { workloads, problems } = parseServicesFile(
      `
my_nas:
  servers: [http://10.0.0.7:5000, "http://10.0.0.8:5000"]
  labels:
    sluice.host: nas.example.com
    sluice.strip: true
    sluice.port: 0080
    sluice.empty:
`,
      's.yaml',
    );
    expect(problems).toEqual([]);
    expect(workloads).toEqual([
      {
        provider: 'file',
        id: 'my_nas',
        name: 'my_nas',
        baseName: 'my-nas',
        createdAt: 0,
        labels: {
          'sluice.host': 'nas.example.com',
          'sluice.strip': 'true',
          'sluice.port': '0080',
          'sluice.empty': '',
        },
        running: true,
        health: 'none',
        networks: [],
        ports: [],
        hostNetwork: false,
        urls: ['http://10.0.0.7:5000', 'http://10.0.0.8:5000'],
      },
    ]);
  });

  test.for([
    { title: 'one server without a list', yaml: 'a: {servers: "http://x"}', urls: ['http://x'], labels: {} },
    { title: 'labels as a list', yaml: 'a: {labels: ["k=v=w", l=]}', urls: [], labels: { k: 'v=w', l: '' } },
    { title: 'labels left empty', yaml: 'a:\n  servers: [http://x]\n  labels:\n', urls: ['http://x'], labels: {} },
  ])('$title', ({ yaml, urls, labels }) => {
    expect(parseServicesFile(yaml, 's.yaml')).toMatchObject({ workloads: [{ urls, labels }], problems: [] });
  });

  test('servers with weights', () => {
    const yaml = 'a: {servers: [{url: "http://x", weight: 3}, "http://y", {url: "http://z"}]}';
    expect(parseServicesFile(yaml, 's.yaml')).toMatchObject({
      workloads: [{ urls: ['http://x', 'http://y', 'http://z'], weights: [3, undefined, undefined] }],
      problems: [],
    });
  });

  test.for(['', '# nothing', '{}', 'null'])('nothing: "%s"', (yaml) => {
    expect(parseServicesFile(yaml, 's.yaml')).toEqual({ workloads: [], problems: [] });
  });
});

describe('a fault names file, line and column', () => {
  test.for([
    { yaml: 'a: [', message: 's.yaml:1:5', hint: 'mend the file' },
    { yaml: 'a:\n\tb: c', message: 's.yaml:2:1', hint: 'mend the file' },
    { yaml: 'a: 1\na: 2', message: 's.yaml:2:1', hint: 'mend the file' },
    { yaml: '- a', message: 's.yaml:1:1: the file is not a map', hint: 'NAME: {servers: [URL]}' },
  ])('no YAML map: $yaml', ({ yaml, message, hint }) => {
    const { workloads, problems } = parseServicesFile(yaml, 's.yaml');
    expect(workloads).toBeUndefined();
    expect(problems[0]).toMatchObject({
      code: 'file_syntax',
      provider: 'file',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
  });

  test.for([
    { yaml: 'bad: x', message: 's.yaml:1:6: the entry is not a map', hint: 'write bad: {servers' },
    { yaml: 'bad:', message: 's.yaml:1:5: the entry is not a map', hint: 'write bad: {servers' },
    { yaml: 'bad:\n  severs: []', message: 's.yaml:2:3: there is no key "severs"', hint: 'did you mean servers?' },
    { yaml: 'bad: {urls: []}', message: 's.yaml:1:7: there is no key "urls"', hint: 'expected servers and labels' },
    { yaml: 'bad: {servers: [[x]]}', message: 's.yaml:1:17: a server is not a URL', hint: 'http://10.0.0.7:8080' },
    { yaml: 'bad: {servers: [{ulr: x}]}', message: 's.yaml:1:18: a server has no key "ulr"', hint: 'url and weight' },
    { yaml: 'bad: {servers: [{weight: 1}]}', message: 's.yaml:1:17: a server has no URL', hint: 'url: http://' },
    { yaml: 'bad: {servers: {url: x, weight: a}}', message: 's.yaml:1:33: "a" is not a weight', hint: 'weight: 2' },
    {
      yaml: 'bad: {labels: {a: [b]}}',
      message: 's.yaml:1:19: the value of a label is not a text',
      hint: 'sluice.host',
    },
    { yaml: 'bad: {labels: [a]}', message: 's.yaml:1:16: a label is not NAME=VALUE', hint: 'sluice.host' },
    { yaml: 'bad: {labels: a}', message: 's.yaml:1:15: the labels are neither a map nor a list', hint: 'sluice.host' },
    { yaml: '"a b": {}', message: 's.yaml:1:1: "a b" is not a name', hint: 'letters' },
  ])('only the entry is left out: $yaml', ({ yaml, message, hint }) => {
    const { workloads, problems } = parseServicesFile(`${yaml}\ngood: {servers: [http://x]}\n`, 's.yaml');
    expect(workloads?.map(({ name }) => name)).toEqual(['good']);
    expect(problems).toEqual([
      expect.objectContaining({ code: 'file_syntax', message, hint: expect.stringContaining(hint) as string }),
    ]);
  });
});

test('no text makes it throw', () => {
  const pieces = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '-',
    '"',
    '&',
    '*',
    '!',
    '|',
    '#',
    'servers',
    'labels',
  );
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const { workloads, problems } = parseServicesFile(parts.join(''), 's.yaml');
      return workloads !== undefined || problems.length > 0;
    }),
  );
});
