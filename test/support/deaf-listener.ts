import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

const PROGRAM = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(workerData), 0, 0);
});
`;

/** A port whose queue of connections is full and is never emptied: the kernel answers no further one. */
export async function deafListener(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const gate = new SharedArrayBuffer(4);
  const worker = new Worker(PROGRAM, { eval: true, workerData: gate });
  const [port] = (await once(worker, 'message')) as [number];
  const sockets: Socket[] = [];
  // One is let in beyond the backlog, or two, as the kernel likes; the first that is not shows that the queue is full.
  for (let isFull = false; !isFull;) {
    const socket = connect({ port, host: '127.0.0.1', timeout: 300 });
    sockets.push(socket);
    socket.on('error', () => {});
    isFull = await Promise.race([once(socket, 'connect').then(() => false), once(socket, 'timeout').then(() => true)]);
  }
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      Atomics.store(new Int32Array(gate), 0, 1);
      Atomics.notify(new Int32Array(gate), 0);
      await worker.terminate();
    },
  };
}
