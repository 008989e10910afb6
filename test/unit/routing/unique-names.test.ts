import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile, staticConfig, traefikConfig, workload } from '../../support/workloads.ts';

const name = fc.constantFrom('app', 'app-plain', 'app-redirect', 'web-app', 'websecure-app', 'app-2', 'web-to-https');
const entrypoints = fc.constantFrom('web', 'websecure', 'http', 'https', 'http,https', 'web,websecure');
const container = fc.record({ name, entrypoints, provider: fc.constantFrom('docker' as const, 'file' as const) });

test('whatever routers are called, no two in a snapshot share a name', () => {
  const split = traefikConfig({
    entrypoints: traefikConfig().entrypoints.map((one) =>
      one.name === 'web'
        ? one
        : { ...one, defaults: { tls: { resolver: 'le', domains: [] }, middlewares: [], isDefault: false } },
    ),
  });
  fc.assert(
    fc.property(fc.array(container, { maxLength: 6 }), fc.constantFrom(staticConfig(), split), (list, options) => {
      const workloads = list.map((one, index) =>
        workload({
          name: `c${index}`,
          provider: one.provider,
          ...(one.provider === 'file' ? { urls: ['http://127.0.0.1:9'] } : {}),
          labels: {
            [`sluice.http.routers.${one.name}.rule`]: `Host(\`h${index}.test\`)`,
            [`sluice.http.routers.${one.name}.entrypoints`]: one.entrypoints,
          },
        }),
      );
      const { routers } = compile(workloads, options).snapshot;
      const names = routers.map((router) => router.name);
      expect(names.length).toBe(new Set(names).size);
    }),
    { numRuns: 300 },
  );
});

test("another container's router that is called like what we make of one costs it nothing", () => {
  const rule = (router: string, host: string) => ({ [`sluice.http.routers.${router}.rule`]: `Host(\`${host}\`)` });
  const both = { 'sluice.http.routers.app.entrypoints': 'http,https' };
  const { snapshot } = compile([
    workload({ name: 'victim', labels: { ...rule('app', 'a.test'), ...both } }),
    workload({ name: 'other', labels: rule('app-plain', 'b.test') }),
  ]);
  const plain = snapshot.routers.filter(({ tls, of }) => !tls && of === 'app@docker');
  expect(plain.map(({ name: own, rule: text }) => `${own} ${text}`)).toEqual(['app-plain-2@docker Host(`a.test`)']);
});
