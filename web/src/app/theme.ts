// The look, in one place: the component library's theme and its variables for light and dark. Contrast of text is at
// least 4.5 : 1 in both.
import { createTheme, mergeThemeOverrides, type CSSVariablesResolver, type MantineColorsTuple, type MantineThemeOverride } from '@mantine/core';
import type { Messages } from '../i18n';

const sky: MantineColorsTuple = [
  '#eef4ff', '#dce7fc', '#b8cef7', '#91b3f2', '#6f9ded', '#4d84e4', '#3a72d6', '#2b62c9', '#2152ad', '#1b4690',
];

const red: MantineColorsTuple = [
  '#fdeeee', '#f9dcdc', '#f0b7b6', '#ff9a8f', '#ec7a72', '#e05a52', '#c9332b', '#b8281f', '#a82119', '#8f1a13',
];

/** The library's greys in dark, with the tint of the surfaces. */
const dark: MantineColorsTuple = [
  '#e4e8ee', '#c3cad5', '#a0aab9', '#6d7888', '#3d4552', '#323945', '#262c35', '#20252d', '#14171c', '#0e1115',
];

const theme = createTheme({
  primaryColor: 'sky',
  colors: { sky, red, dark },
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.625rem', lineHeight: '1.25' }, h2: { fontSize: '1rem', lineHeight: '1.4' } } },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    Checkbox: { defaultProps: { radius: 'sm' } },
    // It stands among the items, where only items may.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
  },
});

/** With the words that the library needs. */
export function themeIn(t: Messages): MantineThemeOverride {
  const closable = { defaultProps: { closeButtonProps: { 'aria-label': t.close } } };
  return mergeThemeOverrides(theme, { components: { Modal: closable, Notification: closable } });
}

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fbfcfe',
    '--mantine-color-text': '#1b2330',
    '--mantine-color-dimmed': '#5a6576',
    '--mantine-color-placeholder': '#667081',
    '--mantine-color-error': '#c02626',
    '--mantine-color-anchor': '#2152ad',
    '--mantine-color-red-light-color': '#a82119',
    '--surface': '#ffffff',
    '--surface-quiet': '#f2f5fa',
    '--surface-chosen': '#e5edfb',
    '--line': '#e2e7ef',
    '--accent': '#2b62c9',
    '--late': '#b42318',
    '--soon': '#0f7038',
    '--flag-urgent': '#c8281c',
    '--flag-high': '#a34900',
    '--flag-medium': '#2b62c9',
    '--flag-low': '#5a6576',
  },
  dark: {
    '--mantine-color-body': '#14171c',
    '--mantine-color-text': '#e4e8ee',
    '--mantine-color-dimmed': '#a0aab9',
    '--mantine-color-placeholder': '#8f99a8',
    '--mantine-color-error': '#ff8f85',
    '--mantine-color-anchor': '#91b3f2',
    '--mantine-color-red-light-color': '#ff9a8f',
    '--mantine-color-sky-light-color': '#a9c5f7',
    '--surface': '#20252d',
    '--surface-quiet': '#191d23',
    '--surface-chosen': '#263552',
    '--line': '#323945',
    '--accent': '#7aa5f0',
    '--late': '#ff9a8f',
    '--soon': '#6fce93',
    '--flag-urgent': '#ff7d70',
    '--flag-high': '#f0a04b',
    '--flag-medium': '#7aa5f0',
    '--flag-low': '#a0aab9',
  },
});
