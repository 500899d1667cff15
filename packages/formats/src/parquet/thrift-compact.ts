/** Types of the Thrift compact protocol that Parquet's metadata uses. */
const wire = { true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const

type StructFields = (writer: ThriftWriter) => void

/** Writes one Thrift struct in the compact protocol; fields must come in ascending order of their ids. */
export class ThriftWriter {
  #bytes = new Uint8Array(256)
  #length = 0
  #lastField = 0

  finish(): Uint8Array {
    this.#byte(0)
    return this.#bytes.slice(0, this.#length)
  }

  bool(field: number, value: boolean): void {
    this.#field(field, value ? wire.true : wire.false)
  }

  i8(field: number, value: number): void {
    this.#field(field, wire.byte)
    this.#byte(value)
  }

  i32(field: number, value: number): void {
    this.#field(field, wire.i32)
    this.#zigzag(value)
  }

  /** `value` is an integer below 2^53. */
  i64(field: number, value: number): void {
    this.#field(field, wire.i64)
    this.#zigzag(value)
  }

  string(field: number, value: string): void {
    this.binary(field, Buffer.from(value))
  }

  binary(field: number, value: Uint8Array): void {
    this.#field(field, wire.binary)
    this.#binary(value)
  }

  struct(field: number, fields: StructFields): void {
    this.#field(field, wire.struct)
    this.#struct(fields)
  }

  i32List(field: number, values: readonly number[]): void {
    this.#list(field, wire.i32, values.length)
    for (const value of values) this.#zigzag(value)
  }

  stringList(field: number, values: readonly string[]): void {
    this.#list(field, wire.binary, values.length)
    for (const value of values) this.#binary(Buffer.from(value))
  }

  structList<T>(field: number, items: readonly T[], fields: (writer: ThriftWriter, item: T) => void): void {
    this.#list(field, wire.struct, items.length)
    for (const item of items) this.#struct((writer) => fields(writer, item))
  }

  #struct(fields: StructFields): void {
    const outer = this.#lastField
    this.#lastField = 0
    fields(this)
    this.#byte(0)
    this.#lastField = outer
  }

  #field(id: number, type: number): void {
    const delta = id - this.#lastField
    if (delta > 0 && delta <= 15) this.#byte((delta << 4) | type)
    else {
      this.#byte(type)
      this.#zigzag(id)
    }
    this.#lastField = id
  }

  #list(field: number, type: number, size: number): void {
    this.#field(field, wire.list)
    if (size < 15) this.#byte((size << 4) | type)
    else {
      this.#byte(0xf0 | type)
      this.#varint(size)
    }
  }

  #binary(value: Uint8Array): void {
    this.#varint(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  #zigzag(value: number): void {
    this.#varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.#byte((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.#byte(rest)
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
