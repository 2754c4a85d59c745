// Files and tensors of ONNX models; see file.h.
#include "compiler/onnx/file.h"

#include <charconv>
#include <cstring>
#include <fstream>

#include "ir/error.h"

namespace tinycc::onnx {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void damaged(const std::string& what) { throw Error(ExitCode::bad_input, what); }

/// Product of the dims, each checked; more than 2^31 elements cannot be meant.
int64_t checked_count(const proto::Tensor& tensor) {
  int64_t count = 1;
  for (int64_t dim : tensor.dims()) {
    if (dim < 0) damaged("tensor '" + tensor.name() + "' has a negative dimension");
    if (__builtin_mul_overflow(count, dim, &count) || count > (int64_t{1} << 31)) {
      damaged("tensor '" + tensor.name() + "' has an absurd size");
    }
  }
  return count;
}

/// Values of less than a byte are packed, the first in the lowest bits.
std::vector<std::byte> unpacked(const std::string& raw, int64_t count, DType dtype) {
  const int bits = bits_of(dtype);
  const auto per_byte = static_cast<size_t>(8 / bits);
  const bool is_signed = kind_of(dtype) == DKind::signed_int;
  std::vector<std::byte> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    const int shift = static_cast<int>(i % per_byte) * bits;
    int value = (static_cast<unsigned char>(raw[i / per_byte]) >> shift) & ((1 << bits) - 1);
    if (is_signed && (value >> (bits - 1)) != 0) value -= 1 << bits;
    values[i] = static_cast<std::byte>(value);
  }
  return values;
}

TensorData from_raw(const proto::Tensor& tensor, const std::string& raw, DType dtype,
                    std::vector<int64_t> shape) {
  const int64_t count = checked_count(tensor);
  const int64_t bytes = (count * bits_of(dtype) + 7) / 8;
  if (static_cast<int64_t>(raw.size()) != bytes) {
    damaged("tensor '" + tensor.name() + "' has " + std::to_string(raw.size()) +
            " bytes of data, not " + std::to_string(bytes));
  }
  if (bits_of(dtype) < 8) return TensorData::of_bytes(dtype, shape, unpacked(raw, count, dtype));
  std::vector<std::byte> values(raw.size());
  if (!raw.empty()) std::memcpy(values.data(), raw.data(), raw.size());
  return TensorData::of_bytes(dtype, shape, std::move(values));
}

/// Little-endian bytes of a field's values, `bytes` of each: the same as raw_data would hold.
template <typename Field>
std::string packed(const Field& field, size_t bytes) {
  std::string raw;
  for (const auto value : field) raw.append(reinterpret_cast<const char*>(&value), bytes);
  return raw;
}

/// The typed fields, for each type the one that ONNX says; as raw data.
std::string typed_data(const proto::Tensor& tensor, DType dtype) {
  const auto bytes = static_cast<size_t>(bytes_of(dtype));
  switch (dtype) {
    case DType::f32: return packed(tensor.float_data(), bytes);
    case DType::f64: return packed(tensor.double_data(), bytes);
    case DType::i64: return packed(tensor.int64_data(), bytes);
    case DType::u32:
    case DType::u64: return packed(tensor.uint64_data(), bytes);
    default: return packed(tensor.int32_data(), bytes);
  }
}

uint64_t number_in(const std::string& text, const std::string& tensor) {
  uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
    damaged("tensor '" + tensor + "': '" + text + "' is no offset or length of external data");
  }
  return value;
}

/// The file that a location names, which must lie below the folder, also through links.
fs::path external_path(const std::string& location, const fs::path& folder,
                       const std::string& tensor) {
  std::error_code error;
  const fs::path root = fs::canonical(folder.empty() ? "." : folder, error);
  const fs::path path = fs::weakly_canonical(root / location, error);
  const fs::path inside = path.lexically_relative(root);
  if (location.empty() || fs::path(location).is_absolute() || inside.empty() ||
      *inside.begin() == "..") {
    damaged("tensor '" + tensor + "' points outside the model's folder: '" + location + "'");
  }
  if (!fs::is_regular_file(path, error)) {
    damaged("tensor '" + tensor + "' is in '" + location + "', which is not there");
  }
  return path;
}

std::string external_data(const proto::Tensor& tensor, uint64_t bytes, const fs::path& folder) {
  std::string location;
  uint64_t offset = 0, length = bytes;
  for (const proto::Entry& entry : tensor.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = number_in(entry.value(), tensor.name());
    if (entry.key() == "length") length = number_in(entry.value(), tensor.name());
  }
  const fs::path path = external_path(location, folder, tensor.name());
  const uint64_t size = fs::file_size(path);
  if (length != bytes || offset > size || length > size - offset) {
    damaged("tensor '" + tensor.name() + "' wants " + std::to_string(bytes) + " bytes of '" +
            location + "', which has not as many there");
  }
  std::string raw(length, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(raw.data(), static_cast<std::streamsize>(length)))
    damaged("cannot read '" + location + "'");
  return raw;
}

}  // namespace

DType dtype_of(int32_t onnx_type) {
  if (const auto dtype = dtype_from_onnx(onnx_type)) return *dtype;
  static constexpr std::pair<int32_t, const char*> kNames[] = {
      {0, "undefined"}, {8, "string"}, {14, "complex64"}, {15, "complex128"}};
  for (const auto& [number, name] : kNames) {
    if (number == onnx_type)
      throw Error(ExitCode::unsupported, std::string("element type ") + name + " is not supported");
  }
  throw Error(ExitCode::unsupported,
              "element type " + std::to_string(onnx_type) + " is not supported");
}

proto::Model read_model(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) damaged("there is no such file");
  if (fs::file_size(path, error) == 0) damaged("the file is empty");
  std::ifstream file(path, std::ios::binary);
  proto::Model model;
  if (!file || !model.ParseFromIstream(&file))
    damaged("the file is truncated, damaged or no ONNX model");
  if (!model.has_graph() || !model.has_ir_version()) damaged("this is no ONNX model");
  return model;
}

TensorData read_tensor(const proto::Tensor& tensor, const fs::path& folder) {
  const DType dtype = dtype_of(tensor.data_type());
  const int64_t count = checked_count(tensor);
  const std::vector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  const auto bytes = static_cast<uint64_t>((count * bits_of(dtype) + 7) / 8);
  if (tensor.data_location() == 1)
    return from_raw(tensor, external_data(tensor, bytes, folder), dtype, shape);
  if (tensor.has_raw_data()) return from_raw(tensor, tensor.raw_data(), dtype, shape);
  return from_raw(tensor, typed_data(tensor, dtype), dtype, shape);
}

/// Indices are positions in the flat tensor [k], or coordinates [k, rank].
TensorData read_sparse(const proto::SparseTensor& sparse, const fs::path& folder) {
  proto::Tensor dense;
  dense.set_name(sparse.values().name());
  *dense.mutable_dims() = sparse.dims();
  const int64_t count = checked_count(dense);
  const TensorData values = read_tensor(sparse.values(), folder);
  const TensorData indices = read_tensor(sparse.indices(), folder);
  const auto size = static_cast<size_t>(bytes_of(values.dtype));
  const int64_t rank = indices.shape.size() == 2 ? sparse.dims_size() : 1;
  if (indices.count() != values.count() * rank) damaged("a sparse tensor's parts disagree");
  std::vector<std::byte> bytes(static_cast<size_t>(count) * size);
  for (int64_t i = 0; i < values.count(); ++i) {
    int64_t place = indices.integer(i * rank);
    for (int64_t d = 1; d < rank; ++d)
      place = place * sparse.dims(static_cast<int>(d)) + indices.integer(i * rank + d);
    if (place < 0 || place >= count) damaged("a sparse tensor's index lies outside");
    std::memcpy(bytes.data() + static_cast<size_t>(place) * size,
                values.bytes->data() + static_cast<size_t>(i) * size, size);
  }
  return TensorData::of_bytes(values.dtype, {sparse.dims().begin(), sparse.dims().end()},
                              std::move(bytes));
}

}  // namespace tinycc::onnx
