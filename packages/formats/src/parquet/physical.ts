/** Numbers of the Parquet format specification. */
export const physicalType = {
  boolean: 0,
  int32: 1,
  int64: 2,
  float: 4,
  double: 5,
  byteArray: 6,
  fixed: 7,
} as const
export type PhysicalType = (typeof physicalType)[keyof typeof physicalType]

export const encoding = { plain: 0, rle: 3, deltaBinaryPacked: 5, rleDictionary: 8 } as const

export const codec = { none: 0, snappy: 1, zstd: 6 } as const
export type ParquetCompression = keyof typeof codec

export const pageType = { data: 0, dictionary: 2 } as const
