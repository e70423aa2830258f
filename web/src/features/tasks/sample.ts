import type { Messages } from '../../i18n';
import { createProject, createTask } from './actions';

/** A project that teaches by being done. Returns its id. */
export function makeSample(t: Messages): string {
  const project = createProject({ name: t.sample.project, color: '#2b62c9' });
  for (const title of t.sample.tasks) createTask({ title, project_id: project });
  return project;
}
