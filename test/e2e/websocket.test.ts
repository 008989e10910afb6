import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createContainers, type LabContainers } from '../support/lab/containers.ts';
import { waitFor } from '../support/lab/wait-for.ts';
import { type RouterProcess, startRouter } from '../support/router-process.ts';
import { createSharedFolder, type SharedFolder } from '../support/shared-folder.ts';
import { createSiteClient } from '../support/site-client.ts';
import { OPCODE, openWebSocket, type WebSocketClient } from '../support/websocket-client.ts';

const { host: docker } = inject('engine');
const { app: image } = inject('images');
const NAME = 'socket.test';

let folder: SharedFolder;
let containers: LabContainers;
let router: RouterProcess;

beforeAll(async () => {
  folder = await createSharedFolder();
  containers = createContainers(docker);
  await containers.run({ image, labels: { 'sluice.host': NAME }, env: { NAME: 'echo' } });
  router = await startRouter({ docker, dataDir: folder.path });
  using client = createSiteClient({ at: router.https, name: NAME });
  await waitFor('the site', async () => (await client.ask('/')).status === 200);
});

afterAll(async () => {
  await router?.[Symbol.asyncDispose]();
  await containers?.removeAll();
  await folder?.remove();
});

const open = async () => {
  const socket = await openWebSocket({ at: router.https, name: NAME });
  expect((await socket.next()).payload.toString()).toBe('hello from echo');
  return socket;
};

const closeCode = (payload: Buffer) => payload.readUInt16BE(0);
const close = async (socket: WebSocketClient, code: number) => {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  socket.send(OPCODE.close, payload);
  const frame = await socket.next();
  expect([frame.opcode, closeCode(frame.payload)]).toEqual([OPCODE.close, code]);
  expect(await socket.ended()).toBe(true);
};

describe('a WebSocket through HTTPS', () => {
  test('echoes 1,000 messages one by one and closes in order', async () => {
    using socket = await open();
    for (let i = 0; i < 1000; i++) {
      socket.send(OPCODE.text, `message ${i}`);
      const { opcode, payload } = await socket.next();
      expect([opcode, payload.toString()]).toEqual([OPCODE.text, `message ${i}`]);
    }
    await close(socket, 1000);
  });

  test('echoes 1,000 messages sent at once, in order and unchanged', async () => {
    using socket = await open();
    const messages = Array.from({ length: 1000 }, (_, i) => randomBytes(i * 7));
    for (const message of messages) socket.send(OPCODE.binary, message);
    for (const message of messages) {
      const { opcode, payload } = await socket.next();
      expect([opcode, payload.equals(message)]).toEqual([OPCODE.binary, true]);
    }
    await close(socket, 1001);
  });

  test('passes pings on', async () => {
    using socket = await open();
    socket.send(OPCODE.ping, 'are you there');
    const { opcode, payload } = await socket.next();
    expect([opcode, payload.toString()]).toEqual([OPCODE.pong, 'are you there']);
    await close(socket, 1000);
  });

  test('stays up while another container comes and goes', async () => {
    using socket = await open();
    const other = await containers.run({ image, labels: { 'sluice.host': 'other.test' } });
    await router.logged('routes live', (record) => (record['routers'] as string[]).length > 2);
    await other.remove();
    socket.send(OPCODE.text, 'still here');
    expect((await socket.next()).payload.toString()).toBe('still here');
    await close(socket, 1000);
  });

  test('is cut when the container dies, not left hanging', async () => {
    const name = 'dying.test';
    const app = await containers.run({ image, labels: { 'sluice.host': name } });
    const socket = await waitFor('the WebSocket', () => openWebSocket({ at: router.https, name }));
    await socket.next();
    await app.kill();
    // Either its end comes by the wire, or the engine tells of it first.
    const end = socket.next().then(
      ({ opcode, payload }) => `${opcode} ${payload.readUInt16BE()}`,
      (error: Error) => error.message,
    );
    expect(await end).toMatch(/^(the connection (has )?ended|8 1001$)/);
    socket[Symbol.dispose]();
  });

  test('that is open goes on after a stop signal, and the router ends with it', async () => {
    using socket = await open();
    router.signal('SIGTERM');
    await router.logged('stopping');
    socket.send(OPCODE.text, 'last words');
    expect((await socket.next()).payload.toString()).toBe('last words');
    await close(socket, 1001);
    expect(await router.exited).toEqual({ code: 0, signal: null });
  });
});
