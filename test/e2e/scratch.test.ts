import { it } from 'vitest';
import { Session } from 'node:inspector/promises';
import { createBlobStore } from '../../src/store/blob-store.js';
import { memoryObjectStore } from '../../src/store/memory.js';
import { leanInitializer } from './state-machine/beginnings.js';
import { makeOldBag } from './state-machine/cases.js';
import { rollout } from './state-machine/deployment.js';
import { runFromStart } from './state-machine/executions.js';
import { writeFileSync } from 'node:fs';

it('prof', async () => {
  const place = { objects: memoryObjectStore(), bucket: 'local' };
  const session = new Session(); session.connect();
  await session.post('Profiler.enable'); await session.post('Profiler.start');
  const t=process.cpuUsage();
  for (let i=0;i<4;i++) {
    const began = makeOldBag('fanout', 'headline', place.bucket);
    const deploy = rollout({ openStore: () => createBlobStore(place), mode: 'strict', seed: i });
    await runFromStart(leanInitializer(began, createBlobStore(place)), { place, deploy });
  }
  const c = process.cpuUsage(t); console.log(c.user/4000, c.system/4000);
  const { profile } = await session.post('Profiler.stop');
  const self = new Map<string, number>();
  const dt = profile.timeDeltas!; const byId = new Map(profile.nodes.map(n => [n.id, n]));
  profile.samples!.forEach((id, i) => { const n = byId.get(id)!; const k = n.callFrame.functionName + ' ' + n.callFrame.url.split('/').slice(-2).join('/') + ':' + n.callFrame.lineNumber; self.set(k, (self.get(k) ?? 0) + dt[i]!); });
  console.log([...self].sort((a,b)=>b[1]-a[1]).slice(0,30).map(([k,v])=>`${(v/1000).toFixed(0)} ${k}`).join('\n'));
  writeFileSync('/tmp/prof/p.cpuprofile', JSON.stringify(profile));
}, 60000);
