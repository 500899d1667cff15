import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { DatasetFormat } from '../connections/index.ts'
import { newTemporaryFolder, removeFolder } from './temporary-folder.ts'

interface MadeFile {
  readonly path: string
  /** Comes before what is in the file. */
  readonly head: string
}

const contentTypes: Readonly<Record<DatasetFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
}

/** A file that is made for this answer, as a download; it goes when it was sent, or when nobody waits for it any more. */
export async function sendFile(
  { name, format }: { readonly name: string; readonly format: DatasetFormat },
  make: (folder: string) => Promise<MadeFile>,
): Promise<Response> {
  const folder = await newTemporaryFolder()
  try {
    const { path, head } = await make(folder)
    const { size } = await stat(path)
    const file = createReadStream(path)
    file.once('close', () => void removeFolder(folder))
    async function* content() {
      if (head !== '') yield Buffer.from(head)
      yield* file
    }
    const body = Readable.from(content(), { objectMode: false }).once('close', () => file.destroy())
    return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, {
      headers: {
        'content-type': contentTypes[format],
        'content-length': `${size + Buffer.byteLength(head)}`,
        'content-disposition': `attachment; filename="${name.replaceAll(/[^\w.=-]/g, '_')}"`,
        'cache-control': 'no-store',
      },
    })
  } catch (error) {
    await removeFolder(folder)
    throw error
  }
}
