// NumPy's .npz: a zip archive of .npy files, stored or deflated. The list of files stands at the
// archive's end; zip64's wide numbers are understood. See data.h.
#include <zlib.h>

#include <cstring>

#include "compiler/data/data.h"
#include "ir/error.h"

namespace tinycc {
namespace {

constexpr size_t kEndSize = 22, kEntrySize = 46, kLocalSize = 30;

uint64_t number_at(Bytes file, uint64_t offset, size_t bytes) {
  demand(offset <= file.size() && bytes <= file.size() - offset, "the archive is truncated");
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i)
    value |= std::to_integer<uint64_t>(file[offset + i]) << (8 * i);
  return value;
}

struct Entry {
  std::string name;
  uint64_t method, packed, size, header;
};

/// The end record is the last thing but for a comment.
uint64_t find_end(Bytes file) {
  demand(file.size() >= kEndSize, "this is no .npz file");
  for (uint64_t at = file.size() - kEndSize;; --at) {
    if (number_at(file, at, 4) == 0x06054b50) return at;
    demand(at > 0 && file.size() - at < 65536 + kEndSize, "this is no .npz file");
  }
}

/// zip64 puts the numbers that do not fit, in this order, into extra field 1.
void read_wide(Bytes file, uint64_t at, uint64_t end, Entry& entry) {
  while (at + 4 <= end) {
    const uint64_t id = number_at(file, at, 2), length = number_at(file, at + 2, 2);
    uint64_t field = at + 4;
    for (uint64_t* value : {&entry.size, &entry.packed, &entry.header}) {
      if (id != 1 || *value != 0xffffffff) continue;
      *value = number_at(file, field, 8);
      field += 8;
    }
    at += 4 + length;
  }
}

std::vector<Entry> list(Bytes file) {
  const uint64_t end = find_end(file);
  uint64_t count = number_at(file, end + 10, 2), at = number_at(file, end + 16, 4);
  if (at == 0xffffffff || count == 0xffff) {
    demand(end >= 20, "the archive is damaged");
    const uint64_t wide = number_at(file, end - 12, 8);
    demand(number_at(file, wide, 4) == 0x06064b50, "the archive is damaged");
    count = number_at(file, wide + 32, 8);
    at = number_at(file, wide + 48, 8);
  }
  std::vector<Entry> entries;
  for (uint64_t i = 0; i < count; ++i) {
    demand(number_at(file, at, 4) == 0x02014b50, "the archive's list is damaged");
    const uint64_t name = number_at(file, at + 28, 2), extra = number_at(file, at + 30, 2),
                   comment = number_at(file, at + 32, 2);
    number_at(file, at + kEntrySize + name + extra, 0);  // all of it is there
    Entry entry{std::string(reinterpret_cast<const char*>(file.data()) + at + kEntrySize, name),
                number_at(file, at + 10, 2), number_at(file, at + 20, 4),
                number_at(file, at + 24, 4), number_at(file, at + 42, 4)};
    read_wide(file, at + kEntrySize + name, at + kEntrySize + name + extra, entry);
    entries.push_back(std::move(entry));
    at += kEntrySize + name + extra + comment;
  }
  return entries;
}

std::vector<std::byte> inflated(Bytes packed, uint64_t size) {
  demand(size / 1100 <= packed.size() && packed.size() < UINT32_MAX && size < UINT32_MAX,
         "a member has an absurd size");
  std::vector<std::byte> bytes(size);
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(size);
  demand(inflateInit2(&stream, -MAX_WBITS) == Z_OK, "zlib does not start");
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  demand(status == Z_STREAM_END && stream.avail_out == 0, "a member's data is damaged");
  return bytes;
}

TensorData member(Bytes file, const Entry& entry) {
  demand(number_at(file, entry.header, 4) == 0x04034b50, "the archive is damaged");
  const uint64_t start = entry.header + kLocalSize + number_at(file, entry.header + 26, 2) +
                         number_at(file, entry.header + 28, 2);
  demand(start <= file.size() && entry.packed <= file.size() - start, "the archive is truncated");
  const Bytes packed = file.subspan(start, entry.packed);
  if (entry.method == 0) return parse_npy(packed);
  if (entry.method != 8)
    throw Error(ExitCode::unsupported, "a member is compressed by an unknown method");
  return parse_npy(inflated(packed, entry.size));
}

}  // namespace

Tensors parse_npz(Bytes file) {
  Tensors tensors;
  for (const Entry& entry : list(file)) {
    const std::string name =
        entry.name.ends_with(".npy") ? entry.name.substr(0, entry.name.size() - 4) : entry.name;
    demand(tensors.emplace(name, member(file, entry)).second,
           "'" + name + "' is in the archive twice");
  }
  return tensors;
}

}  // namespace tinycc
