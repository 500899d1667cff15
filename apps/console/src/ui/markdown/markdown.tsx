import { Anchor } from '@mantine/core'
import type { ComponentProps, ReactNode } from 'react'
import ReactMarkdown, { type Components, defaultUrlTransform } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { isShownImage } from './is-shown-image.ts'
import styles from './markdown.module.css'

interface MarkdownProps {
  readonly text: string
  /** What level a heading of the first level gets. Default 3: below the title of the page and of the section. */
  readonly topLevel?: 2 | 3 | 4
}

/**
 * What people wrote in Markdown, tables and task lists included. HTML in it stays text, addresses that run code are left out,
 * and pictures of other sites are links, so that nobody elsewhere learns who reads this.
 */
export function Markdown({ text, topLevel = 3 }: MarkdownProps) {
  return (
    <div className={styles.markdown}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        remarkRehypeOptions={{ footnoteLabelTagName: 'h6' }}
        urlTransform={(url, name) => (name === 'src' && url.startsWith('data:image/') ? url : defaultUrlTransform(url))}
        components={components[topLevel]}
      >
        {text}
      </ReactMarkdown>
    </div>
  )
}

const components = { 2: componentsFor(2), 3: componentsFor(3), 4: componentsFor(4) }

function componentsFor(topLevel: number): Components {
  return {
    ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((level) => [`h${level}`, headingAt(level + topLevel - 1)])),
    a: ({ href, children, id }) => (
      <ExternalLink href={href} {...(id === undefined ? {} : { id })}>
        {children}
      </ExternalLink>
    ),
    img: ({ src, alt = '' }) => {
      if (typeof src !== 'string' || src === '') return alt
      if (isShownImage(src, location.origin)) return <img src={src} alt={alt} loading="lazy" />
      return <ExternalLink href={src}>{alt === '' ? src : alt}</ExternalLink>
    },
    input: ({ checked }) => (
      <input
        type="checkbox"
        className={styles.task}
        checked={checked === true}
        readOnly
        disabled
        aria-label={checked === true ? 'Done' : 'Open'}
      />
    ),
    // What scrolls has to be reached by keys.
    table: ({ children }) => (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: as said above
      <section className={styles.table} tabIndex={0} aria-label="Table">
        <table>{children}</table>
      </section>
    ),
    // biome-ignore lint/a11y/noNoninteractiveTabindex: as said above
    pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  }
}

function headingAt(level: number) {
  const Tag = `h${Math.min(level, 6)}` as 'h3'
  return ({ id, children }: ComponentProps<'h3'>) => <Tag {...(id === undefined ? {} : { id })}>{children}</Tag>
}

function ExternalLink({ href, id, children }: { href: string | undefined; id?: string; children: ReactNode }) {
  if (href === undefined || href === '') return <span>{children}</span>
  return (
    <Anchor
      href={href}
      inherit
      underline="always"
      rel="noopener noreferrer nofollow"
      {...(id === undefined ? {} : { id })}
    >
      {children}
    </Anchor>
  )
}
