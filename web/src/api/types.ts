import type { components } from './contract';

type Schemas = components['schemas'];
export type Task = Schemas['Task'];
export type TaskCreation = Schemas['TaskCreation'];
export type TaskChange = Schemas['TaskChange'];
export type TaskStatus = Schemas['TaskStatus'];
export type TaskPriority = Schemas['TaskPriority'];
export type Project = Schemas['Project'];
export type ProjectCreation = Schemas['ProjectCreation'];
export type ProjectChange = Schemas['ProjectChange'];
export type TrashItem = Schemas['TrashItem'];
export type Notification = Schemas['Notification'];
export type NotificationList = Schemas['NotificationList'];
export type User = Schemas['User'];
export type SignedIn = Schemas['SignedIn'];
export type Problem = Schemas['Problem'];
export type Scope = Schemas['Scope'];
