// .safetensors: the length of a JSON text (8 bytes), that text, the numbers. The text gives each
// tensor's type, shape and the range of its bytes behind the text. See data.h.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/data/data.h"
#include "ir/error.h"

namespace tinycc {
namespace {

using nlohmann::json;

struct TypeName {
  const char* name;
  DType dtype;
};
constexpr TypeName kTypes[] = {{"F32", DType::f32},       {"F64", DType::f64},
                               {"F16", DType::f16},       {"BF16", DType::bf16},
                               {"I64", DType::i64},       {"I32", DType::i32},
                               {"I16", DType::i16},       {"I8", DType::i8},
                               {"U64", DType::u64},       {"U32", DType::u32},
                               {"U16", DType::u16},       {"U8", DType::u8},
                               {"BOOL", DType::boolean},  {"F8_E4M3", DType::f8e4m3fn},
                               {"F8_E5M2", DType::f8e5m2}};

DType type_of(const std::string& name) {
  for (const TypeName& type : kTypes) {
    if (name == type.name) return type.dtype;
  }
  throw Error(ExitCode::unsupported, "numbers of type '" + name + "' are not supported");
}

TensorData tensor_of(const json& entry, Bytes data) {
  const DType dtype = type_of(entry.at("dtype").get<std::string>());
  const auto shape = entry.at("shape").get<std::vector<int64_t>>();
  const auto range = entry.at("data_offsets").get<std::vector<uint64_t>>();
  demand(range.size() == 2 && range[0] <= range[1] && range[1] <= data.size(),
         "a tensor's bytes lie outside the file");
  const uint64_t size = range[1] - range[0], width = static_cast<uint64_t>(bytes_of(dtype));
  const int64_t count = checked_count(shape, static_cast<int64_t>(size / width));
  demand(static_cast<uint64_t>(count) * width == size, "a tensor's shape does not fit its bytes");
  const Bytes part = data.subspan(range[0], size);
  return TensorData::of_bytes(dtype, shape, {part.begin(), part.end()});
}

/// The header as JSON, no name twice (the parser itself would keep the last).
json parse_header(std::string_view text) {
  std::set<std::string> names;
  return json::parse(text, [&](int depth, json::parse_event_t event, json& value) {
    if (depth == 1 && event == json::parse_event_t::key) {
      demand(names.insert(value.get<std::string>()).second,
             "'" + value.get<std::string>() + "' is in the file twice");
    }
    demand(depth < 16, "the header is nested too deeply");
    return true;
  });
}

}  // namespace

Tensors parse_safetensors(Bytes file) {
  demand(file.size() >= 8, "this is no .safetensors file");
  uint64_t length = 0;
  for (size_t i = 0; i < 8; ++i) length |= std::to_integer<uint64_t>(file[i]) << (8 * i);
  demand(length <= file.size() - 8, "the header is longer than the file");
  try {
    const json header = parse_header({reinterpret_cast<const char*>(file.data()) + 8, length});
    demand(header.is_object(), "the header is no JSON object");
    Tensors tensors;
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") continue;
      tensors.emplace(name, tensor_of(entry, file.subspan(8 + length)));
    }
    return tensors;
  } catch (const json::exception&) {
    throw Error(ExitCode::bad_input, "the header is damaged: no valid JSON, or a field is missing");
  }
}

}  // namespace tinycc
