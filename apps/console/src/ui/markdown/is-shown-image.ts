/** Whether a picture in what people write is shown: when it stands in the text itself, or is a file of this site. */
export function isShownImage(src: string, origin: string): boolean {
  if (/^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]/i.test(src)) return true
  const url = URL.parse(src, origin)
  // The API is no place of pictures: reading it may start something.
  return url !== null && url.origin === origin && !url.pathname.startsWith('/api/')
}
