import { KeyboardSensor, type SensorInstance, type SensorProps, type UniqueIdentifier } from '@dnd-kit/core';
import type { RefObject } from 'react';

interface Options {
  keyboardCodes: { start: string[]; cancel: string[]; end: string[] };
  /** Where the keys have brought it; null until the first of them. The collision detection gives it back. */
  place: RefObject<UniqueIdentifier | null>;
}

const steps: Record<string, readonly [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Of a tall place, such as a column, its head counts. */
const middle = (rect: DOMRect) => ({ x: rect.left + rect.width / 2, y: rect.top + Math.min(rect.height, 80) / 2 });

/**
 * The arrow keys go from place to place, to the nearest in that direction, as the places lie at that moment; no other key
 * has a meaning meanwhile, and who goes elsewhere puts it back. The library's own sensor listens only after a timer, which a browser may put off for a tenth of a
 * second after a key, and goes by rectangles that may not be measured by then: a quick hand's first arrow went astray.
 */
export class KeyboardCarry implements SensorInstance {
  static readonly activators = KeyboardSensor.activators;
  readonly autoScrollEnabled = false;
  private readonly heard = new AbortController();
  private readonly from: DOMRect;

  constructor(private readonly props: SensorProps<Options>) {
    this.from = props.activeNode.node.current?.getBoundingClientRect() ?? new DOMRect();
    props.options.place.current = null;
    const { signal } = this.heard;
    document.addEventListener('keydown', this.onKey, { signal });
    document.addEventListener('visibilitychange', this.cancel, { signal });
    document.addEventListener('pointerdown', this.cancel, { signal, capture: true });
    document.addEventListener('focusin', this.cancel, { signal });
    window.addEventListener('resize', this.cancel, { signal });
    props.onStart({ x: 0, y: 0 });
  }

  private readonly onKey = (event: KeyboardEvent) => {
    if (event === this.props.event || event.ctrlKey || event.metaKey || event.altKey || /^F\d/.test(event.code)) return;
    event.preventDefault();
    if (event.repeat && !(event.code in steps)) return;
    const { cancel, end } = this.props.options.keyboardCodes;
    if (cancel.includes(event.code)) return this.cancel();
    if (end.includes(event.code)) {
      this.heard.abort();
      return this.props.onEnd();
    }
    const step = steps[event.code];
    if (step) this.go(step);
  };

  private readonly cancel = () => {
    this.heard.abort();
    this.props.onCancel();
  };

  private go([dx, dy]: readonly [number, number]) {
    const { context, options } = this.props;
    const places = context.current.droppableContainers;
    const now = options.place.current ?? context.current.over?.id;
    const start = middle((now !== undefined && places.getNodeFor(now)?.getBoundingClientRect()) || this.from);
    let best: { id: UniqueIdentifier; node: HTMLElement; far: number } | null = null;
    for (const { id, node } of places.getEnabled()) {
      if (id === now || !node.current) continue;
      const end = middle(node.current.getBoundingClientRect());
      const along = (end.x - start.x) * dx + (end.y - start.y) * dy;
      if (along < 4) continue;
      const far = along + 3 * Math.abs((end.x - start.x) * dy + (end.y - start.y) * dx);
      if (!best || far < best.far) best = { id, node: node.current, far };
    }
    if (!best) return;
    best.node.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const [own, there] = [middle(this.from), middle(best.node.getBoundingClientRect())];
    options.place.current = best.id;
    this.props.onMove({ x: there.x - own.x, y: there.y - own.y });
  }
}
