import { expect, test } from 'vitest';
import { findLabel } from '../../../src/config/label-table.ts';
import { translateLabelV1 } from '../../../src/config/traefik-v1-labels.ts';

test.for([
  ['frontend.rule', 'Host:a.com;PathPrefix:/x', 'http.routers.web.rule=Host(`a.com`) && PathPrefix(`/x`)'],
  ['frontend.rule', 'something else', 'http.routers.web.rule=Host(`example.com`)'],
  ['Frontend.entryPoints', 'http,https', 'http.routers.web.entrypoints=http,https'],
  ['frontend.priority', '10', 'http.routers.web.priority=10'],
  ['frontend.passHostHeader', 'false', 'http.services.web.loadbalancer.passhostheader=false'],
  ['frontend.auth.basic.users', 'ada:$apr1$secret', 'http.middlewares.web-auth.basicauth.users=…'],
  ['frontend.whiteList.sourceRange', '10.0.0.0/8', 'http.middlewares.web-allow.ipallowlist.sourcerange=10.0.0.0/8'],
  ['frontend.redirect.entryPoint', 'https', 'http.middlewares.web-redirect.redirectscheme.scheme=https'],
  ['frontend.headers.STSSeconds', '60', 'http.middlewares.web-headers.headers.stsseconds=60'],
  ['port', '80', 'http.services.web.loadbalancer.server.port=80'],
  ['protocol', 'https', 'http.services.web.loadbalancer.server.scheme=https'],
  ['weight', '3', 'http.services.web.loadbalancer.server.weight=3'],
  ['backend', 'app', 'http.routers.web.service=app'],
  ['backend.healthcheck.interval', '10s', 'http.services.web.loadbalancer.healthcheck.interval=10s'],
  ['backend.loadbalancer.stickiness', 'true', 'http.services.web.loadbalancer.sticky.cookie=true'],
  ['domain', 'a.com', 'http.routers.web.rule=Host(`example.com`)'],
  ['shop.port', '81', 'http.services.web-shop.loadbalancer.server.port=81'],
  ['shop.frontend.rule', 'Host:s.com', 'http.routers.web-shop.rule=Host(`s.com`)'],
] as const)('%s=%s', ([label, value, today]) => {
  expect(translateLabelV1(label.split('.'), value, 'web')).toBe(`traefik.${today}`);
  const path = today.slice(0, today.indexOf('=')).split('.');
  expect(findLabel('traefik', path).option).toBeDefined();
});

test.for(['frontnd.rule', 'tags', 'http.foo', 'ports', 'a.b.port', ''])('"%s" was no label of v1', (label) => {
  expect(translateLabelV1(label.split('.'), 'x', 'web')).toBeUndefined();
});
