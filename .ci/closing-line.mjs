/**
 * A reporter of Vitest that closes with one plain line, for services that read the result of a run from its output:
 * `Tests: 8166 passed, 0 failed, 2 skipped`. A test that is expected to fail, and does, has passed.
 */
export default class ClosingLine {
  onTestRunEnd(modules) {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state) => states.filter((other) => other === state).length;
    const skipped = count('skipped');
    const rest = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(`Tests: ${count('passed')} passed, ${count('failed')} failed${rest}`);
  }
}
