import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';

const source = readFileSync(new URL('../src/service-worker.js', import.meta.url), 'utf8').replace("'__VERSION__'", '"new"').replace("'__FILES__'", '[]');
type Heard = Record<string, (event: object) => void>;

/** The worker among `stored` caches, in the order of their making; each holds texts by address. */
function worker(stored: Record<string, Record<string, string>>, network: () => Promise<Response>) {
  const heard: Heard = {};
  const kept = new Map(Object.entries(stored));
  const match = (name: string) => async (address: unknown) => {
    const found = kept.get(name)?.[String(address)];
    return found === undefined ? undefined : new Response(found);
  };
  const caches = {
    keys: async () => [...kept.keys()],
    delete: async (name: string) => kept.delete(name),
    open: async (name: string) => ({ match: match(name) }),
    match: async (request: { url: string }) => {
      for (const name of kept.keys()) {
        const found = await match(name)(new URL(request.url).pathname);
        if (found) return found;
      }
    },
  };
  const self = { addEventListener: (name: string, listen: (event: object) => void) => (heard[name] = listen), clients: { claim: async () => {} }, location: { origin: 'https://cumulo' } };
  new Function('self', 'caches', 'fetch', source)(self, caches, network);
  const get = async (address: string, mode = 'navigate') => {
    let answer: Promise<Response> | undefined;
    heard['fetch']!({ request: { method: 'GET', url: `https://cumulo${address}`, mode }, respondWith: (given: Promise<Response>) => (answer = given) });
    return (await answer)?.text();
  };
  const activate = async () => {
    let done: Promise<unknown> | undefined;
    heard['activate']!({ waitUntil: (work: Promise<unknown>) => (done = work) });
    await done;
  };
  return { get, activate, kept };
}

const caches = () => ({ 'cumulo-oldest': {}, 'cumulo-old': { '/': 'old page', '/assets/old.js': 'old part' }, 'cumulo-new': { '/': 'new page' } });

describe('the service worker', () => {
  afterEach(() => vi.useRealTimers());

  it('keeps the parts of the release before, for pages that are open', async () => {
    const { activate, get, kept } = worker(caches(), async () => new Response('gone', { status: 404 }));
    await activate();
    expect([...kept.keys()]).toEqual(['cumulo-old', 'cumulo-new']);
    expect(await get('/assets/old.js', 'no-cors')).toBe('old part');
  });

  it.each<[string, () => Promise<Response>, string]>([
    ['that answers', async () => new Response('fresh page'), 'fresh page'],
    ['that refuses', async () => new Response('no', { status: 404 }), 'no'],
    ['that is away', () => Promise.reject(new TypeError('failed')), 'new page'],
    ['behind a proxy that says that it is away', async () => new Response('Bad Gateway', { status: 502 }), 'new page'],
  ])('opens the page with a service %s', async (_, network, page) => {
    expect(await worker(caches(), network).get('/app/today')).toBe(page);
  });

  it('opens the page where a network never answers', async () => {
    vi.useFakeTimers();
    const answer = worker(caches(), () => new Promise(() => {})).get('/app/today');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await answer).toBe('new page');
  });
});
