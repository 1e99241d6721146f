"""Writes the CSV fixtures, rows.json for parquet.mjs, what has to be listed, and
the manifests. See README.md.
"""

import csv
import datetime
import gzip
import hashlib
import io
import json
import sys
import urllib.parse

SOURCE, DESTINATION = "archive-glacier", "inventories"
CREATED = 1795478400000  # 2026-11-24T00:00:00Z
HOME = "daily/archive-glacier/all/"
COLUMNS = (
    "Bucket Key VersionId IsLatest IsDeleteMarker Size LastModifiedDate ETag StorageClass "
    "IsMultipartUploaded ReplicationStatus EncryptionStatus ObjectLockRetainUntilDate ObjectLockMode "
    "ObjectLockLegalHoldStatus IntelligentTieringAccessTier BucketKeyStatus ChecksumAlgorithm "
    "ObjectAccessControlList ObjectOwner"
).split()

ODD = [
    "a b+c.hdf", "a+b c.hdf", "a%2Bb.hdf", "a%b.hdf", "line\nbreak.hdf", "cr\r\nlf", "tab\there",
    "nul\0nul", "del\x7f", "é/ä/🎉.hdf", "\u2028.hdf", "e\u0301", "//", "/", "a//b", "dir/",
    '"quoted".hdf', "'", ",", ";", "a,b", "#?&=.hdf", "\\", "../x", "\U0010FFFF", "\ufeffbom",
    "k" * 1024, "é" * 512, " leading", "trailing ", "true", "=1+1",
]

CLASSES = [
    ("GLACIER", "", "SSE-S3", "CRC64NVME"), ("DEEP_ARCHIVE", "", "SSE-KMS", ""), ("STANDARD", "", "NOT-SSE", "SHA256"),
    ("GLACIER_IR", "", "DSSE-KMS", "CRC32"), ("INTELLIGENT_TIERING", "FREQUENT", "SSE-C", ""),
    ("INTELLIGENT_TIERING", "ARCHIVE", "SSE-S3", ""), ("INTELLIGENT_TIERING", "DEEP_ARCHIVE", "SSE-S3", "CRC64NVME"),
    ("SOMETHING_NEW", "", "SOMETHING-ELSE", "XXHASH128"),
]


def row(i, key, latest=True, marker=False):
    kind = CLASSES[i % len(CLASSES)]
    etag = hashlib.md5(f"{i}".encode()).hexdigest() + ("", "-3", "-10000")[i % 3]
    r = dict.fromkeys(COLUMNS, "")
    r |= {
        "Bucket": SOURCE, "Key": key, "VersionId": f"v{i}", "IsLatest": latest, "IsDeleteMarker": marker,
        "LastModifiedDate": 1600000000000 + i * 1001, "ObjectOwner": "0" * 64,
    }
    if marker:
        return r
    return r | {
        "Size": (0, i * 7, 5 * 2**40 + i)[i % 3], "ETag": etag, "StorageClass": kind[0], "IsMultipartUploaded": "-" in etag,
        "ReplicationStatus": "REPLICA", "EncryptionStatus": kind[2], "IntelligentTieringAccessTier": kind[1],
        "BucketKeyStatus": "DISABLED", "ChecksumAlgorithm": kind[3], "ObjectAccessControlList": "e30=",
    }


def rows():
    """Three files: odd keys, 2,500 plain ones out of order, versions and markers."""
    plain = [row(i, f"granules/{i * 7919 % 2500:05}/scene-{i % 3}.hdf") for i in range(2500)]
    others = []
    for i in range(40):
        key = f"versions/{i:02}"
        others.append(row(i, key, latest=i % 3 > 0, marker=i % 4 == 0))
        others.append(row(i + 1000, key, latest=False, marker=i % 5 == 0))
    return [[row(i, key) for i, key in enumerate(ODD)], plain, others]


def cell(column, value):
    match column, value:
        case _, "":
            return ""
        case "Key", _:
            return urllib.parse.quote_plus(value.encode(), safe="/*-._")
        case _, bool():
            return str(value).lower()
        case "LastModifiedDate", _:
            seconds, ms = divmod(value, 1000)
            at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
            return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms:03}Z"
    return str(value)


def csv_file(records):
    text = io.StringIO(newline="")
    out = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    out.writerows([cell(c, r[c]) for c in COLUMNS] for r in records)
    return gzip.compress(text.getvalue().encode(), mtime=0)


PARQUET_SCHEMA = (
    "message s3.inventory {  required binary bucket (STRING);  required binary key (STRING);  "
    "optional binary version_id (STRING);  optional boolean is_latest;  optional boolean is_delete_marker;  "
    "optional int64 size;  optional int64 last_modified_date (TIMESTAMP(MILLIS,true));  optional binary e_tag (STRING);  "
    "optional binary storage_class (STRING);  optional boolean is_multipart_uploaded;}"
)


def manifest(name, fmt, schema, ext, count):
    files = []
    for i in range(count):
        body = open(f"{name}-{i}.{ext}", "rb").read()
        files.append({"key": f"{HOME}data/{name}-{i}.{ext}", "size": len(body), "MD5checksum": hashlib.md5(body).hexdigest()})
    text = json.dumps({
        "sourceBucket": SOURCE, "destinationBucket": f"arn:aws:s3:::{DESTINATION}", "version": "2016-11-30",
        "creationTimestamp": str(CREATED), "fileFormat": fmt, "fileSchema": schema, "files": files,
    }, indent=2).encode()
    open(f"{name}.manifest.json", "wb").write(text)
    open(f"{name}.manifest.checksum", "w").write(hashlib.md5(text).hexdigest())


def expected(files):
    """What a listing of the bucket shows, in the order of the keys' bytes."""
    fields = "Key Size ETag StorageClass EncryptionStatus IntelligentTieringAccessTier ChecksumAlgorithm LastModifiedDate".split()
    current = [r for records in files for r in records if r["IsLatest"] and not r["IsDeleteMarker"]]
    current.sort(key=lambda r: r["Key"].encode())
    return [{f: r[f] for f in fields} for r in current]


if sys.argv[1:] == ["manifest"]:
    manifest("csv", "CSV", ", ".join(COLUMNS), "csv.gz", 3)
    manifest("parquet", "Parquet", PARQUET_SCHEMA, "parquet", 3)
else:
    for i, records in enumerate(rows()):
        open(f"csv-{i}.csv.gz", "wb").write(csv_file(records))
    with open("rows.json", "w") as f:
        json.dump(rows(), f)
    open("expected.json.gz", "wb").write(gzip.compress(json.dumps(expected(rows())).encode(), mtime=0))
