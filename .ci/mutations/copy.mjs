import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The last step of a build, as `.ci/build/build.mjs` does it. */
const DECLARE_BUILT = `
  import { mkdirSync, writeFileSync } from 'node:fs';
  import { dirname } from 'node:path';
  import { inputsDigest, outputsDigest, STAMP } from './.ci/build/digests.mjs';
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ inputs: inputsDigest(), outputs: outputsDigest() }));
`;

/** A copy of the tree outside of the checkout, in which code may be broken. Removed when the process ends. */
export class TreeCopy {
  directory = mkdtempSync(join(tmpdir(), 'statebag-mutations-'));

  constructor() {
    process.once('exit', () => rmSync(this.directory, { recursive: true, force: true }));
    for (const file of listFiles()) {
      mkdirSync(dirname(join(this.directory, file)), { recursive: true });
      cpSync(join(ROOT, file), join(this.directory, file), { verbatimSymlinks: true });
    }
    linkPackages(join(ROOT, 'node_modules'), join(this.directory, 'node_modules'));
    this.run('generate');
    this.declareBuilt();
  }

  /** Runs an npm script of the project in the copy. */
  run(script) {
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script], {
      cwd: this.directory,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`npm run ${script} failed in the copy:\n${stdout}${stderr}`);
  }

  read(file) {
    return readFileSync(join(this.directory, file), 'utf8');
  }

  write(file, text) {
    writeFileSync(join(this.directory, file), text);
  }

  /** Builds one source file and the bundle of the command line again. Types are not checked: a guard is broken. */
  rebuild(file) {
    this.write(builtFrom(file), this.transpile(file));
    execFileSync(process.execPath, ['src/cli/bundle.mjs'], { cwd: this.directory, stdio: 'pipe' });
  }

  /**
   * Says that `dist` is the build of the sources as they are. Suites that build a stale `dist` themselves would
   * otherwise build the whole of it for each guard, and fail where a broken guard has wrong types.
   */
  declareBuilt() {
    const args = ['--input-type=module', '--eval', DECLARE_BUILT];
    execFileSync(process.execPath, args, { cwd: this.directory, stdio: 'pipe' });
  }

  /** Throws unless `rebuild` makes of a file what the build made of it: a file of another kind would not load. */
  assertRebuildable(file) {
    if (this.transpile(file) !== this.read(builtFrom(file)))
      throw new Error(`${file} is not built again as npm run build builds it; correct .ci/mutations/copy.mjs`);
  }

  transpile(file) {
    const { compilerOptions } = ts.readConfigFile('tsconfig.json', (path) => this.read(path)).config;
    // A single file is not known to be in a package of ES modules.
    const asModule = { ...compilerOptions, module: 'ESNext', moduleResolution: 'Bundler' };
    const { options } = ts.convertCompilerOptionsFromJson(asModule, this.directory);
    return ts.transpileModule(this.read(file), { compilerOptions: options, fileName: basename(file) }).outputText;
  }
}

function builtFrom(file) {
  return join('dist', file.replace(/\.ts$/, '.js'));
}

/** Files that git tracks, and new ones that it does not ignore. */
function listFiles() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)));
}

/** One link for each package, so that caches that tools keep in `node_modules` stay in the copy. */
function linkPackages(from, to) {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name.startsWith('@')) linkPackages(join(from, name), join(to, name));
    else if (!name.startsWith('.') || name === '.bin') symlinkSync(join(from, name), join(to, name));
  }
}
