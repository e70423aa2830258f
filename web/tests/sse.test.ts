import { describe, expect, it } from 'vitest';
import { eventsOf } from '../src/store/sse';

async function read(...pieces: string[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
  const found = [];
  for await (const event of eventsOf(body)) found.push(event);
  return found;
}

describe('server-sent events', () => {
  it('come whole, however they are cut', async () => {
    const text = 'retry: 1000\nid: 1\nevent: hello\ndata: {"a":"ü"}\n\n: heartbeat\nid: 2\n\nevent: x\ndata: one\ndata: two\n\n';
    const expected = [
      { type: 'hello', data: '{"a":"ü"}', id: '1' },
      { type: 'message', data: '', id: '2' },
      { type: 'x', data: 'one\ntwo', id: null },
    ];
    expect(await read(text)).toEqual(expected);
    expect(await read(...text)).toEqual(expected);
    expect(await read(text.replaceAll('\n', '\r\n'))).toEqual(expected);
  });
  it('leave out what was cut off', async () => expect(await read('data: half')).toEqual([]));
});
