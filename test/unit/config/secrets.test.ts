import { expect, test } from 'vitest';
import { buildConfig } from '../../../src/config/build-config.ts';
import type { Workload } from '../../../src/config/workload.ts';
import { compile, PLACE, staticConfig, workload } from '../../support/workloads.ts';

const SECRET = 'hunter2';
const MIDDLEWARE = 'sluice.http.middlewares.m';
const SERVICE = 'sluice.http.services.x.loadbalancer';

/** Problems go to the log and to the admin address. */
test.for<Record<string, string>>([
  { 'sluice.auth': `fay:${SECRET}` },
  { 'sluice.auth': SECRET },
  { 'sluice.auth': `forward:http://u:${SECRET}@x y/` },
  { [`${MIDDLEWARE}.basicauth.users`]: SECRET },
  { [`${MIDDLEWARE}.basicauth.removeheader`]: `fay:${SECRET}` },
  { [`${MIDDLEWARE}.basicauth.headerfield`]: `fay:${SECRET}` },
  { [`${MIDDLEWARE}.digestauth.removeheader`]: `fay:realm:${SECRET}` },
  { [`${MIDDLEWARE}.forwardauth.address`]: `ftp://u:${SECRET}@x/` },
  { [`${MIDDLEWARE}.forwardauth.maxbodysize`]: SECRET },
  { [`${MIDDLEWARE}.headers.customrequestheaders.Host`]: `http://u:${SECRET}@x/` },
  { [`${MIDDLEWARE}.headers.customrequestheaders.X-Key`]: `${SECRET}\u0001` },
  { [`${SERVICE}.server.url`]: `ftp://u:${SECRET}@x/` },
  { [`${SERVICE}.server.url`]: `http://u:p/${SECRET}@x/` },
  { [`${SERVICE}.server.url`]: `http://u:p@${SECRET}@x/` },
  { 'sluice.b.host': `https://u:${SECRET}@b.test` },
  { 'traefik.frontend.auth.basic': `fay:${SECRET}` },
  { 'traefik.web.frontend.auth.basic': `fay:${SECRET}` },
  { 'traefik.frontend.headers.customRequestHeaders': `Authorization:${SECRET}` },
  { 'traefik.frontend.headers.sslProxyHeaders': `X-Key:${SECRET}` },
  { 'traefik.backend.healthcheck.headers': `Authorization:${SECRET}` },
])('%o: a problem without the secret', (labels) => {
  const { problems } = compile([workload({ labels: { 'sluice.host': 'a.test', ...labels } })]);
  expect(problems.map(({ label }) => label)).toContain(Object.keys(labels)[0]);
  expect(JSON.stringify(problems)).not.toContain(SECRET);
});

test('a URL in a file', () => {
  const file: Workload = workload({
    provider: 'file',
    labels: { 'sluice.host': 'a.test' },
    urls: [`ftp://u:${SECRET}@x/`],
  });
  const { problems } = buildConfig([file], PLACE, staticConfig());
  expect(problems).toMatchObject([{ message: '"ftp://…@x/" is not a server URL' }]);
});
