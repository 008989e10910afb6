import type { ComposedConfig, ServerConfig } from '../../src/config/dynamic.ts';
import type { ServerState } from '../../src/protocol.ts';
import type { ServiceSnapshot, Snapshot } from '../../src/routing/snapshot.ts';
import { router, server, startDataPlane, type TestDataPlane } from './data-plane.ts';
import { RawClient, type RawMessage, readMessages } from './raw-http.ts';
import { ScriptedBackend } from './scripted-backend.ts';

/** Backends `a`, `b` and `c` that answer with their name, each a service of its own behind a composed one. */
export class ComposedLab {
  readonly backends = new Map<string, ScriptedBackend>();
  /** Requests that each backend got, whole. */
  readonly seen = new Map<string, string[]>();
  private readonly servers = new Map<string, ServerConfig>();
  private readonly clients: RawClient[] = [];
  private running: TestDataPlane | undefined = undefined;

  get plane(): TestDataPlane {
    return this.running!;
  }

  async open(): Promise<void> {
    for (const name of ['a', 'b', 'c']) {
      const requests: string[] = [];
      const backend = await new ScriptedBackend((connection) => {
        if (readMessages(connection.received, 'request')[0]?.isComplete !== true) return;
        requests.push(connection.received);
        connection.answer(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`);
      }).listen();
      this.backends.set(name, backend);
      this.seen.set(name, requests);
      this.servers.set(name, server(backend.port));
    }
  }

  /** One router to `composed`; `changes` are of all services with servers. */
  snapshot(composed: ComposedConfig, changes: Partial<ServiceSnapshot> = {}): Snapshot {
    const leaves = [...this.servers].map(([name, one]) => ({ name, servers: [one], passHostHeader: true, ...changes }));
    const top = { name: 's@test', servers: [], passHostHeader: true, composed };
    return { routers: [router('Host(`a.test`)')], services: [top, ...leaves], transports: {} };
  }

  async start(composed: ComposedConfig, changes: Partial<ServiceSnapshot> = {}): Promise<void> {
    this.running = await startDataPlane(this.snapshot(composed, changes));
  }

  async close(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    await this.running?.stop();
    await Promise.all([...this.backends.values()].map((backend) => backend.refuse()));
  }

  tell(name: string, state: ServerState): void {
    this.plane.post({ type: 'server-states', states: [[this.servers.get(name)!.id, state]] });
  }

  /** Sends a request on a connection of its own. */
  async send(fields = '', method = 'GET', body = ''): Promise<RawClient> {
    const client = await RawClient.open(this.plane.httpPort);
    this.clients.push(client);
    client.send(`${method} /x?y=1 HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`);
    return client;
  }

  async answerTo(client: RawClient): Promise<RawMessage> {
    await client.until(() => readMessages(client.received, 'response')[0]?.isComplete === true, 'the answer');
    return readMessages(client.received, 'response')[0]!;
  }

  /** The names of the backends that answer so many requests, one after the other. */
  async names(count: number, fields = ''): Promise<string> {
    let text = '';
    for (let n = 0; n < count; n++) text += (await this.answerTo(await this.send(fields))).body;
    return text;
  }
}
