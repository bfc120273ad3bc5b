import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeApiKey } from '../../src/api/auth/api-key.js';
import { assertMayListen } from '../../src/api/http/listening.js';
import { readSettings } from '../../src/api/settings.js';
import { searchAttributeTypes } from '../../src/embedded/temporal/server-arguments.js';

interface Service {
  ports?: string[];
  image?: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
  volumes?: string[];
  configs?: { source: string }[];
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, unknown>;
}

const root = new URL('../../', import.meta.url).pathname;
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);

test('what a service depends on exists, and is healthy or completes', () => {
  for (const [name, { depends_on = {} }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const target = compose.services[other];
      expect(target, `${name} depends on ${other}`).toBeDefined();
      if (condition === 'service_healthy') expect(target?.healthcheck, `${other} has a healthcheck`).toBeDefined();
      else expect(condition).toBe('service_completed_successfully');
    }
  }
});

test('volumes and configs that are mounted are declared', () => {
  for (const [, { volumes = [], configs = [] }] of services) {
    for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    for (const { source } of configs) expect(Object.keys(compose.configs)).toContain(source);
  }
});

test('every variable given to our processes is one that they read', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('embedded/parts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n');
  const ours = services.filter(([, { image }]) => image?.startsWith('carillon:'));
  expect(ours.map(([name]) => name)).toEqual(['migrate', 'api', 'worker', 'heavy-worker']);
  for (const [name, { environment = {}, command = [] }] of ours) {
    for (const variable of Object.keys(environment)) {
      expect(sources, `${name}: ${variable}`).toMatch(new RegExp(`env\\.${variable}\\b|env, '${variable}'`));
    }
    const entry = (command[1] as string).replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect(readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })).toContain(entry);
  }
});

test('the search attributes it makes are those of the contract', () => {
  for (const [name, type] of Object.entries(searchAttributeTypes)) expect(text).toContain(`${name}=${type}`);
});

test('no password is in the file, and the number of shards is set', () => {
  expect(text).not.toMatch(/PASSWORD: (?!\$\{POSTGRES_PASSWORD:\?)|PWD: (?!\$\{POSTGRES_PASSWORD:\?)/);
  expect(compose.services.temporal?.environment?.NUM_HISTORY_SHARDS).toBe('512');
});

test('the API asks for keys, the one secret key is required everywhere it is used, and no port is open to other machines', () => {
  const { api, worker, 'heavy-worker': heavy, migrate } = compose.services;
  expect(api?.environment).toMatchObject({ CARILLON_AUTH: 'required', CARILLON_TLS_BY_PROXY: '1' });
  expect(api?.environment?.CARILLON_ADMIN_KEY).toMatch(/^\$\{CARILLON_ADMIN_KEY:\?.+\}$/);
  for (const one of [api, worker, heavy])
    expect(one?.environment?.CARILLON_SECRET_KEY).toMatch(/^\$\{CARILLON_SECRET_KEY:\?/);
  for (const one of [worker, heavy, migrate]) expect(one?.environment).not.toHaveProperty('CARILLON_ADMIN_KEY');
  const settings = {
    ...(api?.environment ?? {}),
    CARILLON_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    CARILLON_ADMIN_KEY: makeApiKey(),
  };
  const { host, authenticated, tlsByProxy } = readSettings(settings);
  expect(() => assertMayListen({ host, authenticated, tls: tlsByProxy ? 'proxy' : undefined })).not.toThrow();
  for (const [name, { ports = [] }] of services) for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
});
