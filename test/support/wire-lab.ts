import { afterEach, beforeEach, expect } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../src/config/default-transport.ts';
import type { ServerConfig, TransportConfig } from '../../src/config/dynamic.ts';
import type { UpstreamConnection } from '../../src/http/upstream-connection.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { type HeldClient, heldPlane, type HeldPlane } from './held-client.ts';
import { finals, GET, until } from './held-lab.ts';
import { WireServer } from './http2-wire-server.ts';
import { TYPE } from './http2-wire.ts';
import { server } from './server-config.ts';

/** A server of `h2c` that says what it is told to, a data plane in this thread and its clients; made anew for each test of the file that calls this. */
export class WireLab {
  backend!: WireServer;
  held!: HeldPlane;
  private clients: HeldClient[] = [];

  constructor() {
    beforeEach(async () => {
      this.backend = await new WireServer().listen();
      this.backend.onRequest((peer, id) => peer.respond(id));
      this.over();
    });
    afterEach(() => this.stop());
  }

  /** A data plane anew, with this server and way to it. */
  over(transport: Partial<TransportConfig> = {}, config: Partial<ServerConfig> = {}): void {
    const one = server(this.backend.port, { scheme: 'h2c', ...config });
    this.held = heldPlane(0, new Upstream<UpstreamConnection>(one, { ...DEFAULT_TRANSPORT, ...transport }));
  }

  open(): HeldClient {
    const client = this.held.open();
    this.clients.push(client);
    return client;
  }

  readonly send = (text: string): HeldClient => {
    const client = this.open();
    client.send(text);
    return client;
  };

  /** Status and payload of the first response; `cut`: the connection ended without one. */
  readonly answer = async (client: HeldClient): Promise<string> => {
    await until(() => finals(client).length > 0 || client.socket.destroyed, 'an answer');
    const [first] = finals(client);
    return first === undefined ? 'cut' : `${first.startLine.slice(9, 12)} ${first.body}`;
  };

  readonly reasons = (): object => ({ ...this.held.plane.counters.report().reasons });

  /** Connection and stream of each. */
  readonly requests = (): string[] =>
    this.backend.peers.flatMap((peer) => {
      const heads = peer.frames.filter(({ type }) => type === TYPE.HEADERS);
      return [...new Set(heads.map(({ id }) => `${peer.index}:${id}`))];
    });

  /** A next request is served. */
  readonly expectWell = async (): Promise<void> => {
    this.backend.onRequest((peer, id) => peer.respond(id));
    expect(await this.answer(this.send(GET))).toBe('200 ok');
  };

  private async stop(): Promise<void> {
    for (const client of this.clients.splice(0)) client.connection.destroy();
    this.held.upstream.leave('down');
    await this.backend.close();
    expect(this.held.faults).toEqual([]);
    expect(this.held.plane.counters.inFlight).toBe(0);
  }
}
