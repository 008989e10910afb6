import { describe, expect, test } from 'vitest';
import { decodeLabels } from '../../../src/config/decode-labels.ts';
import { workload } from '../../support/workloads.ts';

const DEFAULTS = { mode: 'sluice', exposedByDefault: true, defaultHost: undefined } as const;
const SHORT = 'sluice.';
const SERVICE = 'traefik.http.services.web.loadbalancer.';
const ROUTER = 'traefik.http.routers.web.';
const MIDDLEWARE = 'traefik.http.middlewares.m.';

/** What is reported about one label beside a site that is right. */
function report(label: string, value: string) {
  const site = label.startsWith('sluice.') ? { 'sluice.host': 'a.com' } : { [`${ROUTER}rule`]: 'Host(`a.com`)' };
  const { problems, routers } = decodeLabels(workload({ labels: { ...site, [label]: value } }), DEFAULTS);
  return { problems: problems.filter((problem) => problem.label === label), routers };
}

describe('a wrong value of a label that does not act yet is an error that names label, value and fix', () => {
  test.for([
    [`${SHORT}limit`, '10/x', '10/s burst 20'],
    [`${SHORT}limit`, '10', '10/s'],
    [`${SHORT}limit`, '10/s burst', 'burst 20'],
    [`${SHORT}limit`, '0/s', '10/s'],
    [`${SHORT}compress`, 'yes', 'write true'],
    [`${SHORT}hold`, '15 s', 'write 15s'],
    [`${ROUTER}observability.accesslogs`, 'no', 'write false'],
    [`${ROUTER}observability.traceverbosity`, 'all', 'minimal or detailed'],
    [`${SERVICE}passivehealthcheck.maxfailedattempts`, '0', '1 or more'],
    [`${SERVICE}responseforwarding.flushinterval`, 'fast', '10s'],
    [`${MIDDLEWARE}ratelimit.average`, 'many', '0 or more'],
    [`${MIDDLEWARE}ratelimit.period`, '1 second', 'write 1s'],
    [`${MIDDLEWARE}ratelimit.sourcecriterion.ipstrategy.depth`, '-1', 'from 0 to 100'],
    [`${MIDDLEWARE}ratelimit.sourcecriterion.ipstrategy.excludedips`, '10.0.0.0/8, x', '192.0.2.0/24'],
    [`${MIDDLEWARE}inflightreq.amount`, '0', '1 or more'],
    [`${MIDDLEWARE}retry.attempts`, 'three', '1 or more'],
    [`${MIDDLEWARE}retry.status`, '500,5xx', '500-599'],
    [`${MIDDLEWARE}errors.status`, '599-500', '500-599'],
    [`${MIDDLEWARE}errors.status`, '404,600', '500-599'],
    [`${MIDDLEWARE}errors.statusrewrites.500-599`, '700', 'from 100 to 599'],
    [`${MIDDLEWARE}forwardauth.address`, 'auth:9000', 'http://host:port/path'],
    [`${MIDDLEWARE}forwardauth.authresponseheadersregex`, '(', 'RE2'],
    [`${MIDDLEWARE}compress`, 'gzip', 'true or false'],
    [`${MIDDLEWARE}circuitbreaker.responsecode`, '1', 'from 100 to 599'],
    [`${MIDDLEWARE}passtlsclientcert.info.subject.commonname`, 'x', 'true or false'],
    [`${MIDDLEWARE}buffering.memrequestbodybytes`, '1MB', '0 or more'],
    ['traefik.swarm.lbswarm', 'x', 'true or false'],
    ['traefik.tcp.services.db.loadbalancer.proxyprotocol.version', '3', 'from 1 to 2'],
    ['traefik.tcp.middlewares.m.ipallowlist.sourcerange', '10.0.0', '192.0.2.0/24'],
    ['traefik.udp.services.dns.loadbalancer.server.port', 'dns', 'from 1 to 65535'],
  ] as const)('%s=%s', ([label, value, hint]) => {
    const { problems } = report(label, value);
    expect(problems).toMatchObject([{ severity: 'error', code: 'label_value' }]);
    // What stands at a label about logging in is not shown.
    expect(problems[0]?.message).toContain(/auth\./.test(label) ? 'the value' : `"${value}"`);
    expect(problems[0]?.hint).toContain(hint);
  });

  test('the item of a list has its column', () => {
    const { problems } = report(`${MIDDLEWARE}retry.status`, '500, 5xx');
    expect(problems).toMatchObject([{ column: 6 }]);
  });

  test('it costs nobody the router, which would not have had its effect', () => {
    expect(report(`${SHORT}limit`, '10/x').routers).toMatchObject([{ fault: undefined }]);
  });
});

describe('a right value is a warning that it has no effect yet', () => {
  test.for([
    [`${SHORT}limit`, '10/s'],
    [`${SHORT}limit`, '600/m burst 20'],
    [`${SHORT}compress`, 'true'],
    [`${ROUTER}observability.accesslogs`, 'false'],
    [`${SERVICE}sticky`, ''],
    [`${SERVICE}responseforwarding.flushinterval`, '-1ms'],
    [`${MIDDLEWARE}retry.status`, '404, 500-599'],
    [`${MIDDLEWARE}forwardauth.address`, 'http://auth:9000/check'],
    [`${MIDDLEWARE}plugin.geo.countries[0]`, 'x'],
    [`${MIDDLEWARE}ratelimit.redis.readtimeout`, '-1s'],
  ] as const)('%s=%s', ([label, value]) => {
    expect(report(label, value).problems).toMatchObject([{ severity: 'warning', code: 'not_acted_on' }]);
  });
});

describe('nothing is said about a value that asks for what holds anyway', () => {
  test.for([
    [`${SHORT}compress`, 'false'],
    [`${ROUTER}observability.accesslogs`, 'true'],
    [`${ROUTER}tls.options`, 'default'],
  ] as const)('%s=%s', ([label, value]) => {
    expect(report(label, value).problems).toEqual([]);
  });
});
