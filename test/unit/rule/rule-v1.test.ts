import { expect, test } from 'vitest';
import { translateRuleV1 } from '../../../src/rule/rule-v1.ts';

test.for([
  { v1: 'Host:a.com', v3: 'Host(`a.com`)' },
  { v1: 'Host: a.com, b.com', v3: 'Host(`a.com`) || Host(`b.com`)' },
  { v1: 'Host:a.com;PathPrefix:/x', v3: 'Host(`a.com`) && PathPrefix(`/x`)' },
  { v1: 'Host:a.com,b.com;Path:/x;', v3: '(Host(`a.com`) || Host(`b.com`)) && Path(`/x`)' },
  { v1: 'PathPrefixStrip:/x', v3: 'PathPrefix(`/x`)' },
  { v1: 'PathStrip:/x', v3: 'Path(`/x`)' },
  { v1: 'HostRegexp:{s:[a-z]+}.a.com', v3: 'HostRegexp(`^[a-z]+\\.a\\.com$`)' },
  { v1: 'Headers:X-A,b', v3: 'Header(`X-A`, `b`)' },
  { v1: 'AddPrefix:/x', v3: undefined },
  { v1: 'Host(`a.com`)', v3: undefined },
  { v1: 'Host:', v3: undefined },
  { v1: 'Host:a`b', v3: undefined },
  { v1: '', v3: undefined },
])('$v1', ({ v1, v3 }) => {
  expect(translateRuleV1(v1)).toBe(v3);
});
