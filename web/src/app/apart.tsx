import { lazy, useState, type ComponentType } from 'react';

/** A part that is loaded apart. Once it is at hand it is drawn at once; `lazy` alone would draw nothing first, and the
 * library then waits up to 300 ms before it shows more. */
export function apart<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>) {
  let there: ComponentType<Props> | null = null;
  const fetch = async () => {
    const found = await load();
    there = found.default;
    return found;
  };
  const Fetched = lazy(fetch);
  function Part(props: Props) {
    const [Drawn] = useState<ComponentType<Props>>(() => there ?? Fetched);
    return <Drawn {...props} />;
  }
  /** Best when there is nothing else to do. */
  Part.prepare = () => void fetch().catch(() => {});
  return Part;
}
