import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Http01Challenge } from '../../src/protocol.ts';
import type { ChallengePublisher } from '../../src/acme/challenge.ts';

export interface ChallengeResponder {
  /** Where the CA must look: Pebble's `httpPort`. */
  readonly port: number;
  readonly publisher: ChallengePublisher;
  readonly published: readonly Http01Challenge[];
  readonly withdrawn: readonly string[];
  /** Hosts that were asked for with a known token. */
  readonly served: readonly string[];
  stop(): Promise<void>;
}

/** A small web server that answers HTTP-01 challenges, in place of the data plane. `port` 0 takes a free one. */
export async function startChallengeResponder(port = 0): Promise<ChallengeResponder> {
  const answers = new Map<string, Http01Challenge>();
  const published: Http01Challenge[] = [];
  const withdrawn: string[] = [];
  const served: string[] = [];
  const server = createServer((request, response) => {
    const token = /^\/\.well-known\/acme-challenge\/([\w-]+)$/.exec(request.url ?? '')?.[1] ?? '';
    const answer = answers.get(token);
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (answer === undefined || answer.host !== host) {
      response.writeHead(404).end('not here');
      return;
    }
    served.push(host);
    response.end(answer.keyAuthorization);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    published,
    withdrawn,
    served,
    publisher: {
      publish: async (challenge) => {
        if ('serverName' in challenge) throw new Error('only HTTP-01 is answered here');
        answers.set(challenge.token, challenge);
        published.push(challenge);
      },
      withdraw: (token) => {
        answers.delete(token);
        withdrawn.push(token);
      },
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
