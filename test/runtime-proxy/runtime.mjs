// A small language runtime: asks for events, does what they say, answers. What it does with the bytes of an event
// stands in its first argument.
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const base = '/2018-06-01/runtime';

function send(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request({
      hostname,
      port,
      method,
      path: base + path,
      agent,
      headers:
        body === undefined || headers['Transfer-Encoding'] ? headers : { 'Content-Length': body.length, ...headers },
    });
    sent.on('error', reject).on('response', (answer) => {
      const parts = [];
      answer
        .on('data', (part) => parts.push(part))
        .on('error', reject)
        .on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    sent.end(body);
  });
}

function stream(id, parts, fail) {
  return new Promise((resolve, reject) => {
    const headers = {
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      'Transfer-Encoding': 'chunked',
      Trailer: 'Lambda-Runtime-Function-Error-Type',
    };
    const sent = request({ hostname, port, method: 'POST', path: `${base}/invocation/${id}/response`, agent, headers });
    sent.on('error', reject).on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode)));
    (async () => {
      for (const part of parts) {
        sent.write(part);
        await new Promise((next) => setTimeout(next, 20));
      }
      if (fail) sent.addTrailers({ 'Lambda-Runtime-Function-Error-Type': 'Runtime.Broken' });
      sent.end();
    })();
  });
}

const answers = {
  echo: (event) => event,
  bag: (event) => Buffer.concat([Buffer.from('{"bag":'), event, Buffer.from(',"next_action":"CONTINUE"}')]),
  names: (event) => Buffer.from(JSON.stringify(Object.keys(JSON.parse(event.toString())))),
  silent: () => undefined,
  // Keeps the event in a file, for a caller that wants to see it.
  keep: (event) => {
    writeFileSync(process.env.EVENT_FILE, event);
    return event;
  },
  // What a chain of segments does: the bag goes on to the next one.
  step: (event) => {
    const index = JSON.parse(event.toString()).segment_to_run;
    return Buffer.from(
      event.toString('latin1').replace(/"segment_to_run":\s*\d+/, `"segment_to_run":${index + 1}`),
      'latin1',
    );
  },
};

const doings = {
  crash: () => process.exit(3),
  hang: () => {
    process.stdout.write('hanging\n');
    return new Promise(() => setInterval(() => undefined, 1000));
  },
  env: async (id) =>
    send(
      'POST',
      `/invocation/${id}/response`,
      Buffer.from(
        JSON.stringify({ trace: process.env._X_AMZN_TRACE_ID, nodeOptions: process.env.NODE_OPTIONS ?? null }),
      ),
    ),
  fail: async (id) =>
    send('POST', `/invocation/${id}/error`, Buffer.from('{"errorType":"MyError","errorMessage":"no"}'), {
      'Lambda-Runtime-Function-Error-Type': 'MyError',
    }),
  twice: async (id) => {
    const statuses = [
      await send('POST', `/invocation/${id}/response`, Buffer.from('{"n":1}')),
      await send('POST', `/invocation/${id}/response`, Buffer.from('{"n":2}')),
    ].map(({ status }) => status);
    process.stdout.write(`twice ${statuses.join(' ')}\n`);
  },
  // Answers until the service takes the answer, and reports an error when it refuses it.
  again: async (id, event) => {
    const answers = [];
    while (answers.length < 3 && answers.at(-1) !== 202)
      answers.push((await send('POST', `/invocation/${id}/response`, event)).status);
    if (answers.at(-1) !== 202)
      await send('POST', `/invocation/${id}/error`, Buffer.from(`{"errorMessage":"${answers.join(' ')}"}`));
  },
  // Answers an invocation that does not exist, and then its own with the error that it got.
  stray: async (id, event) => {
    const { body } = await send('POST', `/invocation/not-${id}/response`, event);
    await send('POST', `/invocation/${id}/response`, body);
  },
  large: async (id) => {
    const { status } = await send(
      'POST',
      `/invocation/${id}/response`,
      Buffer.from(JSON.stringify('x'.repeat(6 * 1024 * 1024 - 2))),
    );
    process.stdout.write(`large ${status}\n`);
  },
  huge: async (id) => {
    const { status } = await send('POST', `/invocation/${id}/response`, Buffer.alloc(20 * 1024 * 1024, 0x20));
    process.stdout.write(`huge ${status}\n`);
  },
  chunked: async (id) =>
    send('POST', `/invocation/${id}/response`, Buffer.from('{"n":1}'), { 'Transfer-Encoding': 'chunked' }),
  stream: async (id) => stream(id, ['{"a":', '1.0', '}'], false),
  broken: async (id) => stream(id, ['{"a":'], true),
  torn: async (id) => {
    stream(id, ['{"a":', '1', '2'], false).catch(() => undefined);
    setTimeout(() => process.exit(4), 30);
    await new Promise(() => undefined);
  },
  garbage: async (id) => send('POST', `/invocation/${id}/response`, Buffer.from('not json \xff', 'latin1')),
};

if (process.argv[2] === 'init-error') {
  await send('POST', '/init/error', Buffer.from('{"errorType":"Runtime.ImportModuleError"}'), {
    'Lambda-Runtime-Function-Error-Type': 'Runtime.ImportModuleError',
  });
  process.exit(1);
}
process.on('SIGTERM', () => {
  process.stdout.write('terminated\n');
  if (process.argv[2] !== 'stubborn') process.exit(0);
});
const answer = answers[process.argv[2]] ?? answers.echo;
for (;;) {
  const { headers, body } = await send('GET', '/invocation/next');
  const id = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  const doing = doings[/"do":"([a-z]+)"/.exec(body.toString('latin1'))?.[1]];
  if (doing) await doing(id, body);
  else {
    const answered = answer(body);
    if (answered !== undefined)
      await send('POST', `/invocation/${id}/response`, answered, {
        'Content-Type': 'application/json',
        'X-Mine': 'kept',
      });
  }
}
