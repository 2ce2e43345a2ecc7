/**
 * A reporter of Vitest that closes with one plain line, for services that read the result of a run from its output:
 * `8166 passed, 0 failed, 2 skipped`. A test that is expected to fail, and does, has passed. What fails outside of
 * a test (a file that does not load, a hook, an unhandled error) counts as one failure.
 */
export default class ClosingLine {
  onTestRunEnd(modules, unhandledErrors, reason) {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state) => tests.filter((other) => other === state).length;
    const broken = modules.filter(
      (module) => module.state() === 'failed' && ![...module.children.allTests('failed')].length,
    );
    const failed = count('failed') + count('pending') + broken.length + unhandledErrors.length;
    const skipped = count('skipped');
    const rest = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(`${count('passed')} passed, ${reason === 'passed' ? failed : Math.max(failed, 1)} failed${rest}`);
  }
}
