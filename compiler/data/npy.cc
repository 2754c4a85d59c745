// NumPy's .npy: magic, version, the length of a Python dictionary as text, that text, the numbers.
//   {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }
// See data.h.
#include <algorithm>
#include <cstring>

#include "compiler/data/data.h"
#include "ir/error.h"

namespace tinycc {
namespace {

constexpr char kMagic[] = "\x93NUMPY";

struct Header {
  DType dtype = DType::f32;
  bool swapped = false, column_major = false;
  std::vector<int64_t> shape;
};

struct TypeName {
  const char* name;
  DType dtype;
};
constexpr TypeName kTypes[] = {{"f4", DType::f32}, {"f8", DType::f64}, {"f2", DType::f16},
                               {"i8", DType::i64}, {"i4", DType::i32}, {"i2", DType::i16},
                               {"i1", DType::i8},  {"u8", DType::u64}, {"u4", DType::u32},
                               {"u2", DType::u16}, {"u1", DType::u8},  {"b1", DType::boolean}};

/// The text after `'key':`, without leading spaces.
std::string value_of(const std::string& text, const std::string& key) {
  const size_t at = text.find("'" + key + "'");
  demand(at != std::string::npos, "the header has no '" + key + "'");
  const size_t colon = text.find(':', at);
  demand(colon != std::string::npos, "the header is damaged");
  const size_t start = text.find_first_not_of(' ', colon + 1);
  demand(start != std::string::npos, "the header is damaged");
  return text.substr(start);
}

std::vector<int64_t> parse_shape(const std::string& text) {
  const size_t end = text.find(')');
  demand(text.starts_with("(") && end != std::string::npos, "the header's shape is damaged");
  std::vector<int64_t> shape;
  int64_t number = -1;  // none
  for (char c : text.substr(1, end - 1) + ",") {
    if (c >= '0' && c <= '9') {
      number = std::max<int64_t>(number, 0) * 10 + (c - '0');
      demand(number <= (int64_t{1} << 48), "the header's shape is absurd");
    } else if (c == ',') {
      if (number >= 0) shape.push_back(number);
      number = -1;
    } else {
      demand(c == ' ' || c == 'L', "the header's shape is damaged");
    }
  }
  return shape;
}

Header parse_header(const std::string& text) {
  Header header;
  const std::string descr = value_of(text, "descr");
  demand(descr.size() > 5 && (descr[0] == '\'' || descr[0] == '"'),
         "the header's descr is no simple type");
  const std::string name = descr.substr(2, descr.find(descr[0], 1) - 2);
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const TypeName& t) { return name == t.name; });
  if (found == std::end(kTypes))
    throw Error(ExitCode::unsupported, "numbers of type '" + name + "' are not supported");
  header.dtype = found->dtype;
  header.swapped = descr[1] == '>';
  header.column_major = value_of(text, "fortran_order").starts_with("True");
  header.shape = parse_shape(value_of(text, "shape"));
  return header;
}

/// Row-major order of what is stored column-major.
std::vector<std::byte> transposed(const std::vector<std::byte>& bytes,
                                  const std::vector<int64_t>& shape, size_t size) {
  std::vector<std::byte> result(bytes.size());
  const size_t count = size == 0 ? 0 : bytes.size() / size;
  for (size_t i = 0; i < count; ++i) {
    size_t rest = i, place = 0, stride = 1;  // the last axis varies fastest in i
    for (size_t axis = shape.size(); axis-- > 0; rest /= static_cast<size_t>(shape[axis])) {
      stride = 1;
      for (size_t before = 0; before < axis; ++before) stride *= static_cast<size_t>(shape[before]);
      place += rest % static_cast<size_t>(shape[axis]) * stride;
    }
    std::memcpy(result.data() + i * size, bytes.data() + place * size, size);
  }
  return result;
}

}  // namespace

TensorData parse_npy(Bytes file) {
  demand(file.size() >= 10 && std::memcmp(file.data(), kMagic, 6) == 0, "this is no .npy file");
  const bool wide = std::to_integer<int>(file[6]) > 1;
  demand(!wide || file.size() >= 12, "the file is truncated");
  size_t length = 0;
  for (size_t i = 0; i < (wide ? 4 : 2); ++i)
    length |= std::to_integer<size_t>(file[8 + i]) << (8 * i);
  const size_t start = wide ? 12 : 10;
  demand(length <= file.size() - start, "the file is truncated");
  const Header header =
      parse_header(std::string(reinterpret_cast<const char*>(file.data()) + start, length));
  const Bytes data = file.subspan(start + length);
  const auto size = static_cast<size_t>(bytes_of(header.dtype));
  const int64_t count = checked_count(header.shape, static_cast<int64_t>(data.size() / size));
  demand(data.size() == static_cast<size_t>(count) * size,
         "the file has more data than its shape says");
  std::vector<std::byte> bytes(data.begin(), data.end());
  for (size_t i = 0; header.swapped && i < bytes.size(); i += size) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
  }
  if (header.column_major && header.shape.size() > 1) bytes = transposed(bytes, header.shape, size);
  return TensorData::of_bytes(header.dtype, header.shape, std::move(bytes));
}

std::vector<std::byte> write_npy(const TensorData& tensor) {
  const DType patterns[] = {DType::u8, DType::u8,
                            DType::u16};  // by bytes: what has no name of its own
  const auto named = [](DType d) {
    return std::find_if(std::begin(kTypes), std::end(kTypes),
                        [&](const TypeName& t) { return t.dtype == d; });
  };
  const auto* type = named(tensor.dtype);
  if (type == std::end(kTypes)) type = named(patterns[bytes_of(tensor.dtype)]);
  std::string shape;
  for (int64_t extent : tensor.shape) shape += std::to_string(extent) + ", ";
  if (tensor.shape.size() > 1) shape.resize(shape.size() - 2);  // as NumPy writes it
  std::string text = std::string("{'descr': '") + (bytes_of(tensor.dtype) == 1 ? "|" : "<") +
                     type->name + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  text += std::string(63 - (10 + text.size()) % 64, ' ') + "\n";
  std::string head = std::string(kMagic) + '\x01' + '\0' + static_cast<char>(text.size() & 255) +
                     static_cast<char>(text.size() >> 8) + text;
  const auto* first = reinterpret_cast<const std::byte*>(head.data());
  std::vector<std::byte> file(first, first + head.size());
  file.insert(file.end(), tensor.bytes->begin(), tensor.bytes->end());
  return file;
}

}  // namespace tinycc
