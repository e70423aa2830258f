import { Button } from '@mantine/core';
import { useT } from '../i18n';
import { useEdits, useOnline, useRefused, useStalled } from '../store/hooks';
import { IconCloudOff } from './icons';
import { setUi } from './ui';

/** What does not go out: for want of a connection, for now, or for good. */
export function ConnectionBar() {
  const t = useT();
  const online = useOnline();
  const stalled = useStalled();
  const waiting = useEdits().length;
  const refused = useRefused().length;
  const words = !online ? (waiting > 0 ? t.offlineWaiting(waiting) : t.offline) : stalled && waiting > 0 ? t.stalled(waiting) : '';
  return (
    <div role="status" className={words || refused > 0 ? 'offline' : undefined}>
      {words && (
        <>
          <IconCloudOff size={18} aria-hidden />
          {words}
        </>
      )}
      {refused > 0 && (
        <>
          <span>{t.refused.told(refused)}</span>
          <Button size="compact-sm" variant="default" onClick={() => setUi({ refused: true })}>
            {t.refused.look}
          </Button>
        </>
      )}
    </div>
  );
}
