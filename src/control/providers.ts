import type { StaticConfig } from '../config/static-config.ts';
import type { RootLogger } from '../observe/pino-logger.ts';
import { createDockerApi } from '../provider/docker/docker-api.ts';
import { createDockerProvider } from '../provider/docker/docker-provider.ts';
import { readSelfFacts } from '../provider/docker/self-facts.ts';
import { createFileProvider } from '../provider/file/file-provider.ts';
import { traefikForm } from '../provider/file/services-files.ts';
import type { Provider, ProviderSink } from '../provider/provider.ts';

/** Makes and starts the providers that the options ask for. */
export function startProviders(
  config: StaticConfig,
  logger: RootLogger,
  sinkFor: (provider: Provider) => ProviderSink,
): readonly Provider[] {
  const providers: Provider[] = [];
  const now = (): number => performance.now();
  if (config.docker !== undefined) {
    const { endpoint, certPath, tls, login } = config.docker;
    const api = createDockerApi({ endpoint, certPath, tls, login });
    providers.push(createDockerProvider({ api, self: readSelfFacts(), now, random: Math.random }));
  }
  if (config.file !== undefined) providers.push(createFileProvider({ path: config.file }));
  if (config.traefikFiles !== undefined) {
    providers.push(createFileProvider({ ...config.traefikFiles, form: traefikForm(process.env) }));
  }
  // Every sink first: a provider that answers at once must not pass for the only one.
  const sinks = providers.map((provider) => sinkFor(provider));
  for (const [index, provider] of providers.entries()) provider.start(sinks[index]!);
  if (providers.length === 0) logger.warn({}, 'no provider: --docker off and no --file, so there is nothing to route');
  return providers;
}
