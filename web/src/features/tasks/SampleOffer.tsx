import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useT } from '../../i18n';
import { useProjects, useTasks } from '../../store/hooks';
import { makeSample } from './sample';

/** For those who have nothing yet. */
export function SampleOffer() {
  const t = useT();
  const navigate = useNavigate();
  const { tasks } = useTasks();
  if (useProjects().size > 1 || tasks.size > 0) return null;
  return (
    <Button variant="light" onClick={() => void navigate({ to: '/app/project/$id', params: { id: makeSample(t) } })}>
      {t.empty.sample}
    </Button>
  );
}
