// Weight files: what NumPy wrote is read back, what is damaged is refused and never crashes.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "compiler/data/data.h"
#include "ir/error.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

const fs::path kFiles = fs::path(TINYCC_SOURCE_DIR) / "tests/data/files";

void check_a(const TensorData& a) {
  CHECK(a.dtype == DType::f32);
  CHECK(a.shape == std::vector<int64_t>{2, 3});
  CHECK(a.numbers() == std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25});
}

std::vector<std::byte> bytes_of(const std::string& name) {
  std::ifstream file(kFiles / name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

/// Reads bytes as the suffix of `name` says; what they are called if they are refused.
std::string complaint(const std::string& name, Bytes bytes) {
  try {
    if (name.ends_with(".npy")) parse_npy(bytes);
    if (name.ends_with(".npz")) parse_npz(bytes);
    if (name.ends_with(".safetensors")) parse_safetensors(bytes);
    return "";
  } catch (const Error& e) {
    CHECK(e.code != ExitCode::internal);
    return e.what();
  }
}

std::string complaint_about_text(const std::string& name, const std::string& text) {
  return complaint(name, {reinterpret_cast<const std::byte*>(text.data()), text.size()});
}

std::string safetensors(const std::string& header, const std::string& data) {
  std::string size(8, '\0');
  size[0] = static_cast<char>(header.size() & 255);
  size[1] = static_cast<char>(header.size() >> 8);
  return size + header + data;
}

}  // namespace

TEST_CASE("weight files are read") {
  for (const char* name : {"plain.npy", "columns.npy", "big_endian.npy"}) {
    const Tensors tensors = load_tensors((kFiles / name).string());
    CHECK(tensors.size() == 1);
    check_a(tensors.at(fs::path(name).stem().string()));
  }
  for (const char* name : {"stored.npz", "deflated.npz", "both.safetensors"}) {
    const Tensors tensors = load_tensors((kFiles / name).string());
    CHECK(tensors.size() == 2);
    check_a(tensors.at("a"));
    CHECK(tensors.at("b").dtype == DType::i16);
    CHECK(tensors.at("b").integers() == std::vector<int64_t>{-1, 2, 300});
  }
  CHECK(load_tensors((kFiles / "scalar.npy").string()).at("scalar").number(0) == 2.5);
}

TEST_CASE("a written .npy is read back") {
  const TensorData tensor = TensorData::of_integers(DType::i8, {2, 1}, {-5, 6});
  const TensorData read = parse_npy(write_npy(tensor));
  CHECK(read.shape == tensor.shape);
  CHECK(read.integers() == tensor.integers());
}

TEST_CASE("damaged weight files are refused") {
  CHECK_THROWS_WITH_AS(load_tensors((kFiles / "none.npy").string()), "there is no such file",
                       Error);
  CHECK_THROWS_AS(load_tensors((kFiles / "../make_files.py").string()), Error);
  CHECK(complaint_about_text("a.npy", "hello") == "this is no .npy file");
  CHECK(complaint_about_text("a.npz", "hello") == "this is no .npz file");
  CHECK(complaint_about_text("a.safetensors", safetensors("{", "")).find("no valid JSON") !=
        std::string::npos);
  const std::string entry = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  CHECK(complaint_about_text("a.safetensors",
                             safetensors("{" + entry + "}", std::string(8, ' '))) == "");
  CHECK(complaint_about_text("a.safetensors", safetensors("{" + entry + "}", "")) ==
        "a tensor's bytes lie outside the file");
  CHECK(complaint_about_text("a.safetensors",
                             safetensors("{" + entry + "," + entry + "}", std::string(8, ' '))) ==
        "'a' is in the file twice");
  const std::string huge =
      R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})";
  CHECK(complaint_about_text("a.safetensors", safetensors(huge, "")) ==
        "a shape has an absurd extent");
  const std::string text = R"({"a":{"dtype":"TEXT","shape":[0],"data_offsets":[0,0]}})";
  CHECK(complaint_about_text("a.safetensors", safetensors(text, "")) ==
        "numbers of type 'TEXT' are not supported");
}

TEST_CASE("weight files with missing or flipped bytes never crash") {
  std::mt19937 random(1);
  for (const char* name :
       {"plain.npy", "columns.npy", "stored.npz", "deflated.npz", "both.safetensors"}) {
    const std::vector<std::byte> whole = bytes_of(name);
    for (size_t length = 0; length < whole.size(); ++length) {
      CHECK(complaint(name, Bytes(whole).first(length)) != "");
    }
    for (int round = 0; round < 2000; ++round) {
      std::vector<std::byte> bytes = whole;
      for (int flips = 0; flips < 2; ++flips)
        bytes[random() % bytes.size()] = static_cast<std::byte>(random() & 255);
      complaint(name, bytes);
    }
  }
}

}  // namespace tinycc
