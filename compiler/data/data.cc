// Picks the reader for a weight file; see data.h.
#include "compiler/data/data.h"

#include <filesystem>
#include <fstream>

#include "compiler/onnx/onnx.h"
#include "ir/error.h"

namespace tinycc {
namespace {

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::error_code error;
  demand(std::filesystem::is_regular_file(path, error), "there is no such file");
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  demand(static_cast<bool>(file), "the file cannot be read");
  return bytes;
}

Tensors load(const std::filesystem::path& path) {
  const std::string suffix = path.extension().string();
  if (suffix == ".onnx") return load_onnx_weights(path.string());
  if (suffix == ".npy") return {{path.stem().string(), parse_npy(read_file(path))}};
  if (suffix == ".npz") return parse_npz(read_file(path));
  if (suffix == ".safetensors") return parse_safetensors(read_file(path));
  throw Error(ExitCode::unsupported, "weights in a file '" + suffix + "' are not supported",
              "known are .safetensors, .npz, .npy and .onnx");
}

}  // namespace

void demand(bool condition, const std::string& what) {
  if (!condition) throw Error(ExitCode::bad_input, what);
}

int64_t checked_count(const std::vector<int64_t>& shape, int64_t limit) {
  int64_t count = 1;
  for (int64_t extent : shape) {
    demand(extent >= 0 && !__builtin_mul_overflow(count, extent, &count),
           "a shape has an absurd extent");
  }
  demand(count <= limit, "a shape has more elements than the file has data for");
  return count;
}

Tensors load_tensors(const std::string& path) {
  try {
    return load(path);
  } catch (Error& e) {
    e.at.file = path;
    throw;
  }
}

}  // namespace tinycc
