import { useT } from '../i18n';
import { useEdits, useOnline } from '../store/hooks';
import { IconCloudOff } from './icons';

export function ConnectionBar() {
  const t = useT();
  const online = useOnline();
  const waiting = useEdits().length;
  return (
    <div role="status" className={online ? undefined : 'offline'}>
      {!online && (
        <>
          <IconCloudOff size={18} aria-hidden />
          {waiting > 0 ? t.offlineWaiting(waiting) : t.offline}
        </>
      )}
    </div>
  );
}
