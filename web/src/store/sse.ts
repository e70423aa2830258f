// Server-sent events out of a body of bytes. (EventSource cannot send the access token.)
export interface StreamEvent {
  type: string;
  data: string;
  id: string | null;
}

/** Also yields what carries no data (heartbeats), so that silence can be told from life. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const blocks = rest.replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) yield eventOf(block);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

export function eventOf(block: string): StreamEvent {
  const event: StreamEvent = { type: 'message', data: '', id: null };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') event.data += event.data ? `\n${value}` : value;
    else if (name === 'event') event.type = value;
    else if (name === 'id') event.id = value;
  }
  return event;
}
