import { describe, expect, test } from 'vitest';
import { entriesOf, child, textOf, textsOf } from '../../../../src/provider/compose/compose-node.ts';
import { readProject } from '../../../../src/provider/compose/compose-project.ts';
import { loadCompose } from '../../../../src/provider/compose/load-compose.ts';
import { composeWorld } from '../../../support/compose-world.ts';

type Files = Readonly<Record<string, string>>;

function load(files: Files, names: readonly string[] = ['compose.yaml'], env: Readonly<Record<string, string>> = {}) {
  return loadCompose(names, composeWorld(files, env));
}

/** Labels of a service with the places they come from. */
function labels(files: Files, service = 'web', names?: readonly string[]): Readonly<Record<string, string>> {
  const { root, faults } = load(files, names);
  expect(faults).toEqual([]);
  const found = entriesOf(child(child(child(root, 'services'), service), 'labels'));
  return Object.fromEntries(
    found.map(([name, { key, value }]) => [name, `${textOf(value) ?? ''} @${key.file}:${key.line}`]),
  );
}

describe('one file', () => {
  test('labels as a list and as a map are equal', () => {
    const list = labels({ 'compose.yaml': 'services:\n  web:\n    labels:\n      - a=1=2\n      - b=\n' });
    const map = labels({ 'compose.yaml': 'services:\n  web:\n    labels:\n      a: 1=2\n      b:\n' });
    expect(list).toEqual({ a: '1=2 @compose.yaml:4', b: ' @compose.yaml:5' });
    expect(map).toEqual(list);
  });

  test('anchors and <<: own keys win, the earlier of two merged maps wins', () => {
    const text = `
x-one: &one { a: one, b: one }
x-two: &two { b: two, c: two }
services:
  web:
    labels:
      <<: [*one, *two]
      a: own
`;
    expect(labels({ 'compose.yaml': text })).toEqual({
      a: 'own @compose.yaml:8',
      b: 'one @compose.yaml:2',
      c: 'two @compose.yaml:3',
    });
  });

  const levels = Array.from({ length: 9 }, (_, level) => {
    return `x-${level}: &l${level} [${Array(9)
      .fill(level === 0 ? 'x' : `*l${level - 1}`)
      .join(', ')}]\n`;
  });
  test.for([
    ['in itself', 'x-a: &a [*a]'],
    ['in itself through a map', 'x-a: &a {b: [{c: *a}]}'],
    ['merged into itself', 'x-a: &a {<<: *a}'],
    ['nine of nine of nine …', levels.join('')],
    [
      'thousands in one list',
      `x-a: &a [${Array(450).fill('x').join(', ')}]\nx-b: [${Array(450).fill('*a').join(', ')}]`,
    ],
  ] as const)('an alias without end is a fault: %s', ([, text]) => {
    const { faults } = load({ 'compose.yaml': text });
    expect(faults).toMatchObject([{ message: expect.stringContaining('aliases') }]);
  });

  test('ten thousand aliases are resolved in one walk', () => {
    const content = `x-v: &v value\nx-all: [${Array(10_000).fill('*v').join(', ')}]\n`;
    const { root } = load({ 'compose.yaml': content });
    expect(new Set(textsOf(child(root, 'x-all')).map(({ text }) => text))).toEqual(new Set(['value']));
  });

  test('values of other types are texts as compose prints them', () => {
    const text = 'services: {web: {labels: {a: true, b: 80, c: 1.50, d: 0x10, e: 123456789012345678901, f: null}}}';
    const found = Object.values(labels({ 'compose.yaml': text })).map((value) => value.replace(/ ?@.*/, ''));
    expect(found).toEqual(['true', '80', '1.5', '16', '123456789012345678901', '']);
  });

  test('.env beside the file, the environment before it', () => {
    const files = { 'compose.yaml': 'services: {web: {labels: {a: $A, b: "${B}"}}}', '.env': 'A=file\nB=file\n' };
    const { root } = load(files, ['compose.yaml'], { B: 'process' });
    const found = child(child(child(root, 'services'), 'web'), 'labels');
    expect([textOf(child(found, 'a')), textOf(child(found, 'b'))]).toEqual(['file', 'process']);
  });
});

describe('several files', () => {
  const base = 'services:\n  web:\n    labels: [a=base, b=base]\n    command: [one, two]\n    expose: ["80"]\n';

  test('labels by name, commands replaced, ports added', () => {
    const over = 'services:\n  web:\n    labels: {b: over, c: over}\n    command: [three]\n    expose: ["90"]\n';
    const files = { 'compose.yaml': base, 'over.yaml': over };
    expect(labels(files, 'web', ['compose.yaml', 'over.yaml'])).toEqual({
      a: 'base @compose.yaml:3',
      b: 'over @over.yaml:3',
      c: 'over @over.yaml:3',
    });
    const { root } = load(files, ['compose.yaml', 'over.yaml']);
    const web = child(child(root, 'services'), 'web');
    expect(textsOf(child(web, 'command')).map(({ text }) => text)).toEqual(['three']);
    expect(textsOf(child(web, 'expose')).map(({ text }) => text)).toEqual(['80', '90']);
  });

  test.for([
    ['labels: !reset null', {}],
    ['labels: !override {c: over}', { c: 'over @over.yaml:1' }],
    ['labels: {a: !reset null}', { b: 'base @compose.yaml:3' }],
    ['labels:', { a: 'base @compose.yaml:3', b: 'base @compose.yaml:3' }],
  ] as const)('%s', ([text, expected]) => {
    const files = { 'compose.yaml': base, 'over.yaml': `services: {web: {${text}}}` };
    expect(labels(files, 'web', ['compose.yaml', 'over.yaml'])).toEqual(expected);
  });
});

describe('extends', () => {
  test('a service of the same file, and of another one', () => {
    const files = {
      'compose.yaml': `
services:
  base: {labels: {a: base, b: base}}
  web: {extends: base, labels: {b: own}}
  api: {extends: {file: common/base.yaml, service: app}, labels: [c=own]}
`,
      'common/base.yaml':
        'services:\n  app: {extends: {service: root}, labels: {b: app}}\n  root: {labels: {a: root}}\n',
    };
    expect(labels(files, 'web')).toEqual({ a: 'base @compose.yaml:3', b: 'own @compose.yaml:4' });
    expect(labels(files, 'api')).toEqual({
      a: 'root @common/base.yaml:3',
      b: 'app @common/base.yaml:2',
      c: 'own @compose.yaml:5',
    });
  });

  test.for([
    ['services: {a: {extends: b}, b: {extends: a}}', 'extends itself'],
    ['services: {a: {extends: a}}', 'extends itself'],
    ['services: {a: {extends: none}}', 'there is no service none to extend'],
    ['services: {a: {extends: {file: none.yaml, service: x}}}', 'cannot be read'],
    ['services: {a: {extends: {file: compose.yaml, service: a}}}', 'extends itself'],
  ])('%s: %s', ([text, expected]) => {
    const messages = new Set(load({ 'compose.yaml': text! }).faults.map(({ message }) => message));
    expect([...messages]).toEqual([expect.stringContaining(expected!)]);
  });
});

describe('include', () => {
  test('files of other folders with variables of their own, behind ours', () => {
    const files = {
      'compose.yaml': 'include: [apps/one.yaml, {path: [apps/two.yaml], env_file: two.env}]\nservices: {web: {}}\n',
      '.env': 'A=ours\n',
      'apps/.env': 'A=theirs\nB=theirs\n',
      'apps/one.yaml': 'services: {one: {labels: {a: "$A", b: "$B"}}}',
      'two.env': 'B=named\n',
      'apps/two.yaml': 'services: {two: {labels: {b: "$B"}}}',
    };
    expect(labels(files, 'one')).toEqual({ a: 'ours @apps/one.yaml:1', b: 'theirs @apps/one.yaml:1' });
    expect(labels(files, 'two')).toEqual({ b: 'named @apps/two.yaml:1' });
  });

  test('a circle is a fault', () => {
    const files = { 'compose.yaml': 'include: [b.yaml]', 'b.yaml': 'include: [compose.yaml]' };
    expect(load(files).faults).toMatchObject([{ message: 'it leads back to itself', place: { file: 'compose.yaml' } }]);
  });
});

test.for([
  ['services: [a', 1],
  ['services:\n  web: {a: 1, a: 2}', 2],
  ['- a', 1],
  ['', 1],
  ['services: 5', 1],
  ['a: &a [*a]', 1],
  [
    `a: &a [x,x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g'].map((name, at) => `${name}: &${name} [${`*${'abcdef'[at]},`.repeat(10)}]`).join('\n')}`,
    1,
  ],
] as const)('%j cannot be read: line %i', ([text, line]) => {
  expect(load({ 'compose.yaml': text }).faults).toMatchObject([{ place: { file: 'compose.yaml', line } }]);
});

describe('the project', () => {
  const project = (text: string, env: Readonly<Record<string, string>> = {}) =>
    readProject(load({ 'compose.yaml': text }, ['compose.yaml'], env));

  test.for([
    ['services: {}', {}, 'shop'],
    ['name: other\nservices: {}', {}, 'other'],
    ['services: {}', { COMPOSE_PROJECT_NAME: 'My.Env' }, 'myenv'],
  ] as const)('%j %j is called %s', ([text, env, name]) => {
    expect(project(text, env).name).toBe(name);
  });

  test.for([
    ['{}', ['shop_default']],
    ['{networks: [web, back]}', ['shop_web', 'shop_back']],
    ['{networks: {ext: {ipv4_address: 10.9.9.9}}}', ['ext']],
    ['{networks: [old, named]}', ['legacy', 'real']],
    ['{network_mode: bridge}', ['bridge']],
  ] as const)('%s is in %j', ([service, names]) => {
    const networks = `networks:
  web:
  back: {internal: true}
  ext: {external: true}
  old: {external: {name: legacy}}
  named: {name: real}
`;
    const [one] = project(`services: {a: ${service}}\n${networks}`).services;
    expect(one!.network).toMatchObject({ kind: 'own', networks: names.map((name) => ({ name, isDefined: true })) });
  });

  test.for([
    ['network_mode: host', { kind: 'host' }],
    ['network_mode: none', { kind: 'none' }],
    ['network_mode: service:vpn', { kind: 'service', name: 'vpn' }],
    ['network_mode: container:x', { kind: 'container', name: 'x' }],
  ] as const)('%s', ([text, expected]) => {
    expect(project(`services: {a: {${text}}}`).services[0]!.network).toEqual(expected);
  });

  test.for([
    ['expose: [3000, "53/udp", "8000-8002"]', [3000, 8000, 8001, 8002]],
    [
      'ports: ["80", "8080:90", "127.0.0.1:1:100/tcp", "[::1]:2:110", "53:53/udp", "7000-7001:200-201"]',
      [80, 90, 100, 110, 200, 201],
    ],
    ['ports: [{target: 80, published: 8080}, {target: 53, protocol: udp}]', [80]],
    ['ports: ["nonsense", "99999", "1-60000"]', []],
  ] as const)('%s', ([text, ports]) => {
    expect(project(`services: {a: {${text}}}`).services[0]!.ports).toEqual(ports);
  });
});
