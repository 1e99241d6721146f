// Writes the Parquet fixtures from rows.json. See README.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { parquetWriteBuffer } from 'hyparquet-writer'

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
const flag = { type: 'BOOLEAN' }
const number = { type: 'INT64' }
const time = { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' }

// Column, its name in rows.json, its type: as in S3's own schema.
const columns = [
  ['bucket', 'Bucket', text], ['key', 'Key', text], ['version_id', 'VersionId', text],
  ['is_latest', 'IsLatest', flag], ['is_delete_marker', 'IsDeleteMarker', flag], ['size', 'Size', number],
  ['last_modified_date', 'LastModifiedDate', time], ['e_tag', 'ETag', text], ['storage_class', 'StorageClass', text],
  ['is_multipart_uploaded', 'IsMultipartUploaded', flag], ['replication_status', 'ReplicationStatus', text],
  ['encryption_status', 'EncryptionStatus', text], ['object_lock_retain_until_date', 'ObjectLockRetainUntilDate', time],
  ['object_lock_mode', 'ObjectLockMode', text], ['object_lock_legal_hold_status', 'ObjectLockLegalHoldStatus', text],
  ['intelligent_tiering_access_tier', 'IntelligentTieringAccessTier', text], ['bucket_key_status', 'BucketKeyStatus', text],
  ['checksum_algorithm', 'ChecksumAlgorithm', text], ['object_access_control_list', 'ObjectAccessControlList', text],
  ['object_owner', 'ObjectOwner', text],
]

function value(v, type) {
  if (v === '') return undefined // null
  if (type === number) return BigInt(v)
  if (type.converted_type?.startsWith('TIMESTAMP')) return new Date(v)
  return type === text ? String(v) : v
}

// write makes one file; extra replaces the type of some columns, drop leaves columns out.
function write(name, rows, { types = {}, drop = [] } = {}) {
  const chosen = columns.filter(([c]) => !drop.includes(c)).map(([c, from, type]) => [c, from, types[c] ?? type])
  const schema = [{ name: 's3.inventory', num_children: chosen.length }]
  const columnData = []
  for (const [c, from, type] of chosen) {
    const required = c === 'bucket' || c === 'key'
    schema.push({ name: c, ...type, repetition_type: required ? 'REQUIRED' : 'OPTIONAL' })
    columnData.push({ name: c, data: rows.map(r => value(r[from], type)), nullable: !required })
  }
  const file = parquetWriteBuffer({ columnData, schema, rowGroupSize: 700 }) // several groups; Snappy is the default
  writeFileSync(name, new Uint8Array(file))
}

const files = JSON.parse(readFileSync('rows.json', 'utf8'))
files.forEach((rows, i) => write(`parquet-${i}.parquet`, rows))
const few = files[1].slice(0, 3)
write('no-size.parquet', few, { drop: ['size'] })
write('no-class.parquet', few, { drop: ['storage_class'] })
write('few-columns.parquet', few, {
  drop: columns.map(([c]) => c).filter(c => !['bucket', 'key', 'size', 'storage_class'].includes(c)),
})
write('size-is-text.parquet', few, { types: { size: text } })
write('micros.parquet', few, {
  types: { last_modified_date: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } } },
})
