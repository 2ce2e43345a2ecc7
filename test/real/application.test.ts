import { afterEach, expect } from 'vitest';
import { overObjects, useAdapters } from '../adapter/adapters.js';
import type { Adapter } from '../adapter/adapters.js';
import { PAYLOAD_LIMIT, RAN, applicationSuite } from '../adapter/application.suite.js';
import type { OpenGround } from '../adapter/application.suite.js';
import type { LambdaFunction } from '../runtime-proxy/behind-proxy.js';
import { serveServices } from './application-services.js';
import type { ServedServices } from './application-services.js';
import { parseEndpoints } from './endpoints.js';
import { answerTo, createBucket, startPython } from './runtime-functions.js';

const adapterFor = useAdapters();

/** What runs the segments in Python, until the test ends. */
const functions: LambdaFunction[] = [];
let served: ServedServices | undefined;
afterEach(async () => {
  await Promise.all([...functions.splice(0), ...(served ? [served] : [])].map((one) => one.stop()));
  served = undefined;
});

type Runtime = 'Python' | 'Node';

/**
 * Runs segments and inner runners in the runtimes in turn: in Python behind the built proxy, one function for each role
 * and way to come by the program, or in Node behind `wrap`. All other handlers run in Node.
 */
function runnersOn(url: string, runtimes: readonly Runtime[]): OpenGround {
  return async (services) => {
    const server = await createBucket(url);
    const { url: SERVICES } = (served = await serveServices(services));
    const started = new Map<string, Promise<LambdaFunction>>();
    const startRunner = async (role: string, speaks: string): Promise<LambdaFunction> => {
      const one = await startPython(`application.${role}`, server, {
        SERVICES,
        PROGRAM_PLACE: speaks === 'fat' ? 'bag' : 'event',
        STATEBAG_STORE: `s3://${server.bucket}`,
        STATEBAG_SPEAKS: speaks,
      });
      functions.push(one);
      return one;
    };
    let calls = 0;
    return async (options, role) => {
      const { speaks = 'lean' } = options;
      const inNode = overObjects({ ...options, server });
      const isRunner = role === 'segment' || role === 'inner';
      if (!isRunner || runtimes[calls++ % runtimes.length] === 'Node') return inNode;
      const id = `${role} ${speaks}`;
      const runner = started.get(id) ?? startRunner(role, speaks);
      started.set(id, runner);
      return { objects: inNode.objects, invoke: invokeOver(await runner) };
    };
  };
}

const invokeOver =
  (runner: LambdaFunction): Adapter['invoke'] =>
  async (event) => {
    const { kind, body } = await answerTo(runner, JSON.stringify(event));
    const text = body.toString();
    expect(kind, `${text.slice(0, 500)} ${runner.said().slice(-500)}`).toBe('response');
    expect(body.length).toBeLessThanOrEqual(PAYLOAD_LIMIT);
    return JSON.parse(text) as unknown;
  };

for (const { name, url } of parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT)) {
  applicationSuite(`wrap, with blobs on ${name}`, async () => {
    const server = await createBucket(url);
    return (options) => Promise.resolve(overObjects({ ...options, server }));
  });

  applicationSuite(`the proxy, with blobs on ${name}`, async () => {
    const server = await createBucket(url);
    return (options, apart) => adapterFor('bytes', { ...options, server }, apart);
  });

  applicationSuite(`the proxy in Python, with blobs on ${name}`, runnersOn(url, ['Python']), {
    check: () => {
      expect(served?.noted()).toBe(RAN.length);
    },
  });

  // Three and two: each runtime comes to its program in both ways.
  applicationSuite(
    `the proxy in Python and wrap in Node in turn, with blobs on ${name}`,
    runnersOn(url, ['Python', 'Python', 'Node']),
    {
      schedules: ['lean and fat runners in turn'],
      check: () => {
        expect(served?.noted()).toBeGreaterThan(12);
      },
    },
  );
}
