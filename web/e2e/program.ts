import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? found(address.port) : failed(new Error('no port'))));
    });
  });
}

const binary = join(process.env.CUMULO_TEST_BIN ?? resolve('../build/release/bin'), 'cumulo');

/** The program, with a data folder of its own. It can be stopped and started again where it was. */
export class Program {
  private child: ChildProcess | null = null;
  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly management: number,
  ) {}

  static async create(): Promise<Program> {
    return new Program(mkdtempSync(join(tmpdir(), 'cumulo-page-')), await freePort(), await freePort());
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  private get environment() {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('CUMULO_'));
    return {
      ...Object.fromEntries(own),
      CUMULO_LISTEN: `127.0.0.1:${this.port}`,
      CUMULO_MANAGEMENT_LISTEN: `127.0.0.1:${this.management}`,
      CUMULO_DATA_DIR: this.folder,
      CUMULO_PUBLIC_URL: this.url,
      CUMULO_RATE_LIMITS: 'false',
      CUMULO_GREETING: 'false',
      // The tests' receivers of webhooks.
      CUMULO_OUTBOUND_ALLOW: '127.0.0.0/8',
    };
  }

  /** What a command prints: `command('user', 'verify-email', …)`. The program may be running. */
  async command(...words: string[]): Promise<string> {
    return new Promise((done, failed) => execFile(binary, words, { env: this.environment }, (error, out) => (error ? failed(error) : done(out))));
  }

  async start() {
    const log = openSync(join(this.folder, 'log'), 'a');
    this.child = spawn(binary, ['serve'], { stdio: ['ignore', log, log], env: this.environment });
    for (let attempt = 0; attempt < 600; ++attempt) {
      if (this.child.exitCode !== null) break;
      try {
        if ((await fetch(`http://127.0.0.1:${this.management}/readyz`)).ok) return;
      } catch {
        // Not there yet.
      }
      await new Promise((later) => setTimeout(later, 50));
    }
    throw new Error(`the program did not start:\n${readFileSync(join(this.folder, 'log'), 'utf8').slice(-3000)}`);
  }

  async stop() {
    const child = this.child;
    this.child = null;
    if (!child || child.exitCode !== null) return;
    await new Promise((ended) => {
      child.once('exit', ended);
      child.kill('SIGTERM');
    });
  }

  async remove() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
