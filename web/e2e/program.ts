import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? found(address.port) : failed(new Error('no port'))));
    });
  });
}

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

  async start() {
    const log = openSync(join(this.folder, 'log'), 'a');
    const binary = join(process.env.CUMULO_TEST_BIN ?? resolve('../build/release/bin'), 'cumulo');
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CUMULO_')));
    this.child = spawn(binary, ['serve'], {
      stdio: ['ignore', log, log],
      env: {
        ...environment,
        CUMULO_LISTEN: `127.0.0.1:${this.port}`,
        CUMULO_MANAGEMENT_LISTEN: `127.0.0.1:${this.management}`,
        CUMULO_DATA_DIR: this.folder,
        CUMULO_RATE_LIMITS: 'false',
        CUMULO_GREETING: 'false',
      },
    });
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
