import { useEffect } from 'react';
import { useT } from '../i18n';
import { onRefused } from '../store/outbox';
import { tellError } from './toast';

/** The service refused an edit: what was shown is taken back, and the reason is told. */
export function useRefusals() {
  const t = useT();
  useEffect(() => {
    onRefused((error, { body }) => tellError(t, error, (body['title'] ?? body['name']) as string | undefined));
    return () => onRefused(() => {});
  }, [t]);
}
