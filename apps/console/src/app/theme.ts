import { type CSSVariablesResolver, createTheme, DEFAULT_THEME, type MantineColorsTuple } from '@mantine/core'

/** The darkest shades of these are too bright for text on white, or on their own lightest shade. */
const darker = {
  green: '#1f6b2f',
  teal: '#05684a',
  lime: '#3f6608',
  yellow: '#7f4600',
  orange: '#9c3300',
  red: '#b32020',
}

const colors = Object.fromEntries(
  Object.entries(darker).map(([name, shade]) => [
    name,
    [...(DEFAULT_THEME.colors[name] ?? []).slice(0, 9), shade] as unknown as MantineColorsTuple,
  ]),
)

/** White text on it has 4.5 to 1. */
const darkPrimary = '#0b8094'

/** Shades and sizes that pass WCAG AA on both backgrounds. */
export const theme = createTheme({
  colors: { ...colors, cyan: DEFAULT_THEME.colors.cyan.with(8, darkPrimary) as unknown as MantineColorsTuple },
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 8 },
  autoContrast: true,
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.15rem' } } },
  respectReducedMotion: true,
  components: {
    Badge: { defaultProps: { tt: 'none' } },
    Notification: { styles: { description: { color: 'var(--mantine-color-dimmed)' } } },
    // A dialog that is leaving would take the next Escape, which is meant for what lies below it.
    Modal: { defaultProps: { transitionProps: { duration: 0 } } },
    CloseButton: { defaultProps: { 'aria-label': 'Close' } },
  },
})

/** Text that stands back is read all the same: at least 4.5 to 1 on every background of the console. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c646c',
    '--mantine-color-placeholder': '#656d75',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
  },
  dark: {
    '--mantine-color-dimmed': '#a9a9a9',
    '--mantine-color-placeholder': '#9d9d9d',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
  },
})
